"""Trusted downloads: what is fetched and run without anyone checking it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit, Located, Region
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.rules.build.entitlements import host_network_build, privileged_build
from seawall.rules.build.flow import (
    FETCHERS,
    SHELLS,
    SOURCING,
    WEAK_VERIFIERS,
    Download,
    downloads_of,
    interpreter,
    verifies,
)
from seawall.rules.deferred import again
from seawall.rules.practices import TRUSTED_DOWNLOADS
from seawall.rules.stages import place_of, weight_in_build
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command, Script
from seawall.surfaces.workload import Workload

_Fetch = tuple[Instruction, Script, Download]


def _fetches(dockerfile: Dockerfile) -> list[_Fetch]:
    fetches: list[_Fetch] | None = dockerfile.derived.get("fetches")
    if fetches is None:
        fetches = dockerfile.derived["fetches"] = list(_read_fetches(dockerfile))
    return fetches


def _read_fetches(dockerfile: Dockerfile) -> Iterator[_Fetch]:
    if not dockerfile.commands(*FETCHERS):
        return
    for instruction, script in dockerfile.scripts:
        for download in downloads_of(script):
            yield instruction, script, download


def _piped(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, script, download in _fetches(dockerfile):
        if download.is_local:
            continue
        runner, place = _runner(script, download.command)
        if runner:
            yield Hit(
                place,
                f"{runner} runs whatever {_host(download)} answers, unseen and unchecked",
                place_of(dockerfile, instruction, f"{download.command.name} | {runner}"),
                label=f"fetched and run by {runner}",
                weaker=weight_in_build(dockerfile, instruction),
            )


_RUN_AT_ONCE = (
    r"(?:curl|wget|fetch|aria2c|axel|lynx|http).*[^|]\|[^|]"
    r"|(?:<\(|\$\(|`).*(?:curl|wget|fetch|aria2c|axel|lynx|http)"
)
"""An instruction in which something is fetched and handed on."""


def _runner(script: Script, fetch: Command) -> tuple[str, Located]:
    """What runs a fetch's output, and the place that shows it; empty for nothing."""
    for other in script.commands:
        if other.pipeline == fetch.pipeline and other.position > fetch.position:
            if _is_check(other):
                break
            if name := interpreter(other):
                return name, Region(fetch.start, other.end)
    into = fetch.substituted_into
    if into is not None and _takes_program(into, fetch):
        return into.name, into
    return "", fetch


def _is_check(command: Command) -> bool:
    return command.name in {"gpg", "gpgv", "gpg2"} and "--dearmor" not in command.literals


def _takes_program(into: Command, fetch: Command) -> bool:
    """Whether the substitution that holds the fetch is the program of `into`, not its data."""
    if into.name in SOURCING:
        return True
    if into.name not in SHELLS and not interpreter(into):
        return False
    words = into.arguments
    index = next((i for i, w in enumerate(words) if w.start <= fetch.start < w.end), -1)
    is_first = index >= 0 and all(word.loose.startswith("-") for word in words[:index])
    return is_first and (index == 0 or "c" in words[index - 1].loose or into.name in SHELLS)


def _host(download: Download) -> str:
    match = re.match(r"\w+://([^/\s\"'$]+)", download.address)
    return match[1].rpartition("@")[2] if match else "the server"


_INSTALLERS = frozenset(
    {
        "dpkg", "rpm", "apt", "apt-get", "yum", "dnf", "microdnf", "apk", "pip", "pip3", "gem",
        "npm", "gdebi", "alien", "java", "msiexec", "installer", "phar",
    }
)  # fmt: skip
_UNPACKERS = frozenset({"tar", "bsdtar", "unzip", "gunzip", "gzip", "unxz", "xz", "7z", "bunzip2"})
_PROGRAM_PATH = Expression(
    r"(?:/usr(?:/local)?)?/s?bin/|/opt/|/usr/(?:local/)?lib|/etc/apk/keys|~/bin/"
)


def _unverified(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, script, download in _fetches(dockerfile):
        if download.is_local or _runner(script, download.command)[0]:
            continue
        use = None if verifies(script, download.command) else _use(script, download)
        if use is not None:
            command, how = use
            line = dockerfile.source.line_of(command.start)
            yield Hit(
                download.url or download.command,
                f"what {_host(download)} sends is {how}, and nothing checks that it is the right "
                "thing",
                place_of(dockerfile, instruction, f"download {_file(download)}"),
                label="no checksum, no signature",
                weaker=weight_in_build(dockerfile, instruction),
                evidence=(Evidence(f"{how} by `{command.name or 'a command'}`", line),),
            )


def _file(download: Download) -> str:
    return (download.file or download.address).rpartition("/")[2] or download.command.name


def _use(script: Script, download: Download) -> tuple[Command, str] | None:
    """The first command that runs, installs or unpacks a download, and how."""
    fetch = download.command
    if not download.file:
        return _piped_use(script, fetch)
    if _PROGRAM_PATH.match(download.file):
        return fetch, "written to where programs live"
    name = download.file.rpartition("/")[2]
    for command in script.commands:
        if command.start > fetch.start and (how := _how(command, download.file, name)):
            return command, how
    return None


def _piped_use(script: Script, fetch: Command) -> tuple[Command, str] | None:
    for command in script.commands:
        is_later = command.pipeline == fetch.pipeline and command.position > fetch.position
        if is_later and command.name in {"tar", "bsdtar", "cpio"}:
            return command, "unpacked"
        if is_later and command.name in {"rpm", "dpkg"}:
            return command, "installed"
    return None


def _how(command: Command, path: str, name: str) -> str:
    words = [word.loose for word in command.words]
    if not any(_names(word, path, name) for word in words):
        return ""
    if _names(words[0], path, name) or _runs(command):
        return "run"
    if command.name == "chmod":
        return "made executable" if _makes_executable(words[1]) else ""
    if command.name in {"mv", "cp", "install", "ln"}:
        return "put where programs live" if _PROGRAM_PATH.match(words[-1]) else ""
    return _USES.get(command.name, "")


_USES: Mapping[str, str] = {
    **dict.fromkeys(_INSTALLERS, "installed"),
    **dict.fromkeys(_UNPACKERS, "unpacked"),
}


def _makes_executable(mode: str) -> bool:
    return "x" in mode or (mode.isdigit() and any(int(digit) & 1 for digit in mode[-3:]))


def _runs(command: Command) -> bool:
    interpreters = ("python", "perl", "ruby", "node", "php")
    return command.name in SHELLS or command.name.startswith(interpreters)


def _names(word: str, path: str, name: str) -> bool:
    return word == path or (len(name) > 1 and word.rpartition("/")[2] == name)


def _plain_http(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, script, download in _fetches(dockerfile):
        if download.is_plain_http and not verifies(script, download.command):
            yield Hit(
                download.url or download.command,
                f"{_host(download)} is asked over plain HTTP, and nothing checks the answer",
                place_of(dockerfile, instruction, f"http {_file(download)}"),
                label="anyone on the way can answer",
                weaker=weight_in_build(dockerfile, instruction),
            )
    for instruction in dockerfile.of("ADD"):
        for word in instruction.arguments[:-1]:
            if word.text.startswith("http://") and instruction.flag("checksum") is None:
                yield Hit(
                    word,
                    "ADD fetches over plain HTTP, and no checksum guards it",
                    place_of(dockerfile, instruction, f"http {word.text.rpartition('/')[2]}"),
                    label="anyone on the way can answer",
                    weaker=weight_in_build(dockerfile, instruction),
                )


_GIT = Expression(r"(?:https?://\S+?\.git|git@[^:]+:\S+?|git://\S+?|ssh://\S+?\.git)(?:#(\S*))?\Z")
_COMMIT = Expression(r"[0-9a-f]{40}(?:[0-9a-f]{24})?(?::.*)?\Z")


def _added(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("ADD"):
        if instruction.flag("checksum") is not None:
            continue
        for word in instruction.arguments[:-1]:
            git = _GIT.match(word.text)
            if git and not _COMMIT.match(git[1] or ""):
                what = "a git repository without naming a commit"
            elif not git and word.text.lower().startswith("https://"):
                what = "a URL without a checksum"
            else:
                continue
            yield Hit(
                word,
                f"ADD fetches {what}: the next build may get something else",
                place_of(dockerfile, instruction, f"ADD {word.text.rpartition('/')[2]}"),
                label="not pinned",
                weaker=weight_in_build(dockerfile, instruction),
            )


def _weak_checksum(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands(*WEAK_VERIFIERS):
        checks = command.has_option("-c", "--check") or "-" in command.literals
        if checks and any(owner is instruction for owner, _, _ in _fetches(dockerfile)):
            yield Hit(
                command,
                f"{command.name} is no protection: two files with one such checksum can be made",
                place_of(dockerfile, instruction, command.name),
                label="a broken hash",
                weaker=weight_in_build(dockerfile, instruction),
            )


def _privileged_step(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("RUN"):
        security = instruction.flag("security")
        if security and security.value == "insecure":
            yield Hit(
                security,
                "this step runs without confinement: what it runs can take the build host over",
                place_of(dockerfile, instruction, "RUN --security=insecure"),
                label="privileged",
                weaker=weight_in_build(dockerfile, instruction),
            )


def _host_network(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("RUN"):
        network = instruction.flag("network")
        if network and network.value == "host":
            yield Hit(
                network,
                "this step sees the build host's own network, its localhost services included",
                place_of(dockerfile, instruction, "RUN --network=host"),
                label="the host's network",
                weaker=weight_in_build(dockerfile, instruction),
            )


_CITES = (*TRUSTED_DOWNLOADS.citations, cwe(494))
_CODE = Risk(Needs.UPSTREAM, Gains.CODE)
_FIXED_CODE = Risk(Needs.FAULT, Gains.CODE)

RULES = (
    Rule(
        id="curl-pipe-shell",
        title="A download is run without being checked",
        practice=TRUSTED_DOWNLOADS,
        risk=_CODE,
        told_by=("curl", "wget", "fetch", "aria2c", "axel", "http", "lynx"),
        on={Dockerfile: _piped, Image: again(_piped, _RUN_AT_ONCE)},
        bad=(
            "FROM debian:12.5\nRUN curl -fsSL https://x.example/i.sh | sh\n",
            "FROM debian:12.5\nRUN wget -qO- https://x.example/i | sudo -E bash -s -- --yes\n",
            'FROM debian:12.5\nRUN bash -c "$(curl -fsSL https://x.example/i.sh)"\n',
            "FROM debian:12.5\nRUN bash <(curl -s https://x.example/i.sh)\n",
            "FROM python:3.12.2\nRUN curl -sSL https://x.example/i.py | python3 -\n",
            "FROM node:20.11.1\nRUN set -e; curl -L https://x.example/i.js | tee /log | node\n",
            'FROM debian:12.5\nRUN eval "$(wget -O - https://x.example/env)"\n',
            "FROM debian:12.5\nRUN <<EOF\ncurl -fsSL https://x.example/i.sh | sh\nEOF\n",
            "=== image\nFROM debian:12\nRUN curl -fsSL https://example.org/install.sh | sh\n",
        ),
        good=(
            "FROM debian:12.5\nRUN curl -fsSLo i.sh https://x.example/i.sh && "
            "echo '0123 i.sh' | sha256sum -c && sh i.sh\n",
            "FROM debian:12.5\nRUN curl -s https://x.example/v | python3 -c 'import json'\n",
            "FROM debian:12.5\nRUN curl -s https://x.example/v | jq -r .tag | xargs echo\n",
            "FROM debian:12.5\nRUN curl -fsSL https://x.example/k | gpg --dearmor -o /k.gpg\n",
            "FROM debian:12.5\nRUN ./configure.sh --version $(curl -s https://x.example/v)\n",
            "FROM debian:12.5\nRUN curl -fsS http://localhost:8080/setup | sh\n",
            "FROM debian:12.5\nRUN echo 'curl x | sh' > /README\n",
            "FROM debian:12.5\nRUN curl -s https://x.example/l | perl -ne 'print'\n",
            "=== image\nFROM debian:12\n"
            'RUN curl -fsSL https://example.org/x -o /tmp/x && echo "0  /tmp/x" | sha256sum -c\n',
        ),
        why="Whoever controls the server, its DNS name or a proxy on the way chooses what your "
        "image runs, and can answer a build differently than a person who looks.",
        remedy="Fetch to a file, check it against a SHA-256 that you keep in the repository, then "
        "run it; or install the vendor's signed package.",
        citations=_CITES,
    ),
    Rule(
        id="unverified-download",
        title="A download is installed without being checked",
        practice=TRUSTED_DOWNLOADS,
        risk=_FIXED_CODE,
        confidence=Confidence.MEDIUM,
        told_by=("curl", "wget", "fetch", "aria2c", "axel", "http", "lynx"),
        on={Dockerfile: _unverified},
        bad=(
            "FROM debian:12.5\nRUN wget https://x.example/a.deb && dpkg -i a.deb\n",
            "FROM debian:12.5\nRUN curl -fsSLo /usr/local/bin/x https://x.example/x\n",
            "FROM debian:12.5\nRUN curl -sSL https://x.example/a.tgz | tar xz -C /opt\n",
            "FROM debian:12.5\nRUN curl -O https://x.example/i.sh && chmod +x i.sh && ./i.sh\n",
            "FROM debian:12.5\nRUN wget -qO t.zip https://x.example/t.zip && unzip t.zip\n",
        ),
        good=(
            "FROM debian:12.5\nRUN curl -fsSLo a.tgz https://x.example/a.tgz \\\n"
            ' && echo "$SHA256 a.tgz" | sha256sum -c - && tar xf a.tgz\n',
            "FROM debian:12.5\nRUN wget https://x.example/a.deb https://x.example/a.asc && "
            "gpg --batch --verify a.asc a.deb && dpkg -i a.deb\n",
            "FROM debian:12.5\nRUN curl -fsSL https://x.example/data.json -o /data.json\n",
            "FROM debian:12.5\nRUN curl -fsS https://x.example/health\n",
        ),
        why="Whoever takes over the publisher's server or account, or breaks the connection, "
        "chooses a program that your image runs; nothing in the build would notice.",
        remedy="Keep the SHA-256 beside the version and check it in the same RUN: "
        '`echo "$SHA256  file" | sha256sum -c -`; or `ADD --checksum=sha256:… URL /file`.',
        citations=_CITES,
    ),
    Rule(
        id="plain-http-download",
        title="A download over plain HTTP",
        practice=TRUSTED_DOWNLOADS,
        risk=_CODE,
        confidence=Confidence.MEDIUM,
        told_by=("http://", "ftp://"),
        on={Dockerfile: _plain_http, Image: again(_plain_http, r"\b(?:http|ftp)://")},
        bad=(
            "FROM debian:12.5\nRUN wget http://x.example/a.tgz && tar xf a.tgz\n",
            "FROM debian:12.5\nADD http://x.example/a.tgz /a.tgz\n",
            "=== image\nFROM debian:12\nRUN curl -O http://example.org/tool.tar.gz\n",
        ),
        good=(
            "FROM debian:12.5\nRUN wget https://x.example/a.tgz\n",
            "FROM debian:12.5\nRUN wget http://x.example/a && echo 0 a | sha256sum -c\n",
            "FROM debian:12.5\nADD --checksum=sha256:00 http://x.example/a.tgz /a.tgz\n",
            "FROM debian:12.5\nRUN curl http://127.0.0.1:80/ && wget http://localhost/x\n",
            "=== image\nFROM debian:12\nRUN curl -O https://example.org/tool.tar.gz\n",
        ),
        why="Anyone on the network between the build and the server can put his own file in.",
        remedy="Use https, and check a SHA-256 kept in the repository.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(319), cwe(494)),
    ),
    Rule(
        id="add-without-checksum",
        title="ADD fetches something that nothing pins",
        practice=TRUSTED_DOWNLOADS,
        risk=_FIXED_CODE,
        told_by=("add",),
        on={Dockerfile: _added},
        bad=(
            "FROM debian:12.5\nADD https://x.example/a.tgz /tmp/\n",
            "FROM debian:12.5\nADD https://github.com/acme/x.git#main /src\n",
        ),
        good=(
            "FROM debian:12.5\nADD --checksum=sha256:00 https://x.example/a.tgz /tmp/\n",
            "FROM debian:12.5\n"
            "ADD https://github.com/acme/x.git#0123456789012345678901234567890123456789 /src\n",
            "FROM debian:12.5\nADD a.tar.gz /src\n",
        ),
        remedy="`ADD --checksum=sha256:… URL DEST`; for git, `URL.git#COMMIT`, all 40 digits.",
        citations=_CITES,
    ),
    Rule(
        id="weak-checksum",
        title="A download is checked with a broken hash",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        told_by=("md5", "sha1sum", "cksum", "sum"),
        on={Dockerfile: _weak_checksum},
        bad=("FROM debian:12.5\nRUN wget https://x.example/a && echo '0 a' | md5sum -c\n",),
        good=(
            "FROM debian:12.5\nRUN wget https://x.example/a && echo '0 a' | sha256sum -c\n",
            "FROM debian:12.5\nRUN md5sum /etc/passwd\n",
        ),
        remedy="Use SHA-256 or SHA-512 (`sha256sum -c`), or the publisher's signature.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(327)),
    ),
    Rule(
        id="insecure-build-step",
        title="A build step runs without confinement",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.CONTROL),
        told_by=("--security",),
        on={Dockerfile: _privileged_step, Workload: privileged_build},
        bad=(
            "FROM debian:12.5\nRUN --security=insecure make test\n",
            "services:\n  web:\n    build:\n      context: .\n      privileged: true\n",
            "services:\n  web:\n    build:\n      context: .\n      entitlements:\n"
            "        - security.insecure\n",
        ),
        good=(
            "FROM debian:12.5\nRUN --security=sandbox make test\n",
            "services:\n  web:\n    build:\n      context: .\n      privileged: false\n",
        ),
        why="Such a build its steps every capability and the host's devices: a compromised "
        "dependency then owns the build host, not a container.",
        remedy="Drop the flag or the key; a step that needs a device belongs outside the build.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(250)),
    ),
    Rule(
        id="host-network-build-step",
        title="A build step uses the host's network",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        told_by=("--network",),
        on={Dockerfile: _host_network, Workload: host_network_build},
        bad=(
            "FROM debian:12.5\nRUN --network=host make test\n",
            "services:\n  web:\n    build:\n      context: .\n      network: host\n",
            "services:\n  web:\n    build:\n      context: .\n      entitlements: [network.host]\n",
        ),
        good=(
            "FROM debian:12.5\nRUN --network=none make test\n",
            "services:\n  web:\n    build:\n      context: .\n      network: none\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    network_mode: host\n",
        ),
        why="The step reaches what listens on the build host's localhost: databases, metadata "
        "services, the engine's own API.",
        remedy="Drop the flag or the key; `--network=none` is best where nothing is fetched.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(284)),
    ),
)
