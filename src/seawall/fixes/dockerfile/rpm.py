"""dnf, yum, microdnf, tdnf and zypper: what they downloaded is deleted in its own step."""

from __future__ import annotations

from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.dockerfile.shell_lists import list_of
from seawall.fixes.dockerfile.shell_words import command_at, is_exact
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.shell import Command

_CLEANS = {
    "dnf": "dnf clean all && rm -rf /var/cache/dnf",
    "yum": "yum clean all && rm -rf /var/cache/yum",
    "microdnf": "microdnf clean all",
    "tdnf": "tdnf clean all",
    "zypper": "zypper clean --all",
}
_CHOOSES = (
    "--downloadonly", "--installroot", "--root", "-R", "-c", "--config", "-C", "--cacheonly",
    "--no-refresh", "--downloaddir", "--download-only", "-d",
)  # fmt: skip


def _cleaned(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].name not in _CLEANS:
        return None
    instruction, command = found
    commands = list_of(dockerfile, instruction)
    if commands is None or _needs_cache(dockerfile):
        return None
    calls = [each for each in commands.script.commands if each.name in _CLEANS]
    index = commands.index_of(calls[-1].start)
    if (
        index < 0
        or len({each.name for each in calls}) > 1
        or not is_exact(dockerfile, command.words[0])
    ):
        return None
    text, is_lent = _CLEANS[command.name], any("sudo" in each.wrappers for each in calls)
    text = " && ".join(f"sudo {part}" for part in text.split(" && ")) if is_lent else text
    edit = commands.after(index, text if commands.is_one_chain else text.partition(" && ")[0])
    if edit is None:
        return None
    safety = Safety.UNSAFE if is_lent or _chooses(calls) else Safety.SAFE
    title = f"delete what {command.name} downloaded in the same step"
    return Fix(safety, title, (edit,), fixer="rpm-clean")


def _chooses(calls: list[Command]) -> bool:
    """Whether repositories are switched: yum's `clean` fails where none is on."""
    options = ("--disablerepo", "--repo", "--repoid", "--enablerepo")
    return any(call.has_option(*options) for call in calls)


def _needs_cache(dockerfile: Dockerfile) -> bool:
    """Whether any step keeps packages for later, or installs from what was kept."""
    calls = [command for _, command in dockerfile.commands(*_CLEANS)]
    return any(c.has_option(*_CHOOSES) or "download" in c.literals for c in calls)


FIXERS = (
    Fixer(
        id="rpm-clean",
        title="Delete what dnf, yum or zypper downloaded",
        rules=("package-cache",),
        safety=Safety.UNSAFE,
        writes=(
            "`dnf clean all && rm -rf /var/cache/dnf` (yum alike; `clean all` for microdnf and "
            "tdnf, `zypper clean --all`) behind the last command of that program in the RUN, in "
            "the RUN's own style, and such that the RUN still fails where it failed. It is "
            "*unsafe* where repositories are switched on or off by options, or `sudo` is used. "
            "Nothing is written in a file that downloads packages to keep them or installs from "
            "the cache."
        ),
        breaks="Nothing that is installed; a later install fetches the repositories' data again.",
        on={Dockerfile: _cleaned},
        examples=(
            Example(
                "FROM rockylinux:9\nRUN dnf install -y nginx\n",
                "FROM rockylinux:9\nRUN dnf install -y nginx && dnf clean all"
                " && rm -rf /var/cache/dnf\n",
            ),
            Example(
                "FROM centos:7\nRUN yum -y update \\\n && yum -y install \\\n    nginx \\\n"
                " # the end\n && nginx -t\n",
                "FROM centos:7\nRUN yum -y update \\\n && yum -y install \\\n    nginx \\\n"
                " && yum clean all && rm -rf /var/cache/yum \\\n # the end\n && nginx -t\n",
            ),
            Example(
                "FROM opensuse/leap:15.6\nRUN zypper -n install nginx\n",
                "FROM opensuse/leap:15.6\nRUN zypper -n install nginx && zypper clean --all\n",
            ),
        ),
        keeps=(
            "FROM rockylinux:9\nRUN dnf install -y --downloadonly x\nRUN dnf install -y -C x\n",
            'FROM rockylinux:9\nRUN ["dnf", "install", "-y", "nginx"]\n',
        ),
    ),
)
