"""Images from the short form that rules give their examples in.

=== image
TAG acme/web:1.2.3
USER 65532
ENV MODE=production
FROM debian:12                              the base image's layer
  deb openssl 3.0.11-1                      what it holds: a package,
  -rwsr-xr-x 0:0 usr/bin/passwd setuid      a notable file with its note,
  secret key app/x.py low line=3 value=v    a secret: sure, in line 1, and of a value of its
                                            own, where nothing else is said
  account root 0 locked /bin/sh             an account,
  shadow root none                          its line in etc/shadow,
  group staff 50                            a group, a distribution,
  distribution debian 12
  owns openssl usr/bin/openssl              what a package owns,
  many deb 400                              and hundreds of packages
RUN rm /root/.ssh/id_rsa                    a layer of the image's own
  - root/.ssh/id_rsa                        takes a file away
=== advisories
CVE-2026-1 deb openssl fixed=3.0.15-1 severity=high
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec.structs import replace

from seawall.advisories.model import Match, Status, Vulnerabilities, Vulnerability
from seawall.core.model import Confidence, Severity
from seawall.surfaces.image.blob import LayerFacts, Pulled
from seawall.surfaces.image.facts import (
    Account,
    Distribution,
    Ecosystem,
    Fact,
    FoundSecret,
    Kind,
    NotableFile,
    Ownership,
    Package,
)
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.model import Image

_WORDS = {"WORKDIR": "WorkingDir", "STOPSIGNAL": "StopSignal"}
_LAYERS = {"FROM", "RUN", "COPY", "ADD"}
_BITS = {"r": 4, "w": 2, "x": 1, "s": 1, "t": 1}
_KINDS = {"-": Kind.FILE, "d": Kind.DIRECTORY, "l": Kind.SYMLINK}
_DATABASES = {
    "deb": "var/lib/dpkg/status",
    "apk": "lib/apk/db/installed",
    "rpm": "var/lib/rpm/rpmdb.sqlite",
}


def image(text: str) -> Image:
    """The image that an example describes."""
    described = text.partition("=== advisories")[0].removeprefix("=== image\n")
    config: dict[str, object] = {}
    history: list[dict[str, object]] = []
    layers: list[list[str]] = []
    system = "linux"
    for line in described.splitlines():
        if line.startswith("  "):
            layers[-1].append(line.strip())
        elif line.split(" ")[0] in _LAYERS:
            layers.append([])
            history.append({"created_by": line.replace("FROM ", "ADD file:", 1)})
            if line.startswith("FROM"):
                history.append({"created_by": 'CMD ["sh"]', "empty_layer": True})
        elif line.startswith(("TAG ", "OS ")):
            system = line[3:] if line.startswith("OS ") else system
        elif line:
            _configure(config, line)
            history.append({"created_by": line, "empty_layer": True})
    facts = [_layer(number, lines) for number, lines in enumerate(layers)]
    document = {
        "architecture": "amd64",
        "os": system,
        "config": config,
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in facts]},
    }
    told = (line[4:].split() for line in described.splitlines() if line.startswith("TAG "))
    tags = tuple(tag for line in told for tag in line)
    pulled = Pulled(json.dumps(document).encode(), tuple(facts), tags=tags)
    return replace(merge(pulled, "example:1", "archive"), value_key=b"example")


def _configure(config: dict[str, object], line: str) -> None:
    word, _, rest = line.partition(" ")
    if word in _WORDS:
        config[_WORDS[word]] = rest
    elif word == "ONBUILD":
        config.setdefault("OnBuild", []).append(rest)  # type: ignore[attr-defined]
    elif word == "USER":
        config["User"] = rest
    elif word == "ENV":
        config.setdefault("Env", []).append(rest)  # type: ignore[attr-defined]
    elif word == "EXPOSE":
        config.setdefault("ExposedPorts", {})[rest] = {}  # type: ignore[index]
    elif word == "LABEL":
        name, _, value = rest.partition("=")
        config.setdefault("Labels", {})[name] = value  # type: ignore[index]
    elif word == "HEALTHCHECK":
        config["Healthcheck"] = {"Test": ["CMD-SHELL", rest] if rest != "NONE" else ["NONE"]}
    elif word in {"CMD", "ENTRYPOINT"}:
        config[word.capitalize()] = json.loads(rest)
    elif word == "VOLUME":
        config["Volumes"] = {rest: {}}
    else:
        raise ValueError(line)


def _layer(number: int, lines: list[str]) -> LayerFacts:
    gone = tuple(line[2:] for line in lines if line.startswith("- "))
    facts = tuple(fact for line in lines if not line.startswith("- ") for fact in _facts(line))
    paths = sorted({fact.path for fact in facts})
    return LayerFacts(
        digest="",
        diff_id=f"sha256:{number:064x}",
        size=0,
        entries=len(lines),
        facts=facts,
        files="\0".join(paths).encode("utf-8", "surrogateescape"),
        whiteouts=gone,
    )


def _facts(line: str) -> Iterator[Fact]:
    words = line.split()
    if words[0] == "many":
        for number in range(int(words[2])):
            yield _fact([words[1], f"package-{number}", "1.0"])
    elif words[0] == "owns":
        yield Ownership(Ecosystem.DEB, words[1], f"var/lib/dpkg/info/{words[1]}.list", words[2])
    elif len(words) > 3 and "," in words[3]:
        for note in words[3].split(","):
            yield _fact([*words[:3], note, *words[4:]])
    else:
        yield _fact(words)


def _fact(words: list[str]) -> Fact:
    if re.fullmatch(r"[-dl][rwxsStT-]{9}", words[0]):
        return _file(words)
    if words[0] == "secret":
        return _secret(words)
    if words[0] in {"account", "shadow", "group"}:
        return _account(words)
    if words[0] == "distribution":
        return Distribution("etc/os-release", words[1], words[2])
    ecosystem = Ecosystem(words[0])
    path = words[3] if len(words) > 3 else _DATABASES.get(words[0], f"app/{words[1]}/METADATA")
    return Package(ecosystem, words[1], words[2], path, cataloguer=words[0])


def _account(words: list[str]) -> Account:
    if words[0] == "shadow":
        return Account("etc/shadow", 1, words[1], password=words[2])
    if words[0] == "group":
        return Account("etc/group", 1, words[1], gid=int(words[2]), password="locked")
    shell = words[4] if len(words) > 4 else ""
    return Account("etc/passwd", 1, words[1], int(words[2]), password=words[3], shell=shell)


def _secret(words: list[str]) -> FoundSecret:
    said = dict(word.partition("=")[::2] for word in words[3:])
    known = [each for each in Confidence if each.value in said]
    return FoundSecret(
        words[2],
        words[1],
        f"a {words[1]}",
        int(said.get("line", 1)),
        known[0] if known else Confidence.HIGH,
        "32 characters",
        said.get("value", words[2]),
        is_default="default" in said,
        name=said.get("name", ""),
    )


def _file(words: list[str]) -> NotableFile:
    letters = words[0][1:]
    mode = sum(_BITS.get(c.lower(), 0) << (6 - 3 * (i // 3)) for i, c in enumerate(letters))
    mode -= sum(1 << (6 - 3 * (i // 3)) for i, c in enumerate(letters) if c in "ST")
    special = zip((0o4000, 0o2000, 0o1000), letters[2::3], strict=True)
    mode |= sum(bit for bit, c in special if c in "sStT")
    uid, gid = words[1].split(":")
    note = words[3] if len(words) > 3 else ""
    said = dict(word.partition("=")[::2] for word in words[4:])
    return NotableFile(
        words[2],
        mode,
        int(uid),
        int(gid),
        size=int(said.get("size", 0)),
        kind=_KINDS[words[0][0]],
        note=note,
        capabilities=next((word for word in words[4:] if word.startswith("cap_")), ""),
        target=said.get("target", ""),
    )


def vulnerabilities(text: str) -> Vulnerabilities:
    """The image with what the advisories of the example say of its packages."""
    whole = image(text)
    found = []
    for line in text.partition("=== advisories\n")[2].splitlines():
        flaw, ecosystem, name, *said = line.split()
        facts = dict(word.partition("=")[::2] for word in said)
        fixed = (facts["fixed"],) if "fixed" in facts else ()
        vulnerability = Vulnerability(
            flaw,
            severity=Severity(facts["severity"]) if "severity" in facts else None,
            exploited=facts.get("exploited", ""),
            is_malicious="malicious" in facts,
        )
        status = Status.FIXED if fixed else Status.AFFECTED
        for held in whole.packages:
            if (held.fact.ecosystem.value, held.fact.name) == (ecosystem, name):
                match = Match(held.fact, vulnerability, status, fixed, held.fact.version)
                found.append((held, match))
    return Vulnerabilities(whole, tuple(found))
