"""The report formats: each a module of its own that turns a `Report` into text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from msgspec import Struct, structs

from seawall.core.errors import UsageError
from seawall.core.model import Severity
from seawall.core.report import Report

if TYPE_CHECKING:
    from seawall.jobs.scan import Scanned

FORMATS: dict[str, str] = {
    "text": "seawall.reports.text",
    "concise": "seawall.reports.concise",
    "json": "seawall.reports.json",
    "jsonl": "seawall.reports.jsonl",
    "sarif": "seawall.reports.sarif",
    "github": "seawall.reports.github",
    "gitlab": "seawall.reports.gitlab",
    "junit": "seawall.reports.junit",
    "markdown": "seawall.reports.markdown",
    "html": "seawall.reports.html",
}
"""Every format by the name that `-o` takes, and the module that is imported when it is used."""


INVENTORIES: dict[str, str] = {
    "cyclonedx": "seawall.reports.cyclonedx",
    "spdx": "seawall.reports.spdx",
}
"""Formats that list what an image holds (SBOMs), made of the image itself."""


WITHOUT_NOTICES = frozenset({"concise", "gitlab", "junit"})
"""The formats that have no place for notices: they are said beside the report."""


WITH_DRAWINGS = frozenset({"html", "markdown"})
"""The formats that draw projects: for the others nobody needs to make a diagram."""


WITH_FIXES = frozenset({"text", "sarif"})
"""The formats that show what may mend a finding: for the others nobody needs to find that out."""


class RenderOptions(Struct, frozen=True):
    """How to render: `width` in terminal cells, `verbose` from -1 (terse) up.

    `fail_on`, `profile`, `version` and `date` are those of the run; reports name them.
    `is_checklist` asks for the checklist first of all, as the command of that name does.
    `fix_command` is what mends what the run was about.
    """

    color: bool = False
    width: int = 80
    verbose: int = 0
    fail_on: Severity = Severity.HIGH
    profile: str = "default"
    version: str = ""
    date: str = ""
    is_checklist: bool = False
    fix_command: str = "seawall fix"

    def exit_code(self, report: Report) -> int:
        """What the contract of exit codes makes of a report that was asked for like this."""
        return report.checklist_code() if self.is_checklist else report.exit_code(self.fail_on)


class _Format(Protocol):
    def render(self, report: Report, options: RenderOptions) -> str:
        """The report in this format."""


@runtime_checkable
class _Encoding(Protocol):
    def encode(self, report: Report, options: RenderOptions) -> bytes:
        """The report in this format, of which no text need be made first."""


class _Inventory(Protocol):
    def render(self, scanned: Scanned, options: RenderOptions) -> str:
        """What the image holds, in this format."""


def render(name: str, report: Report, options: RenderOptions) -> str:
    """The report in the format of that name, ending in a line feed; never holds a secret.

    Raises:
        UsageError: there is no such format.
    """
    from seawall.reports.cleaned import cleaned  # noqa: PLC0415 -- `version` renders nothing

    return _format(name).render(cleaned(report), options)


def encode(name: str, report: Report, options: RenderOptions) -> bytes:
    """The same as it is written: UTF-8.

    Raises:
        UsageError: there is no such format.
    """
    from seawall.reports.cleaned import cleaned  # noqa: PLC0415 -- `version` renders nothing

    module = _format(name)
    if isinstance(module, _Encoding):
        return module.encode(cleaned(report), options)
    return module.render(cleaned(report), options).encode("utf-8", "backslashreplace")


def _format(name: str) -> _Format:
    if name not in FORMATS:
        raise _unknown(name)
    return cast(_Format, import_module(FORMATS[name]))


def render_inventory(name: str, images: Sequence[Scanned], options: RenderOptions) -> str:
    """The contents of an image in the format of that name, ending in a line feed.

    Raises:
        UsageError: the format has room for one image, and there are more or none.
    """
    if len(images) != 1:
        number = "none was read" if not images else f"{len(images)} were scanned"
        raise UsageError(f"{name} is about one image, and {number}", "Scan one image for it.")
    module = cast(_Inventory, import_module(INVENTORIES[name]))
    return module.render(images[0], options)


def notices(report: Report) -> list[str]:
    """The notices of a report, a line each, cleaned as in every format."""
    from seawall.reports.cleaned import cleaned  # noqa: PLC0415 -- `version` renders nothing
    from seawall.reports.summary import said  # noqa: PLC0415 -- `version` renders nothing

    return [said(notice) for notice in cleaned(structs.replace(report, findings=())).notices]


def _unknown(name: str) -> UsageError:
    from seawall.core.suggestion import did_you_mean  # noqa: PLC0415 -- only after a mistake

    hint = did_you_mean(name, FORMATS) or f"Formats: {', '.join(FORMATS)}."
    return UsageError(f"there is no report format {name!r}", hint)
