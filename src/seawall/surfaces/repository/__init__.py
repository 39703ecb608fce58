"""A repository around its containers: files, git, contexts, pipelines and sources."""

from seawall.surfaces.repository.context import Build, Context, Copy
from seawall.surfaces.repository.model import Repository

__all__ = ["Build", "Context", "Copy", "Repository"]
