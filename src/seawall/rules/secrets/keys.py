"""Private keys that a build generates: every container of the image then has the same one."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.rules.deferred import deferred
from seawall.rules.practices import NO_HARDCODED_SECRETS
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command

_OTHER_MODES = ("-R", "-F", "-l", "-y", "-e", "-i", "-H", "-B", "-p", "-c", "-s", "-Q", "-L", "-r")
_OPENSSL = frozenset({"genrsa", "genpkey", "gendsa", "ecparam", "req"})
_SIMPLE = {
    "dropbearkey": "",
    "mkcert": "",
    "keytool": "-genkey",
    "wg": "genkey",
    "certtool": "--generate-privkey",
    "easyrsa": "build-",
    "gpg": "-key",
    "gpg2": "-key",
}


def generates_key(command: Command) -> bool:
    """Whether a command makes a new private key."""
    if command.name == "ssh-keygen":
        return command.has_option("-A") or (
            command.has_option("-t", "-N", "-f") and not command.has_option(*_OTHER_MODES)
        )
    if command.name == "openssl":
        return _openssl_generates(command.literals)
    mark = _SIMPLE.get(command.name)
    return mark is not None and any(_generates(command.name, mark, w) for w in command.literals)


def _openssl_generates(arguments: tuple[str, ...]) -> bool:
    verb = arguments[0] if arguments else ""
    if verb == "req":
        return "-newkey" in arguments or ("-keyout" in arguments and "-key" not in arguments)
    if verb == "ecparam":
        return "-genkey" in arguments
    return verb in _OPENSSL


_GPG = Expression(r"--(?:full-|quick-)?gen(?:erate)?-key\Z")


def _generates(name: str, mark: str, word: str) -> bool:
    if name.startswith("gpg"):
        return _GPG.match(word) is not None
    if name == "keytool":
        return word in {"-genkey", "-genkeypair"}
    return word.startswith(mark)


def _generated(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command in dockerfile.commands("ssh-keygen", "openssl", *_SIMPLE):
        if generates_key(command) and not _is_removed(dockerfile, instruction, command):
            yield Hit(
                at=command,
                message=f"{command.name} makes a private key in the build: every container of the "
                "image has the same one, and so has everyone who can pull it",
                symbol=place_of(dockerfile, instruction, f"RUN {command.name}"),
                label="one key for all containers",
                weaker=weight_in_image(dockerfile, instruction),
            )


def _is_removed(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> bool:
    """Whether the same RUN deletes what the command writes, so that no layer has it."""
    written = {word for word in command.literals if _PATH.match(word)}
    return any(
        other is instruction and removal.start > command.start and _covers(removal, written)
        for other, removal in dockerfile.commands("rm", "shred")
    )


_PATH = Expression(r"[\w./$~{}-]*(?:/|\.key|\.pem|_key)[\w./$~{}-]*\Z")


def _covers(removal: Command, written: set[str]) -> bool:
    targets = [word.loose.rstrip("/*") for word in removal.operands()]
    if not written:
        return any("ssh_host" in target or target == "/etc/ssh" for target in targets)
    return any(path.startswith(target) for target in targets for path in written if target)


RULES = (
    Rule(
        id="private-key-generated",
        title="A private key is generated in the build",
        practice=NO_HARDCODED_SECRETS,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        told_by=(
            "ssh-keygen",
            "openssl",
            "dropbearkey",
            "keytool",
            "mkcert",
            "certtool",
            "easyrsa",
            "step",
            "puttygen",
            "gpg",
        ),
        on={Dockerfile: _generated, Image: deferred("secrets.in_image:generated_key")},
        bad=(
            'FROM debian:12.5\nRUN ssh-keygen -t rsa -f /etc/ssh/ssh_host_rsa_key -N ""\n',
            "FROM debian:12.5\nRUN apt-get update && ssh-keygen -A\n",
            "FROM debian:12.5\nRUN openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c\n",
            "FROM debian:12.5\nRUN openssl genrsa -out /etc/ssl/server.key 2048\n",
            "FROM debian:12.5\nRUN mkcert -install && keytool -genkeypair -keystore x.jks\n",
            "=== image\nFROM debian:12\nRUN ssh-keygen -A\n"
            "  secret private-key etc/ssh/ssh_host_rsa_key\n",
        ),
        good=(
            "FROM debian:12.5\nRUN ssh-keygen -A && rm -f /etc/ssh/ssh_host_*\n",
            "FROM debian:12.5\nRUN ssh-keygen -y -f key > key.pub && ssh-keygen -lf key.pub\n",
            "FROM debian:12.5\nRUN openssl req -new -key k -out x.csr && openssl dhparam 2048\n",
            "FROM debian:12.5\nRUN openssl genrsa -out /tmp/x.key 2048 && rm /tmp/x.key\n",
            "FROM debian:12.5\nRUN openssl x509 -in c.pem && gpg --import key.asc\n",
            'FROM debian:12.5\nENTRYPOINT ["ssh-keygen", "-A"]\n',
            "=== image\nFROM debian:12\nRUN ssh-keygen -A\n"
            "  secret private-key etc/ssh/ssh_host_rsa_key\nRUN rm /etc/ssh/ssh_host_rsa_key\n"
            "  - etc/ssh/ssh_host_rsa_key\n",
        ),
        why="Who has the image can pose as every server that runs it, and read what is sent to it.",
        remedy="Make the key when the container first starts, on a volume, or mount a secret.",
        citations=(*NO_HARDCODED_SECRETS.citations, cwe(321)),
    ),
)
