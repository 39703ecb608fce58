"""The commands by name; each is imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from seawall.core.errors import UsageError

_COMMANDS = {
    "check": ("seawall.cli.check:check", "Judge the containers of a project."),
    "checklist": ("seawall.cli.checklist:checklist", "Give the 22 items their verdicts."),
    "fix": ("seawall.cli.fix:fix", "Mend what the rules find: a diff, written when asked."),
    "scan": ("seawall.cli.scan:scan", "Judge what is in an image: packages, secrets, files."),
    "sbom": ("seawall.cli.sbom:sbom", "List what is in an image (CycloneDX, SPDX)."),
    "db": ("seawall.cli.db:db", "Keep the advisories that scans rest on."),
    "pin": ("seawall.cli.pin:pin", "Write down what the images are that a project names."),
    "init": ("seawall.cli.init:init", "Write a policy, a .dockerignore and the CI's job."),
    "explain": ("seawall.cli.explain:explain", "Say what a rule finds, why it matters, the cure."),
    "baseline": ("seawall.cli.baseline:baseline", "Accept today's findings; report new ones."),
    "config": ("seawall.cli.config:config", "Show the policy in force and where it comes from."),
    "completion": ("seawall.cli.completion:completion", "Print a shell's completion script."),
    "version": ("seawall.cli.group:version", "Print the version."),
}
_EXAMPLES = """\
Examples:
  seawall check .                        judge what is below this directory
  seawall check -o text -o sarif:out.sarif services/
  seawall checklist --standard cis .     the same, by the sections of a standard
  seawall scan python:3.13               what is in an image, and what to do about it
  seawall explain root-user              what a rule finds, why, and how to mend it
"""


class _Commands(click.Group):
    """A group that knows its commands by name and summary before it imports them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- as click calls it
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as click calls it
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, function = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for, or say which one may be meant.

        Raises:
            UsageError: there is no such command.
        """
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from seawall.core.suggestion import did_you_mean

            hint = did_you_mean(args[0], _COMMANDS) or "See `seawall --help`."
            raise UsageError(f"there is no command '{args[0]}'", hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as click calls it
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- as click calls it
        """Close with examples."""
        formatter.write("\n" + _EXAMPLES)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-V", "--version", "wants_version", is_flag=True, help="Print the version.")
@click.pass_context
def seawall(context: click.Context, wants_version: bool) -> int | None:
    """Check the practices that make containers safe, from the line in a Dockerfile on."""
    if wants_version:
        from seawall.cli.version import show

        context.exit(show())
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return None


@click.command()
def version() -> int:
    """Print the version."""
    from seawall.cli.version import show

    return show()
