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
