"""Switches by which a build trusts any server, or packages that nobody signed."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.shell_words import command_at, is_exact, without
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.build.verification import INSECURE_OPTIONS
from seawall.surfaces.dockerfile import Dockerfile, Word
from seawall.surfaces.shell import Command, ShellWord

_VALUED = frozenset({"--trusted-host", "--allow-insecure-host"})
_CURL_VALUED = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
"""Letters after which curl takes the rest of the word for a value."""
_UNSIGNED = frozenset(
    {
        "--allow-untrusted", "--allow-unauthenticated", "--force-yes", "--nogpgcheck",
        "--allow-insecure-repositories", "--no-gpgchecks", "--noverify", "--nosignature",
        "--nodigest", "--nogpg", "--no-gpg-checks", "--no-gpgcheck",
    }
)  # fmt: skip
_LOCAL = Expression(r".*\.(?:apk|deb|rpm)\Z")


def _verified(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    word = hit.at
    if found is None or not isinstance(word, ShellWord):
        return None
    edit = _without_switch(dockerfile, found[1], word)
    if edit is None:
        return None
    title = f"let {found[1].name} check the server's certificate"
    return Fix(Safety.UNSAFE, title, (edit,), fixer="verify-server")


def _without_switch(dockerfile: Dockerfile, command: Command, word: ShellWord) -> Edit | None:
    literal = word.literal or ""
    if not is_exact(dockerfile, word):
        return None
    if literal in _VALUED:
        index = command.words.index(word)
        value = command.words[index + 1] if index + 1 < len(command.words) else None
        return without(dockerfile, command, word, value.end) if value else None
    if literal.startswith("--") or literal == "-k":
        return without(dockerfile, command, word)
    at = literal.find("k")
    if command.name != "curl" or at < 1 or not _CURL_VALUED.isdisjoint(literal[1:at]):
        return None
    return Edit(word.start + at, word.start + at + 1, "")


_NAMED = ", ".join(
    f"`{option}`"
    for option in sorted({each for options in INSECURE_OPTIONS.values() for each in options})
    if option.startswith("--")
)

SERVER = Fixer(
    id="verify-server",
    title="Let a build check whom it talks to",
    rules=("unverified-server",),
    safety=Safety.UNSAFE,
    writes=(
        "The option by which a program trusts any server is taken out: curl's `-k` (also within "
        f"`-fsSLk`), {_NAMED}. "
        "Variables and settings that do the same are left to you."
    ),
    breaks=(
        "It is always *unsafe*: a build that needs the switch stops. Then the image lacks "
        "`ca-certificates`, or the server's certificate comes from an authority of your own: "
        "`COPY ca.crt /usr/local/share/ca-certificates/` and `RUN update-ca-certificates`."
    ),
    on={Dockerfile: _verified},
    examples=(
        Example(
            "FROM debian:12.5\nRUN curl -fsSLk https://example.com/x -o /x && wget \\\n"
            "    --no-check-certificate \\\n    https://example.com/y\n",
            "FROM debian:12.5\nRUN curl -fsSL https://example.com/x -o /x && wget \\\n"
            "    https://example.com/y\n",
        ),
        Example(
            "FROM python:3.12.2\nRUN pip install --trusted-host pypi.example flask==3.0.2\n",
            "FROM python:3.12.2\nRUN pip install flask==3.0.2\n",
        ),
    ),
    keeps=(
        "FROM node:20.11.1\nENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        'FROM debian:12.5\nRUN ["curl", "-k", "https://example.com/x"]\n',
    ),
)


def _signed(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found, word = command_at(dockerfile, hit), hit.at
    if found is None or not isinstance(word, ShellWord) or word.literal not in _UNSIGNED:
        return None
    command = found[1]
    if not is_exact(dockerfile, word):
        return None
    if word.literal == "--force-yes" and not command.has_option("-y", "--yes", "-qq"):
        edit: Edit | None = Edit(word.start, word.end, "-y")
    else:
        edit = without(dockerfile, command, word)
    if edit is None:
        return None
    is_local = any(_LOCAL.match(literal) for literal in command.literals)
    safety = Safety.GUIDED if is_local else Safety.UNSAFE
    title = f"let {command.name} check its packages' signatures"
    return Fix(safety, title, (edit,), proposal=_key(command, is_local), fixer="check-signatures")


def _key(command: Command, is_local: bool) -> str:
    if not is_local or command.name != "apk":
        return ""
    return "COPY publisher.rsa.pub /etc/apk/keys/"


SIGNATURES = Fixer(
    id="check-signatures",
    title="Let a package manager check signatures",
    rules=("unsigned-packages",),
    safety=Safety.UNSAFE,
    writes=(
        f"The option is taken out: {', '.join(f'`{each}`' for each in sorted(_UNSIGNED))}. "
        "`--force-yes` becomes `-y` where nothing else answers apt's questions. For package files "
        "that are named by path it is only a proposal: their key has to come first. Repository "
        "files and variables that switch checks off are left to you."
    ),
    breaks=(
        "It is always *unsafe*: where the packages are not signed, or their key is not in the "
        "image, the build stops. Install the publisher's key first: `signed-by=` for apt, "
        "`gpgkey=` for dnf, /etc/apk/keys for apk."
    ),
    on={Dockerfile: _signed},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get install -y --allow-unauthenticated nginx\n",
            "FROM debian:12.5\nRUN apt-get install -y nginx\n",
        ),
        Example(
            "FROM debian:12.5\nRUN apt-get --force-yes install nginx\n",
            "FROM debian:12.5\nRUN apt-get -y install nginx\n",
        ),
    ),
    keeps=("FROM golang:1.22.1\nENV GOSUMDB=off\n",),
)

_SAME_BY_HTTPS = Expression(
    r"http://(?:github\.com|raw\.githubusercontent\.com|(?:www\.)?python\.org|nodejs\.org"
    r"|archive\.apache\.org|(?:ftp|www)\.gnu\.org|nginx\.org|repo1?\.maven\.org|dl\.google\.com"
    r"|pypi\.org|files\.pythonhosted\.org|rubygems\.org|registry\.npmjs\.org|(?:www\.)?php\.net"
    r"|(?:www\.)?openssl\.org|curl\.se|zlib\.net|download\.redis\.io|deb\.debian\.org"
    r"|download\.docker\.com|dl\.min\.io|(?:www\.)?kernel\.org|cran\.r-project\.org"
    r"|storage\.googleapis\.com|s3\.amazonaws\.com|(?:www\.)?cpan\.org)/"
)
"""Servers that give the same files by HTTPS."""


def _by_https(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    start, text = hit.at.start, dockerfile.source.text
    start += text[start : start + 1] in {'"', "'"}
    if not text.startswith("http://", start) or not isinstance(hit.at, (ShellWord, Word)):
        return None
    is_known = _SAME_BY_HTTPS.match(text, start) is not None and isinstance(hit.at, ShellWord)
    edit = Edit(start + 4, start + 4, "s")
    safety = Safety.UNSAFE if is_known else Safety.GUIDED
    url = text[start : hit.at.end].strip("\"'")
    is_added = isinstance(hit.at, Word)
    proposal = f"ADD --checksum=sha256:… https{url[4:]} …" if is_added else ""
    edits = () if is_added else (edit,)
    return Fix(safety, "fetch by HTTPS", edits, proposal=proposal, fixer="fetch-by-https")


HTTPS = Fixer(
    id="fetch-by-https",
    title="Fetch by HTTPS",
    rules=("plain-http-download",),
    safety=Safety.UNSAFE,
    writes=(
        "`https://` for `http://`. For servers that are known to give the same files so "
        "(github.com, python.org, nodejs.org, archive.apache.org, gnu.org and the like) it is "
        "*unsafe*, for all others a proposal. For ADD the line with its checksum is shown."
    ),
    breaks=(
        "The build stops where the server does not speak HTTPS, its certificate is not good, or "
        "the image has no `ca-certificates`."
    ),
    on={Dockerfile: _by_https},
    examples=(
        Example(
            "FROM debian:12.5\nRUN wget 'http://archive.apache.org/a.tgz' && tar xf a.tgz\n",
            "FROM debian:12.5\nRUN wget 'https://archive.apache.org/a.tgz' && tar xf a.tgz\n",
        ),
        Example(
            "FROM debian:12.5\nRUN wget http://x.example/a.tgz && tar xf a.tgz\n",
            "FROM debian:12.5\nRUN wget https://x.example/a.tgz && tar xf a.tgz\n",
        ),
    ),
    keeps=("FROM debian:12.5\nADD http://x.example/a.tgz /a.tgz\n",),
)

FIXERS = (SERVER, SIGNATURES, HTTPS)
