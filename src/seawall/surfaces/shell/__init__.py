"""Shell scripts as trees: the commands that run, in which order, with exact places."""

from seawall.surfaces.shell.model import Assignment, Command, Pipeline, Redirect, Script, ShellWord

__all__ = ["Assignment", "Command", "Pipeline", "Redirect", "Script", "ShellWord"]
