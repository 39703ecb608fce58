"""The Compose files that rules give as examples, around the lines that matter."""

from __future__ import annotations


def service_with(*lines: str, tail: str = "") -> str:
    """A file of one service with these lines; `tail` is what follows the services."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"services:\n  web:\n    image: nginx:1.27.5\n{body}{tail}"


def service_publishing(image: str, *ports: str, tail: str = "") -> str:
    """A file of one service of this image that publishes these ports."""
    lines = "".join(f"      - {port}\n" for port in ports)
    return f"services:\n  web:\n    image: {image}\n    ports:\n{lines}{tail}"
