"""The entry point: runs a command, and turns whatever happens into an exit code and a sentence."""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False  # the `typing` that has it costs `version` a third of its time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from click import ClickException

FAILED = 2
INTERRUPTED = 130


def run() -> NoReturn:
    """Run the command line of this process."""
    code = main(sys.argv[1:])
    if code != INTERRUPTED:
        atexit._run_exitfuncs()
    # That end would take apart all that a run has made, piece by piece, only to leave it; and
    # it could be interrupted again, with a traceback.
    os._exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; raises nothing, shows no traceback."""
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        code = FAILED  # who read our output has left: nobody to tell
    except Exception as error:
        code = _explain(error)
    return code if _flushed() else FAILED


def _dispatch(arguments: Sequence[str]) -> int:
    if len(arguments) == 1 and arguments[0] in ("version", "--version", "-V"):
        from seawall.cli.version import show  # all that `version` may cost

        return show()
    # Nearly all that a run makes lives to its end: looking for rubbish early finds none.
    gc.set_threshold(500_000, 20, 20)
    from click.exceptions import Abort

    from seawall.cli.group import seawall

    try:
        code = seawall.main(list(arguments), "seawall", standalone_mode=False)
    except Abort:
        return INTERRUPTED
    except SystemExit as end:
        # In this mode click ends by itself in two cases: a completion is given, or a reader left.
        return FAILED if end.code else 0
    return code if isinstance(code, int) else 0


def _flushed() -> bool:
    """Write out what is buffered; where that fails, spare the interpreter's end a second try."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _explain(error: Exception) -> int:
    from click import ClickException

    from seawall.core.errors import Error

    if os.environ.get("SEAWALL_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, Error):
        return _fail(error.message, error.hint)
    if isinstance(error, ClickException):
        return _fail(error.format_message(), _usage_hint(error))
    if isinstance(error, OSError):
        return _fail(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
    return _fail(
        f"a bug in Seawall: {type(error).__name__}: {error}",
        "Please report it; SEAWALL_DEBUG=1 shows where it happened.",
    )


def _usage_hint(error: ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"See `{context.command_path} --help`." if context else ""


def _fail(message: str, hint: str = "") -> int:
    from seawall.cli.terminal import complain

    complain(message, hint)
    return FAILED
