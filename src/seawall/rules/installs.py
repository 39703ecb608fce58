"""What the commands of a Dockerfile install: every package manager's command line, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.telling import holds_any
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, ShellWord


class Manager(Struct, frozen=True):
    """How a package manager is asked to install: its verbs and the options that take a word."""

    family: str
    verbs: frozenset[str]
    valued: frozenset[str]
    version: Expression


class Package(Struct, frozen=True):
    """One package that a command installs; `version` is empty where none is asked for."""

    name: str
    version: str
    word: ShellWord

    @property
    def start(self) -> int:
        """Where its word starts."""
        return self.word.start

    @property
    def end(self) -> int:
        """Where its word ends."""
        return self.word.end


class Install(Struct, frozen=True):
    """One install command; `family` is its manager's: apt, apk, dnf, zypper, pacman, pip, …"""

    family: str
    instruction: Instruction
    command: Command
    packages: tuple[Package, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the packages."""
        return frozenset(package.name for package in self.packages)


def _manager(family: str, verbs: str, valued: str, version: str) -> Manager:
    return Manager(family, frozenset(verbs.split()), frozenset(valued.split()), Expression(version))


_APT = _manager(
    "apt",
    "install",
    "-t --target-release --default-release -o --option -c --config-file -a --host-architecture",
    r"([^=/]+)(?:[=/](.+))?",
)
_APK = _manager(
    "apk",
    "add",
    "-t --virtual -X --repository -p --root --keys-dir --repositories-file --arch --cache-dir",
    r"([^=<>~@]+)(?:@[\w.-]+)?(?:[=<>~]+(.+))?",
)
_DNF = _manager(
    "dnf",
    "install localinstall reinstall groupinstall",
    "-c --config --enablerepo --disablerepo --installroot --releasever -x --exclude --repo "
    "--repoid --disableplugin --enableplugin --setopt -d -e -R",
    r"(.+?)(?:-((?:\d+:)?\d[\w.+~^]*(?:-[\w.+~^*]+)?))?",
)
_ZYPPER = _manager(
    "zypper",
    "install in",
    "-R --root -r --repo --from -t --type -C --config -D --reposd-dir -p --plus-repo",
    r"([^=<>]+)(?:[=<>]+(.+))?",
)
_PACMAN = _manager("pacman", "", "-r --root -b --dbpath --config", r"([^=<>]+)(?:[=<>]+(.+))?")
_PIP = _manager(
    "pip",
    "install",
    "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f "
    "--find-links -t --target --prefix --root --trusted-host --timeout --retries --cache-dir "
    "--python --platform --python-version --implementation --abi --no-binary --only-binary "
    "--progress-bar --log --proxy --cert --client-cert --src --upgrade-strategy --report "
    "--group --global-option --install-option --config-settings --exists-action",
    r"([^=<>!~\[;@]+)(?:\[[^\]]*\])?\s*(?:(?:===?|~=|@)\s*(.+))?.*",
)
_NPM = _manager(
    "npm",
    "install i add isntall",
    "--prefix -C --registry --cache --userconfig -w --workspace --loglevel --tag --fetch-timeout "
    "--network-timeout --cache-folder --modules-folder --cwd --omit --include",
    r"((?:@[^@/]+/)?[^@]+)(?:@(.+))?",
)
_GEM = _manager(
    "gem",
    "install i",
    "-v --version -n --bindir -i --install-dir --source -s",
    r"([^:]+)(?::(.+))?",
)
_GO = _manager(
    "go", "install get", "-modfile -tags -ldflags -gcflags -o -mod", r"([^@]+)(?:@(.+))?"
)
_CARGO = _manager(
    "cargo",
    "install",
    "--version --vers --git --branch --tag --rev --path --root --registry --index --features "
    "-F --target --bin --example -j --jobs --profile --target-dir",
    r"([^@]+)(?:@(.+))?",
)

_MANAGERS: Mapping[str, Manager] = {
    "apt-get": _APT,
    "apt": _APT,
    "aptitude": _APT,
    "apk": _APK,
    "dnf": _DNF,
    "microdnf": _DNF,
    "tdnf": _DNF,
    "yum": _DNF,
    "zypper": _ZYPPER,
    "pacman": _PACMAN,
    "pip": _PIP,
    "pip2": _PIP,
    "pip3": _PIP,
    "pipx": _PIP,
    "uv": _PIP,
    "npm": _NPM,
    "pnpm": _NPM,
    "yarn": _NPM,
    "bun": _NPM,
    "gem": _GEM,
    "go": _GO,
    "cargo": _CARGO,
}
_PYTHONS = ("python", "python2", "python3")
SYSTEM_FAMILIES = frozenset({"apt", "apk", "dnf", "zypper", "pacman"})
"""The families whose packages are the distribution's."""


def installs_of(dockerfile: Dockerfile, *families: str) -> Iterator[Install]:
    """Every install command of these families (all of them where none is named)."""
    installs: list[Install] | None = dockerfile.derived.get("installs")
    if installs is None:
        installs = dockerfile.derived["installs"] = list(_read(dockerfile))
    for install in installs:
        if not families or install.family in families:
            yield install


def _read(dockerfile: Dockerfile) -> Iterator[Install]:
    for instruction, command in dockerfile.commands(*_MANAGERS):
        yield from _install(_MANAGERS[command.name], instruction, command, 0)
    for instruction, command in dockerfile.commands(*_PYTHONS):
        if command.literals[:2] == ("-m", "pip"):
            yield from _install(_PIP, instruction, command, 2)


def _install(
    manager: Manager, instruction: Instruction, command: Command, skip: int
) -> Iterator[Install]:
    words = list(_operands(command, manager.valued, skip))
    if manager is _PACMAN:
        asks = any(word.startswith("-S") for word in command.literals)
        packages = words
    else:
        index = next((i for i, w in enumerate(words[:3]) if w.literal in manager.verbs), -1)
        asks, packages = index >= 0, words[index + 1 :]
    if asks:
        found = tuple(_package(manager, word) for word in packages)
        yield Install(manager.family, instruction, command, found)


def _operands(command: Command, valued: frozenset[str], skip: int) -> Iterator[ShellWord]:
    if not skip:
        return command.operands(valued)
    rest = Command(
        name=command.name,
        words=command.words[skip:],
        assignments=(),
        redirects=(),
        start=command.start,
        end=command.end,
        pipeline=0,
        position=0,
    )
    return rest.operands(valued)


def _package(manager: Manager, word: ShellWord) -> Package:
    text = word.loose
    match = manager.version.fullmatch(text)
    if match is None:
        return Package(text, "", word)
    return Package(match[1].strip(), match[2] or "", word)


def updates_of(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Command]]:
    """Every command that refreshes a distribution's package lists and does nothing else."""
    if not holds_any(dockerfile.source.text, ("update", "refresh", "makecache")):
        return
    for instruction, command in dockerfile.commands("apt-get", "apt", "aptitude", "apk"):
        if next((word.literal for word in command.operands()), "") == "update":
            yield instruction, command
    for instruction, command in dockerfile.commands("zypper"):
        if {"refresh", "ref"} & set(command.literals):
            yield instruction, command
    for instruction, command in dockerfile.commands("dnf", "yum", "microdnf", "tdnf"):
        if "makecache" in command.literals:
            yield instruction, command
