"""How each ecosystem's names come apart into namespace and name, as package URLs mean them."""

from __future__ import annotations

from seawall.core.expression import Expression

_RUN = Expression(r"[-_.]+")


def scoped(name: str) -> tuple[str, str]:
    """An npm name: the scope with its `@`, and the rest (`@babel/core`)."""
    scope, slash, rest = name.partition("/")
    return (scope, rest) if slash and scope.startswith("@") else ("", name)


def by_last_slash(name: str) -> tuple[str, str]:
    """All up to the last slash, and the rest: a Go module's path, Composer's `vendor/name`."""
    namespace, _, rest = name.rpartition("/")
    return namespace, rest


def normalized(name: str) -> str:
    """A Python distribution's name as indexes compare it (PEP 503): `Foo.Bar_x` is `foo-bar-x`."""
    return _RUN.sub("-", name).lower()
