"""A property that is worked out when it is first asked, and kept."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property as once
else:
    from collections.abc import Callable
    from typing import Any

    class once:  # noqa: N801 -- stands for `cached_property`, and is called as that is
        """`functools.cached_property` as of Python 3.12: without its lock, at a third of the cost.

        Facts have thousands of such properties in a run, and no threads ask for them.
        """

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self.function = function
            self.__doc__ = function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:  # noqa: ANN401 -- any property's
            if instance is None:
                return self
            # Not a data descriptor: once the value is there, it is found before this.
            value = instance.__dict__[self.name] = self.function(instance)
            return value


__all__ = ["once"]
