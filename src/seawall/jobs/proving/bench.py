"""Builds and fetches images and leads the runs of a proof; counts what it starts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from seawall.core.errors import InputError
from seawall.jobs.proving.building import DOCKERFILE, context_of
from seawall.jobs.proving.image_files import ImageFiles
from seawall.jobs.proving.model import ProofOptions
from seawall.jobs.proving.observing import Observation
from seawall.jobs.proving.run import NotHereError, Run
from seawall.jobs.proving.scenes import Part, Recipe, Scene
from seawall.jobs.proving.shield import Shield
from seawall.jobs.proving.staging import Staging
from seawall.jobs.proving.translate import Names
from seawall.surfaces.engine.laboratory import BuildError, Laboratory


class Bench:
    """Builds and starts; counts what it starts. `progress` is told what is being done."""

    def __init__(
        self,
        laboratory: Laboratory,
        options: ProofOptions,
        shield: Shield,
        progress: Callable[[str], None],
    ) -> None:
        self.laboratory = laboratory
        self.options = options
        self.starts = 0
        self.builds = 0
        self._shield = shield
        self._progress = progress
        self._built: dict[Recipe, str | NotHereError | BuildError] = {}
        self._fetched: dict[str, str] = {}
        self._files: dict[str, ImageFiles] = {}
        self._runs = 0

    def image_of(self, part: Part) -> str:
        """The image that a part starts from, built or fetched where it is not there.

        Raises:
            BuildError: its Dockerfile does not build.
            NotHereError: there is no way to have it.
        """
        if part.recipe is not None:
            return self._built_of(part.recipe)
        if part.image not in self._fetched:
            self._fetched[part.image] = self._fetch(part.image)
        reason = self._fetched[part.image]
        if reason:
            raise NotHereError(reason, is_fetch=True)
        return part.image

    def _fetch(self, image: str) -> str:
        """Make sure that an image is there; the reason where it can't be."""
        if self.laboratory.image(image) is None:
            self._progress(f"fetching {image}")
            try:
                self.laboratory.pull(image)
            except InputError as error:
                return error.message
        return ""

    def _built_of(self, recipe: Recipe) -> str:
        known = self._built.get(recipe)
        if known is None:
            try:
                known = self._build(recipe)
            except (BuildError, NotHereError) as error:
                known = error
            self._built[recipe] = known
        if isinstance(known, str):
            return known
        raise known

    def _build(self, recipe: Recipe) -> str:
        self._progress(f"building {recipe.path or 'an image'}")
        self.builds += 1
        try:
            context = context_of(recipe)
        except InputError as error:
            raise NotHereError(error.message) from error
        with context:
            try:
                return self.laboratory.build(
                    context,
                    DOCKERFILE,
                    dict(recipe.arguments),
                    recipe.target,
                    self.options.build_patience,
                )
            except BuildError as error:
                if _is_fetch(error):
                    raise NotHereError(error.message, is_fetch=True) from error
                raise

    def files_of(self, part: Part) -> ImageFiles:
        """What is in the image of a part (see `image_of` for what it raises)."""
        image = self.image_of(part)
        if image not in self._files:
            with self._shield.held():
                self._files[image] = ImageFiles(self.laboratory, image)
        return self._files[image]

    def run(
        self,
        scene: Scene,
        watched: Collection[str],
        expected: Mapping[str, Observation] | None = None,
        former: Scene | None = None,
    ) -> dict[str, Observation]:
        """Start a scene, and say of each part that is watched how it fares.

        With what is `expected`, no more is asked of a part that already falls short of it. With a
        `former` scene, parts must come up on volumes that those of that scene have written, too.
        """
        self._runs += 1
        prefix = f"seawall-proof-{self.laboratory.identifier}-{self._runs}"
        with _directory() as directory:
            run = Run(self, scene, Names(prefix, prefix), Staging(directory, scene), former)
            try:
                return run.observe(watched, expected)
            finally:
                with self._shield.held():
                    run.remove()

    def start(self, container: str) -> None:
        """Start a container, and count it."""
        self.starts += 1
        self.laboratory.start(container)

    def held(self) -> AbstractContextManager[None]:
        """Within it, no interrupt counts."""
        return self._shield.held()

    def tell(self, text: str) -> None:
        """Say what is being done."""
        self._progress(f"{text} ({self.starts} starts so far)")


@contextmanager
def _directory() -> Iterator[str]:
    directory = tempfile.mkdtemp(prefix="seawall-proof-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


_FETCHING = (
    "pull access denied",
    "manifest unknown",
    "no such host",
    "connection refused",
    "failed to resolve",
    "failed to authorize",
    "i/o timeout",
    "not found: manifest",
    "failed to do request",
    "network is unreachable",
    "temporary failure in name resolution",
    "failed to load cache key",
    "failed to solve with frontend dockerfile.v0: failed to create llb definition",
)


def _is_fetch(error: BuildError) -> bool:
    """Whether a build failed since the registry did not give it an image."""
    said = error.message.lower()
    is_step = "exit code" in said or "returned a non-zero code" in said
    return not is_step and any(words in said for words in _FETCHING)
