"""`seawall completion`: the script that teaches a shell to complete Seawall's commands."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from seawall.cli.group import seawall
from seawall.cli.options import Choice
from seawall.core.errors import UsageError

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=Choice("no completion for this shell", _SHELLS), metavar="SHELL")
def completion(shell: str) -> None:
    """Print the completion script of a SHELL: bash, zsh or fish.

    \b
    bash:  seawall completion bash > ~/.local/share/bash-completion/completions/seawall
    zsh:   seawall completion zsh > "${fpath[1]}/_seawall"
    fish:  seawall completion fish > ~/.config/fish/completions/seawall.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"no completion for {shell}", f"Shells: {', '.join(_SHELLS)}.")
    sys.stdout.write(found(seawall, {}, "seawall", "_SEAWALL_COMPLETE").source() + "\n")
