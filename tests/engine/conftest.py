"""A private Docker Engine for tests that need the real thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, NotAllowedError, reason_to_skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine of its own: nothing of another daemon is touched; gone when the tests end."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    running = Engine(tmp_path_factory.mktemp("engine"))
    try:
        running.start()
    except NotAllowedError as error:
        pytest.skip(str(error))
    with running:
        yield running


@pytest.fixture(scope="session")
def quick_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that lays layers over each other where the machine can: it need not copy them."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    try:
        running = _started(tmp_path_factory, "overlay2") or _started(tmp_path_factory, "vfs")
    except NotAllowedError as error:
        pytest.skip(str(error))
    assert running is not None
    with running:
        yield running


def _started(directories: pytest.TempPathFactory, storage: str) -> Engine | None:
    """An engine; None where it can't have this storage."""
    running = Engine(directories.mktemp(storage), number=3, storage=storage)
    try:
        running.start()
    except NotAllowedError:
        raise
    except RuntimeError as error:
        if storage in str(error):
            return None
        raise
    return running
