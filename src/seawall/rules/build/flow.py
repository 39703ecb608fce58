"""The way of a download through a shell script: fetched, checked or not, then run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.surfaces.shell import Command, Script, ShellWord

FETCHERS = frozenset({"curl", "wget", "fetch", "aria2c", "axel", "http", "https", "lynx"})
SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "fish", "busybox"})
INTERPRETERS = Expression(
    r"python[\d.]*|perl|ruby|node(?:js)?|php\d*|pwsh|tclsh|lua|osascript|deno"
)
SOURCING = frozenset({"eval", "source", "."})

VERIFIERS = frozenset(
    {
        "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum", "b2sum", "b3sum", "gpg",
        "gpg2", "gpgv", "sqv", "cosign", "minisign", "signify", "signify-openbsd", "slsa-verifier",
        "rpmkeys", "debsig-verify", "gh", "notation", "sha256", "sha512",
    }
)  # fmt: skip
"""Programs that can tell a good download from a bad one."""

WEAK_VERIFIERS = frozenset({"md5sum", "sha1sum", "md5", "cksum", "sum"})
"""Checksums whose collisions are cheap (MD5 and SHA-1), or that are none."""

_VALUED = frozenset(
    [
        "-o",
        "--output",
        "-d",
        "--data",
        "--data-raw",
        "-H",
        "--header",
        "-u",
        "--user",
        "-X",
        "--request",
        "-A",
        "--user-agent",
        "-e",
        "--retry",
        "--retry-delay",
        "--connect-timeout",
        "-m",
        "--max-time",
        "-O",
        "--output-document",
        "-P",
        "--directory-prefix",
        "-T",
        "--timeout",
        "-t",
        "--tries",
        "-b",
        "--cookie",
        "--cacert",
        "--cert",
        "--key",
        "-x",
        "--proxy",
        "-w",
        "--write-out",
        "-U",
        "--header",
        "--output-dir",
        "--create-dirs-mode",
        "--url",
    ]
)
_CURL_VALUED = _VALUED - {"-O", "-P", "-T", "-t", "-U"}
_URL = Expression(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_LOCAL_HOST = Expression(
    r"(?i)https?://(?:localhost|127\.\d|\[::1\]|0\.0\.0\.0|host\.docker\.internal|10\.\d"
    r"|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|metadata\.google\.internal)"
)


class Download(Struct, frozen=True):
    """One fetch: its command, the URL's word, and the file that it writes (empty: to stdout)."""

    command: Command
    url: ShellWord | None
    file: str

    @property
    def address(self) -> str:
        """The URL as written, without quotes; empty where none is seen."""
        return self.url.loose if self.url else ""

    @property
    def is_plain_http(self) -> bool:
        """Whether it crosses a network unencrypted."""
        return self.address.lower().startswith(("http://", "ftp://")) and not self.is_local

    @property
    def is_local(self) -> bool:
        """Whether the address is the machine's own or a private network's."""
        return _LOCAL_HOST.match(self.address) is not None


def downloads_of(script: Script) -> Iterator[Download]:
    """Every fetch in a script."""
    for command in script.commands:
        if command.name in FETCHERS:
            url = _url_of(command)
            yield Download(command, url, _file_of(command, url))


def _url_of(command: Command) -> ShellWord | None:
    valued = _CURL_VALUED if command.name == "curl" else _VALUED
    named = next(command.option_values("--url"), None)
    words = list(command.operands(valued))
    return named or next((w for w in words if _URL.match(w.loose)), None) or next(iter(words), None)


def _file_of(command: Command, url: ShellWord | None) -> str:
    for redirect in command.redirects:
        if redirect.operator in {">", ">>", ">|", "&>"} and redirect.descriptor in {-1, 1}:
            return redirect.target.loose if redirect.target else ""
    is_curl = command.name == "curl"
    options = ("-o", "--output") if is_curl else ("-O", "--output-document", "-o")
    named = next(command.option_values(*options), None) or _clustered(command, options[0])
    if named is not None:
        return "" if named.loose in {"-", "/dev/stdout"} else named.loose
    keeps_name = command.has_option("-O", "--remote-name", "--remote-name-all")
    if url is None or (is_curl and not keeps_name):
        return ""
    return url.loose.partition("?")[0].rstrip("/").rpartition("/")[2]


def _clustered(command: Command, option: str) -> ShellWord | None:
    """The value of `o` in `-fsSLo FILE` (curl) or of `O` in `-qO FILE`, `-qO-` (wget)."""
    letter = option[1]
    for index, literal in enumerate(command.literals):
        if literal.startswith("-") and not literal.startswith("--") and letter in literal[1:]:
            rest = literal[literal.index(letter, 1) + 1 :]
            if rest:
                word = command.arguments[index]
                return ShellWord(rest, rest, word.end - len(rest), word.end)
            if index + 1 < len(command.arguments):
                return command.arguments[index + 1]
    return None


def verifies(script: Script, after: Command) -> bool:
    """Whether anything after a fetch could refuse a bad download.

    Which file it looks at is taken on trust: a checksum in the same RUN is what people write
    for the download that it follows.
    """
    return any(other.start > after.start and _is_verification(other) for other in script.commands)


def _is_verification(command: Command) -> bool:
    if command.name in {"gpg", "gpg2"}:
        return bool({"--verify", "--decrypt", "-d"} & set(command.literals)) or any(
            "verify" in literal for literal in command.literals
        )
    if command.name == "gh":
        return command.literals[:1] == ("attestation",)
    if command.name == "openssl":
        return "dgst" in command.literals or "sha256" in command.literals
    # A weak checksum is one: `weak-checksum` says what it is worth.
    is_weak = command.name in WEAK_VERIFIERS and command.has_option("-c", "--check")
    return is_weak or command.name in VERIFIERS


def interpreter(command: Command) -> str:
    """The interpreter that a command is, if it takes its program from standard input."""
    name = command.name
    if name in SHELLS:
        return "" if _has_program(command, {"-c"}) else name
    if INTERPRETERS.fullmatch(name):
        inline = {"-c", "-e", "-n", "-ne", "-pe", "-p", "-r", "-m", "-E", "--eval", "-R", "-B"}
        return "" if _has_program(command, inline) else name
    return ""


def _has_program(command: Command, inline: set[str]) -> bool:
    """Whether the program comes from an option or a file, so that input is only data."""
    for literal in command.literals:
        if literal in inline or (literal[:2] in {"-c", "-e", "-n", "-p"} and len(literal) > 2):
            return True
        if literal in {"-", "-s", "/dev/stdin", "--"}:
            return False
        if not literal.startswith(("-", "+")):
            return True
    return False
