"""Downloads that nothing checks: what to write so that the next build gets the same or fails."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Fix, Hit, Located, Safety
from seawall.fixes.dockerfile.cutting import holding
from seawall.fixes.dockerfile.masked import masked
from seawall.fixes.model import Context, Fixer
from seawall.rules.build.flow import Download, downloads_of, interpreter
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Word
from seawall.surfaces.shell import Command, Script

_SHA = "<sha256>"
_UNSAFE_NAME = Expression(r"[^\w.@+-]+")
_NOT_PATH = Expression(r"^\w+://[^/]*")
_VARIABLE = Expression(r"\$\{[^}]*\}|\$\w+")
_TO_STDOUT = Expression(r"( -[A-Za-z]*?)O ?-(?= |\Z)| --output-document[= ]-(?= |\Z)")
_GIT = Expression(r"\.git(?:#|\Z)|\Agit@")


def _found(dockerfile: Dockerfile, place: Located) -> tuple[Instruction, Script, Download] | None:
    """The download that a finding is about: at its place, or fetched at its beginning."""
    for instruction, script in dockerfile.scripts:
        if not instruction.start <= place.start <= instruction.end:
            continue
        for download in downloads_of(script):
            command, url = download.command, download.url
            is_named = url is not None and url.start == place.start and url.end == place.end
            if is_named or place.start <= command.start < place.end:
                return instruction, script, download
    return None


def _file_of(download: Download) -> str:
    """A name for the file of a download that had none."""
    path = _NOT_PATH.sub("", _VARIABLE.sub("", download.address.partition("?")[0])).rstrip("/")
    name = _UNSAFE_NAME.sub("-", path.rpartition("/")[2]).strip("-.")
    return "/tmp/" + (name or "download")  # noqa: S108 -- a path of the build's container


def _fetch(dockerfile: Dockerfile, download: Download, file: str) -> str:
    """The fetch as it is written, but to a file."""
    written = masked(dockerfile, download.command.start, download.command.end)
    if download.command.name == "curl":
        return f"{written} -o {file}"
    to_file = _TO_STDOUT.sub(
        lambda found: f"{(found[1] or '').removesuffix(' -')} -O {file}", written
    )
    if to_file != written:
        return to_file
    return f"curl -fsSL -o {file} {_address(dockerfile, download)}"


def _address(dockerfile: Dockerfile, download: Download) -> str:
    url = download.url
    return masked(dockerfile, url.start, url.end) if url else "<URL>"


def _how_to_ask(dockerfile: Dockerfile, download: Download) -> str:
    address = _address(dockerfile, download)
    return f"# <sha256> is what `curl -fsSL {address} | sha256sum` says of the file that you trust"


def _checked(file: str) -> str:
    return f'echo "{_SHA}  {file}" | sha256sum -c -'


def _piped(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = _found(dockerfile, hit.at)
    if found is None:
        return None
    _instruction, script, download = found
    file = _file_of(download)
    lines = (
        _fetch(dockerfile, download, file),
        _checked(file),
        f"{_runner(dockerfile, script, download.command)} {file}".strip(),
        f"rm {file}",
    )
    title = "Fetch it to a file, check that, then run it"
    return _proposed(title, dockerfile, download, lines)


def _proposed(
    title: str, dockerfile: Dockerfile, download: Download, lines: tuple[str, ...]
) -> Fix:
    text = " \\\n && ".join(line for line in lines if line)
    proposal = f"{_how_to_ask(dockerfile, download)}\n{text}"
    return Fix(Safety.GUIDED, title, proposal=proposal)


def _runner(dockerfile: Dockerfile, script: Script, fetch: Command) -> str:
    """What runs the download, without the dash that stands for its standard input."""
    for command in script.commands:
        is_after = command.pipeline == fetch.pipeline and command.position > fetch.position
        if is_after and interpreter(command):
            return _without_stdin(dockerfile, command)
    into = fetch.substituted_into
    return into.name if into is not None and into.name not in {"eval", "."} else "sh"


def _without_stdin(dockerfile: Dockerfile, command: Command) -> str:
    """`bash -s -- --yes` runs as `bash FILE --yes`: the file comes before its arguments."""
    words = [masked(dockerfile, word.start, word.end) for word in command.words]
    names = [*command.wrappers[:1], words[0]] if command.wrappers else [words[0]]
    rest = [word for word in words[1:] if word not in {"-", "-s", "--", "/dev/stdin"}]
    options = [word for word in rest if word.startswith("-") and len(word) == 2]
    return " ".join([*names, *(options if options == rest else [])])


def _kept(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = _found(dockerfile, hit.at)
    if found is None:
        return None
    _instruction, script, download = found
    title = "Check it before it is used"
    if download.file:
        fetch = masked(dockerfile, download.command.start, download.command.end)
        name = _path_of(download)
        return _proposed(title, dockerfile, download, (fetch, _checked(name)))
    file = _file_of(download)
    rest = _reads_file(dockerfile, script, download.command, file)
    lines = (_fetch(dockerfile, download, file), _checked(file), rest, f"rm {file}")
    return _proposed(title, dockerfile, download, lines)


def _path_of(download: Download) -> str:
    file = download.file
    return file if "$" in file or not _UNSAFE_NAME.search(file.replace("/", "")) else f"'{file}'"


def _reads_file(dockerfile: Dockerfile, script: Script, fetch: Command, file: str) -> str:
    """What the download was piped into, told to read the file."""
    after = [
        masked(dockerfile, command.start, command.end)
        for command in script.commands
        if command.pipeline == fetch.pipeline
        and command.position > fetch.position
        and command.wrappers == fetch.wrappers
    ]
    return " | ".join((f"{after[0]} < {file}", *after[1:])) if after else ""


def _added(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    word = hit.at
    instruction = holding(dockerfile, word)
    if instruction is None or not isinstance(word, Word):
        return None
    flags = masked(dockerfile, instruction.start, instruction.body_start)
    last = instruction.arguments[-1]
    target = dockerfile.source.text[last.start : last.end]
    address = masked(dockerfile, word.start, word.end)
    if _GIT.search(word.text):
        pinned = address.partition("#")[0] + "#<commit>"
        note = "# <commit> has all 40 digits: `git ls-remote` shows what a branch or tag is now"
        return Fix(Safety.GUIDED, "Name the commit", proposal=f"{note}\n{flags}{pinned} {target}")
    digest = f"--checksum=sha256:{_SHA} "
    note = f"# <sha256> is what `curl -fsSL {address.strip(chr(34))} | sha256sum` says"
    proposal = f"{note}\n{flags}{digest}{address} {target}"
    return Fix(Safety.GUIDED, "Say what the file's checksum is", proposal=proposal)


def _stronger(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    command = hit.at
    if not isinstance(command, Command):
        return None
    written = masked(dockerfile, command.start, command.end)
    words = written.replace(command.name, "sha256sum", 1)
    proposal = (
        "# the checksums that it is given must be SHA-256 too: `sha256sum FILE` tells them\n"
        f"{words}"
    )
    return Fix(Safety.GUIDED, "Check it with SHA-256", proposal=proposal)


def _own_key(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    command = hit.at
    if not isinstance(command, Command):
        return None
    found = _key_fetch(dockerfile, command)
    fetch = found or "curl -fsSL <URL of the key>"
    proposal = (
        "mkdir -p /etc/apt/keyrings \\\n"
        f" && {fetch} | gpg --dearmor -o /etc/apt/keyrings/vendor.gpg\n"
        "# and in the line of the one repository that it is for:\n"
        "deb [signed-by=/etc/apt/keyrings/vendor.gpg] https://… … main"
    )
    return Fix(Safety.GUIDED, "Trust the key for its own repository only", proposal=proposal)


def _key_fetch(dockerfile: Dockerfile, command: Command) -> str:
    """What the key was piped from."""
    for instruction, script in dockerfile.scripts:
        if not instruction.start <= command.start < instruction.end:
            continue
        for other in script.commands:
            if other.pipeline == command.pipeline and other.position < command.position:
                return masked(dockerfile, other.start, other.end)
    return ""


_NOTHING = "Nothing is edited. Once it is written: "
_ENDS = (
    "a new release under the same address ends the build until the checksum is "
    "changed. That is what it is for."
)

PIPED_SCRIPT = Fixer(
    id="check-script",
    title="Check a script before it is run",
    rules=("curl-pipe-shell",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal with the address of this file: fetch it to a file, compare its SHA-256 with "
        "one that you keep here, run it, remove it. The checksum is yours to find out: read the "
        "script first. Nothing is fetched."
    ),
    breaks=_NOTHING + _ENDS,
    on={Dockerfile: _piped},
    examples=(),
    keeps=(
        "FROM debian:12.5\nRUN curl -fsSL https://x.example/i.sh | sh\n",
        "FROM debian:12.5\nRUN wget -qO- https://x.example/i | sudo -E bash -s -- --yes\n",
        'FROM debian:12.5\nRUN bash -c "$(curl -fsSL https://x.example/i.sh)"\n',
    ),
)

CHECKED_DOWNLOAD = Fixer(
    id="check-download",
    title="Check a download before it is used",
    rules=("unverified-download",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal with the address and the file name of this file: the same fetch, then "
        '`echo "<sha256>  FILE" | sha256sum -c -`. A download that is piped on is fetched to a '
        "file first. Nothing is fetched, so the checksum is yours to find out."
    ),
    breaks=_NOTHING + _ENDS,
    on={Dockerfile: _kept},
    examples=(),
    keeps=(
        "FROM debian:12.5\nRUN wget https://x.example/a.deb && dpkg -i a.deb\n",
        "FROM debian:12.5\nRUN curl -sSL https://x.example/a.tgz | tar xz -C /opt\n",
    ),
)

ADDED_CHECKSUM = Fixer(
    id="add-checksum",
    title="Say what ADD must get",
    rules=("add-without-checksum",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the instruction with `--checksum=sha256:<digest>`, or a git address with "
        "`#<commit>`. The digest is yours to find out; nothing is fetched. The flag needs "
        "BuildKit."
    ),
    breaks=_NOTHING + _ENDS,
    on={Dockerfile: _added},
    examples=(),
    keeps=(
        "FROM debian:12.5\nADD https://x.example/a.tgz /tmp/\n",
        "FROM debian:12.5\nADD https://github.com/acme/x.git#main /src\n",
    ),
)

STRONGER_CHECKSUM = Fixer(
    id="stronger-checksum",
    title="Check with SHA-256",
    rules=("weak-checksum",),
    safety=Safety.GUIDED,
    writes="A proposal: the same check by `sha256sum`. The checksums themselves change with it.",
    breaks=_NOTHING + "the check fails until each checksum is replaced by the file's SHA-256.",
    on={Dockerfile: _stronger},
    examples=(),
    keeps=("FROM debian:12.5\nRUN wget https://x.example/a && echo '0 a' | md5sum -c\n",),
)

REPOSITORY_KEY = Fixer(
    id="repository-key",
    title="Trust a key for one repository",
    rules=("global-apt-key",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the key in a file below /etc/apt/keyrings, named by `signed-by` in the line "
        "of its repository. Which line that is, Seawall does not know."
    ),
    breaks=_NOTHING + "`gpg` must be in the image, and a line without `signed-by` fails.",
    on={Dockerfile: _own_key},
    examples=(),
    keeps=("FROM debian:12.5\nRUN curl -fsSL https://x.example/key | apt-key add -\n",),
)

FIXERS = (PIPED_SCRIPT, CHECKED_DOWNLOAD, ADDED_CHECKSUM, STRONGER_CHECKSUM, REPOSITORY_KEY)
