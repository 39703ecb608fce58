"""Trusted downloads: verification of servers and packages that is switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Located, Profile, Region
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.core.telling import holds_any
from seawall.rules.deferred import again
from seawall.rules.practices import TRUSTED_DOWNLOADS
from seawall.rules.stages import place_of, weight_in_build
from seawall.rules.text import matches_in
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command

_OFF = frozenset({"0", "false", "off", "no", "none"})
_ON = frozenset({"1", "true", "on", "yes"})


def _long_options(table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The long options of a table: a file with none of them need not be read for them."""
    named = (option for options in table.values() for option in options)
    return tuple(dict.fromkeys(option for option in named if option.startswith("--")))


INSECURE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "aws": ("--no-verify-ssl",),
    "buildah": ("--tls-verify=false",),
    "curl": ("-k", "--insecure", "--proxy-insecure", "--doh-insecure"),
    "helm": ("--insecure-skip-tls-verify",),
    "kubectl": ("--insecure-skip-tls-verify",),
    "npm": ("--strict-ssl=false", "--no-strict-ssl"),
    "oc": ("--insecure-skip-tls-verify",),
    "pip": ("--trusted-host",),
    "pip2": ("--trusted-host",),
    "pip3": ("--trusted-host",),
    "pnpm": ("--strict-ssl=false", "--no-strict-ssl"),
    "podman": ("--tls-verify=false",),
    "skopeo": ("--src-tls-verify=false", "--dest-tls-verify=false", "--tls-verify=false"),
    "uv": ("--allow-insecure-host", "--trusted-host"),
    "wget": ("--no-check-certificate",),
    "yarn": ("--strict-ssl=false", "--no-strict-ssl"),
    "apk": ("--no-check-certificate",),
}
"""Options by which a program trusts any server (from each program's manual)."""

_LONG_INSECURE = _long_options(INSECURE_OPTIONS)
_CURL_ALONE = {"curl": ("-k",)}

_INSECURE_VARIABLES: Mapping[str, frozenset[str] | None] = {
    "GIT_SSL_NO_VERIFY": _ON,
    "GOINSECURE": None,
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset({"0"}),
    "NPM_CONFIG_STRICT_SSL": _OFF,
    "PIP_TRUSTED_HOST": None,
    "PYTHONHTTPSVERIFY": frozenset({"0"}),
    "UV_INSECURE_HOST": None,
    "YARN_ENABLE_STRICT_SSL": _OFF,
}
"""Variables that do the same, and the values by which they do; None: any but empty."""

_INSECURE_NAMES = tuple(name.lower() for name in _INSECURE_VARIABLES)

_INSECURE_SETTINGS: Mapping[str, frozenset[str]] = {
    "http.sslverify": _OFF,
    "strict-ssl": _OFF,
    "enablestrictssl": _OFF,
    "ssl_verify": _OFF,
    "ssl_verify_mode": frozenset({"0"}),
    "disable-tls": _ON,
    "secure-http": _OFF,
}
"""Keys that a `config` command can set to the same effect, lower case."""

_INSECURE_TEXT = Expression(
    r"StrictHostKeyChecking[ =]+\"?(?:no|off)\b"
    r"|\bsslverify\s*=\s*(?:0|false|no)\b"
    r"|Acquire::https?::(?:[\w.:-]+::)?Verify-(?:Peer|Host)(?:\s*=\s*|[\s\"']+)(?:false|0|no)\b"
    r"|\bcheck_certificate\s*=\s*off\b"
    r"|maven\.wagon\.http\.ssl\.insecure=true",
    re.IGNORECASE,
)

_INSECURE_WORDS = (
    "stricthostkeychecking",
    "sslverify",
    "::verify-",
    "check_certificate",
    "maven.wagon.http.ssl",
)

_TELLING = (
    "verify",
    "insecure",
    "strict",
    "trusted",
    "check-certificate",
    "check_certificate",
    "unauthorized",
    "disable-tls",
    "secure-http",
)
"""Of which each option, variable, setting and text above holds one, but for curl's `-k`."""

_Found = Iterator[tuple[Instruction, Located, str]]


def _by_option(dockerfile: Dockerfile, table: Mapping[str, tuple[str, ...]]) -> _Found:
    for instruction, command in dockerfile.commands(*table):
        for option in table[command.name]:
            word = command.option(option)
            if word is not None and not _only_lists(command):
                yield instruction, word, f"{command.name} {option}"


def _only_lists(command: Command) -> bool:
    """`apk index` lists packages that are at hand already; it installs none."""
    return command.name == "apk" and "index" in (word.literal for word in command.operands())


def _by_setting(dockerfile: Dockerfile) -> _Found:
    if not holds_any(dockerfile.source.lowered, (*_INSECURE_SETTINGS, "trusted-host")):
        return
    programs = ("git", "npm", "yarn", "pnpm", "conda", "composer", "bundle")
    for instruction, command in dockerfile.commands(*programs):
        words = command.arguments
        for index, literal in enumerate(command.literals):
            key, _, value = literal.lower().partition("=")
            following = command.literals[index + 1].lower() if index + 1 < len(words) else ""
            if (value or following) in _INSECURE_SETTINGS.get(key, ()):
                end = words[index].end if value else words[index + 1].end
                yield instruction, Region(words[index].start, end), f"{command.name} {key}"
    for instruction, command in dockerfile.commands("pip", "pip3"):
        if "config" in command.literals:
            for word, literal in zip(command.arguments, command.literals, strict=True):
                if literal.endswith("trusted-host"):
                    yield instruction, word, f"{command.name} {literal}"


def is_insecure(name: str, value: str | None) -> bool:
    """Whether a variable of this name and value has some program trust any server."""
    if name.upper() not in _INSECURE_VARIABLES or not value:
        return False
    values = _INSECURE_VARIABLES[name.upper()]
    return values is None or value.strip("\"'").lower() in values


def _by_declared_variable(dockerfile: Dockerfile) -> _Found:
    for instruction in dockerfile.of("ENV"):
        for key, value in instruction.pairs:
            if is_insecure(key.text, value.text):
                yield instruction, Region(key.start, value.end), key.text
    for instruction in dockerfile.of("ARG"):
        for word in instruction.arguments:
            name, _, default = word.text.partition("=")
            if is_insecure(name, default):
                yield instruction, word, name


def _by_shell_variable(dockerfile: Dockerfile) -> _Found:
    for instruction, script in dockerfile.scripts:
        for command in script.commands:
            for assignment in command.assignments:
                if is_insecure(assignment.name, assignment.value.literal):
                    yield instruction, assignment, assignment.name


def _by_text(dockerfile: Dockerfile) -> _Found:
    for instruction, match in matches_in(dockerfile, _INSECURE_TEXT, _INSECURE_WORDS):
        subject = re.split(r"[\s=\"]", match[0], maxsplit=1)[0]
        yield instruction, Region(match.start(), match.end()), subject


def _insecure(dockerfile: Dockerfile) -> _Found:
    lowered = dockerfile.source.lowered
    if not holds_any(lowered, _TELLING):
        yield from _by_option(dockerfile, _CURL_ALONE)
        return
    is_told = holds_any(lowered, _LONG_INSECURE)
    yield from _by_option(dockerfile, INSECURE_OPTIONS if is_told else _CURL_ALONE)
    yield from _by_setting(dockerfile)
    if holds_any(lowered, _INSECURE_NAMES):
        yield from _by_declared_variable(dockerfile)
        yield from _by_shell_variable(dockerfile)
    yield from _by_text(dockerfile)


def _unverified_server(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, place, subject in _insecure(dockerfile):
        yield Hit(
            place,
            f"{subject} makes the build trust any server that answers",
            place_of(dockerfile, instruction, subject),
            label="no verification",
            weaker=weight_in_build(dockerfile, instruction),
        )


_UNSIGNED_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "apk": ("--allow-untrusted",),
    "apt": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "apt-get": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "dnf": ("--nogpgcheck", "--no-gpgchecks"),
    "microdnf": ("--nogpgcheck",),
    "pacman": ("--noverify",),
    "rpm": ("--nosignature", "--nodigest", "--noverify", "--nogpg"),
    "tdnf": ("--nogpgcheck",),
    "yum": ("--nogpgcheck",),
    "zypper": ("--no-gpg-checks", "--no-gpgcheck"),
}
"""Options by which a package manager installs what nobody signed (from their manuals)."""

_LONG_UNSIGNED = _long_options(_UNSIGNED_OPTIONS)

_UNSIGNED_TEXT = Expression(
    r"\bdeb(?:-src)?\s+\[[^\]\n]{0,200}\btrusted=yes\b[^\]\n]*\]\s+(?!file:|copy:|http://localhost)"
    r"|\b(?:repo_)?gpgcheck\s*=\s*(?:0|false|no)\b"
    r"|AllowUnauthenticated(?:\s*=\s*|[\s\"']+)(?:true|1|yes)\b"
    r"|\bGOSUMDB=off\b|\bGONOSUMCHECK=1\b|\bGOFLAGS=[\"']?-insecure\b",
    re.IGNORECASE,
)

_UNSIGNED_WORDS = (
    "trusted=yes",
    "gpgcheck",
    "allowunauthenticated",
    "gosumdb",
    "gonosum",
    "goflags",
)


def _unsigned(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    if holds_any(dockerfile.source.text, _LONG_UNSIGNED):
        for instruction, word, subject in _by_option(dockerfile, _UNSIGNED_OPTIONS):
            yield _unsigned_hit(dockerfile, instruction, word, subject)
    keywords = frozenset({"RUN", "COPY", "ADD", "ONBUILD", "ENV", "ARG"})
    for instruction, match in matches_in(dockerfile, _UNSIGNED_TEXT, _UNSIGNED_WORDS, keywords):
        subject = re.split(r"[\s=\"]", match[0], maxsplit=1)[0]
        subject = "trusted=yes" if subject.startswith("deb") else subject
        place = Region(match.start(), match.end())
        yield _unsigned_hit(dockerfile, instruction, place, subject)


def _unsigned_hit(
    dockerfile: Dockerfile, instruction: Instruction, place: Located, subject: str
) -> Hit:
    return Hit(
        place,
        f"{subject} installs packages whose signatures nobody checks",
        place_of(dockerfile, instruction, subject),
        label="no signature check",
        weaker=weight_in_build(dockerfile, instruction),
    )


def _extra_index(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("pip", "pip2", "pip3", "uv"):
        for word in command.option_values("--extra-index-url"):
            yield Hit(
                word,
                "pip asks both indexes and takes the higher version: whoever registers a private "
                "package's name on the public index is installed",
                place_of(dockerfile, instruction, f"{command.name} --extra-index-url"),
                label="a second index",
                weaker=weight_in_build(dockerfile, instruction),
            )


def _global_key(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("apt-key"):
        if {"add", "adv"} & set(command.literals):
            yield Hit(
                command,
                "apt-key trusts the key for every repository, Debian's own included",
                place_of(dockerfile, instruction, "apt-key"),
                label="trusted for everything",
                weaker=weight_in_build(dockerfile, instruction),
            )


_UNVERIFIED = "|".join((r"curl.*\s-(?:\w*k|-insecure)", *_TELLING))
_UNSIGNED = (
    r"gpg|trusted|force-yes|unauthenticated|allow-insecure|noverify|nosignature|nodigest|gosumdb"
    r"|gonosum|goflags"
)
"""What an instruction of an image's history with these faults matches."""

_UPSTREAM_CODE = Risk(Needs.UPSTREAM, Gains.CODE)

RULES = (
    Rule(
        id="unverified-server",
        title="Verification of the server is switched off",
        practice=TRUSTED_DOWNLOADS,
        risk=_UPSTREAM_CODE,
        told_by=("curl", *_TELLING),
        on={
            Dockerfile: _unverified_server,
            Image: again(_unverified_server, _UNVERIFIED),
        },
        bad=(
            "FROM debian:12.5\nRUN curl -fsSLk https://example.com/x -o /x\n",
            "FROM debian:12.5\nRUN wget --no-check-certificate https://example.com/x\n",
            "FROM node:20.11.1\nRUN npm config set strict-ssl false\n",
            "FROM node:20.11.1\nENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
            "FROM python:3.12.2\nRUN pip install --trusted-host pypi.example flask==3.0.2\n",
            "FROM debian:12.5\nRUN git -c http.sslVerify=false clone https://example.com/x\n",
            "FROM debian:12.5\nRUN export GIT_SSL_NO_VERIFY=1 && git clone https://example.com/x\n",
            'FROM rockylinux:9\nRUN echo "sslverify=false" >> /etc/yum.conf\n',
            'FROM debian:12.5\nRUN printf "StrictHostKeyChecking no\\n" >> /etc/ssh/ssh_config\n',
            "FROM rockylinux:9\nRUN dnf --setopt=sslverify=0 install -y nginx\n",
            "=== image\nFROM debian:12\nRUN curl -k -O https://example.org/tool.tar.gz\n",
        ),
        good=(
            "FROM debian:12.5\nRUN curl -fsSL --cacert /ca.pem https://example.com/x -o /k\n",
            "FROM debian:12.5\nRUN git config --global http.sslVerify true\n",
            "FROM debian:12.5\nENV GIT_SSL_NO_VERIFY=0 PYTHONHTTPSVERIFY=1\n",
            "FROM debian:12.5\n# never use curl -k or StrictHostKeyChecking no\nRUN echo -k\n",
            "FROM node:20.11.1\nRUN npm config set strict-ssl true\n",
            "FROM debian:12.5\nRUN tar -xkf a.tar && sort -k 2 list\n",
            "FROM debian:12.5\nRUN curl -o k -H 'X: -k' https://example.com/x\n",
            "=== image\nFROM debian:12\nRUN curl -O https://example.org/tool.tar.gz\n",
        ),
        aliases=(
            "checkov:CKV2_DOCKER_2",
            "checkov:CKV2_DOCKER_3",
            "checkov:CKV2_DOCKER_4",
            "checkov:CKV2_DOCKER_5",
            "checkov:CKV2_DOCKER_6",
            "checkov:CKV2_DOCKER_12",
            "checkov:CKV2_DOCKER_13",
            "checkov:CKV2_DOCKER_14",
            "checkov:CKV2_DOCKER_15",
            "checkov:CKV2_DOCKER_16",
        ),
        why="Anyone between the build and the server can then answer in its place and choose what "
        "your image runs. A variable or configuration set so stays in force in the container.",
        remedy="Take the switch out. If the server has a private authority, add its certificate: "
        "`COPY ca.crt /usr/local/share/ca-certificates/` and `RUN update-ca-certificates`.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(295)),
    ),
    Rule(
        id="unsigned-packages",
        title="Packages are installed without a signature check",
        practice=TRUSTED_DOWNLOADS,
        risk=_UPSTREAM_CODE,
        told_by=(
            "gpg",
            "trusted",
            "force-yes",
            "unauthenticated",
            "allow-insecure",
            "noverify",
            "nosignature",
            "nodigest",
            "gosumdb",
            "gonosum",
            "goflags",
        ),
        on={
            Dockerfile: _unsigned,
            Image: again(_unsigned, _UNSIGNED),
        },
        bad=(
            "FROM alpine:3.19\nRUN apk add --no-cache --allow-untrusted /tmp/x.apk\n",
            "FROM debian:12.5\nRUN apt-get install -y --allow-unauthenticated nginx\n",
            "FROM debian:12.5\nRUN apt-get -y --force-yes install nginx\n",
            "FROM rockylinux:9\nRUN dnf install -y --nogpgcheck nginx\n",
            "FROM rockylinux:9\nRUN rpm -i --nosignature x.rpm\n",
            'FROM debian:12.5\nRUN echo "deb [trusted=yes] https://x.example ./" > /etc/apt/x\n',
            "FROM rockylinux:9\nCOPY <<EOF /etc/yum.repos.d/x.repo\n[x]\ngpgcheck=0\nEOF\n",
            "FROM golang:1.22.1\nENV GOSUMDB=off\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y --allow-unauthenticated nginx\n",
        ),
        good=(
            "FROM debian:12.5\nRUN apt-get install -y nginx\n",
            'FROM debian:12.5\nRUN echo "deb [signed-by=/k.gpg] https://x ./" > /etc/apt/x\n',
            "FROM rockylinux:9\nCOPY <<EOF /etc/yum.repos.d/x.repo\n[x]\ngpgcheck=1\nEOF\n",
            'FROM debian:12.5\nRUN echo "deb [ trusted=yes ] file:///srv/own ./" > /etc/apt/x\n',
            "FROM alpine:3.19\n# apk add --allow-untrusted x\nRUN apk add --no-cache nginx\n",
            "FROM alpine:3.19\nRUN apk index --allow-untrusted -o own.tar.gz *.apk\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y nginx\n",
        ),
        aliases=(
            "checkov:CKV2_DOCKER_7",
            "checkov:CKV2_DOCKER_8",
            "checkov:CKV2_DOCKER_9",
            "checkov:CKV2_DOCKER_10",
            "checkov:CKV2_DOCKER_11",
            "dockle:CIS-DI-0011",
        ),
        why="The signature is what ties a package to its publisher; without it a mirror or a "
        "network in between installs its own, as root.",
        remedy="Install the publisher's key and name it: `signed-by=` for apt, `gpgkey=` with "
        "`gpgcheck=1` for dnf, a key in /etc/apk/keys for apk.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(347)),
    ),
    Rule(
        id="extra-index",
        title="A second package index that can be outbid",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        told_by=("--extra-index-url",),
        on={Dockerfile: _extra_index},
        bad=(
            "FROM python:3.12.2\n"
            "RUN pip install --extra-index-url https://pypi.acme.example/simple acme-core\n",
        ),
        good=(
            "FROM python:3.12.2\n"
            "RUN pip install --index-url https://pypi.acme.example/simple acme-core\n",
        ),
        confidence=Confidence.MEDIUM,
        remedy="Use one `--index-url` that proxies the public index, or install with "
        "`--require-hashes`.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(829)),
    ),
    Rule(
        id="global-apt-key",
        title="A repository's key is trusted for every repository",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        profile=Profile.STRICT,
        told_by=("apt-key",),
        on={Dockerfile: _global_key},
        bad=("FROM debian:12.5\nRUN curl -fsSL https://x.example/key | apt-key add -\n",),
        good=("FROM debian:12.5\nRUN apt-key list\n",),
        remedy="Put the key into /etc/apt/keyrings and name it with `signed-by=` in the one "
        "repository that it is for. Debian 13 has no apt-key any more.",
        citations=(*TRUSTED_DOWNLOADS.citations, cwe(347)),
    ),
)
