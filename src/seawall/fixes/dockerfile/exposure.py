"""What a build or an image opens without need: ports, a build step's confinement, an ssh server."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.cutting import without, without_flag, without_word
from seawall.fixes.dockerfile.shell_words import behind, command_at
from seawall.fixes.dockerfile.shell_words import without as without_argument
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Flag, Setting, Word
from seawall.surfaces.shell import Command


def _unexposed(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    setting = hit.at
    if not isinstance(setting, Setting) or not isinstance(setting.at, Word):
        return None
    if "-" in (setting.value.known or "-"):
        return None
    instruction = setting.by
    edit = without_word(dockerfile, instruction, setting.at)
    if edit is None and len(instruction.arguments) == 1 and instruction in dockerfile.of("EXPOSE"):
        edit = without(dockerfile, instruction)
    title = f"Take {setting.value.written} out of EXPOSE"
    return Fix(Safety.UNSAFE, title, (edit,)) if edit else None


UNEXPOSE = Fixer(
    id="unexpose-port",
    title="Take a port out of EXPOSE",
    rules=("exposed-ssh-port", "exposed-admin-port", "exposed-database-port"),
    safety=Safety.UNSAFE,
    writes=(
        "EXPOSE without the port; the whole instruction goes where it names no other. Ranges are "
        "left alone."
    ),
    breaks=(
        "`docker run -P` no longer publishes the port, and tools that look at EXPOSE (proxies "
        "that find services by themselves, `links`) no longer see it. The port itself stays as "
        "reachable from other containers, and as publishable with `-p`, as it was."
    ),
    on={Dockerfile: _unexposed},
    examples=(
        Example("FROM debian:12.5\nEXPOSE 22 80\n", "FROM debian:12.5\nEXPOSE 80\n"),
        Example("FROM node:20.11.1\nEXPOSE 3000 9229\n", "FROM node:20.11.1\nEXPOSE 3000\n"),
        Example(
            "FROM debian:12.5\nEXPOSE 22 \\\n  80\nEXPOSE 2375/tcp\nUSER 1\n",
            "FROM debian:12.5\nEXPOSE 80\nUSER 1\n",
        ),
    ),
    keeps=("FROM debian:12.5\nEXPOSE 20-30\n", "FROM debian:12.5\nEXPOSE 22 \\\n# web\n  80\n"),
)


def _confined(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    flag = hit.at
    if not isinstance(flag, Flag):
        return None
    written = dockerfile.source.text[flag.start : flag.end]
    edit = without_flag(dockerfile, flag)
    return Fix(Safety.UNSAFE, f"Run the step without `{written}`", (edit,))


CONFINE_STEP = Fixer(
    id="confine-step",
    title="Run a build step in its own confinement",
    rules=("insecure-build-step", "host-network-build-step"),
    safety=Safety.UNSAFE,
    writes="RUN without `--security=insecure` or `--network=host`.",
    breaks=(
        "A step that mounts, loads modules, or runs containers of its own fails without the first "
        "flag; one that asks a proxy or a server on the build host's localhost, without the "
        "second. Both then fail in the build, not later."
    ),
    on={Dockerfile: _confined},
    examples=(
        Example(
            "FROM debian:12.5\nRUN --network=host --security=insecure make\n",
            "FROM debian:12.5\nRUN make\n",
        ),
        Example(
            "FROM debian:12.5\nRUN --security=insecure \\\n  make\n",
            "FROM debian:12.5\nRUN \\\n  make\n",
        ),
    ),
    keeps=("FROM debian:12.5\nRUN --network=host make\n",),
)


def _small_log(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].wrappers:
        return None
    edit = behind(dockerfile, found[1].words[0], "--no-log-init")
    title = "Keep the account out of the logs that grow with its number"
    return Fix(Safety.SAFE, title, (edit,)) if edit else None


SMALL_LOG = Fixer(
    id="small-log",
    title="Keep a high uid out of the login logs",
    rules=("sparse-log",),
    safety=Safety.SAFE,
    writes="`useradd --no-log-init`: /var/log/lastlog and faillog get no entry for the account.",
    breaks="`lastlog` and `faillog` show nothing for the account, which never logs in anyway.",
    on={Dockerfile: _small_log},
    examples=(
        Example(
            "FROM debian:12.5\nRUN useradd -u 1000000 app\n",
            "FROM debian:12.5\nRUN useradd --no-log-init -u 1000000 app\n",
        ),
    ),
)


def _no_server(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    text = dockerfile.source.text[hit.at.start : hit.at.end]
    if isinstance(hit.at, Command):
        proposal = "# start the program itself, and look into the container with `docker exec`"
        return Fix(Safety.GUIDED, f"Start no `{hit.at.name}`", proposal=proposal)
    found = command_at(dockerfile, hit)
    word = next((w for w in found[1].words if w.start == hit.at.start), None) if found else None
    if found is None or word is None:
        return None
    line = dockerfile.source.line_of(word.start)
    proposal = f"# line {line} without {text}; `docker exec` opens a shell in the container"
    edit = without_argument(dockerfile, found[1], word)
    # The verb, and the package itself.
    is_alone = sum(not literal.startswith("-") for literal in found[1].literals) <= 2
    edits: tuple[Edit, ...] = () if edit is None or is_alone else (edit,)
    return Fix(Safety.GUIDED, f"Install no `{text}`", edits, proposal=proposal)


NO_SSH = Fixer(
    id="no-ssh-server",
    title="Leave the ssh server out",
    rules=("ssh-server",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the install without the server's package. It is edited where the command "
        "installs other packages too; where a container starts `sshd` itself, what it should "
        "start instead is yours to say."
    ),
    breaks=(
        "Whoever logs in by ssh must use `docker exec`, and steps that configure or start the "
        "server fail. Git over ssh needs only the client, `openssh-client`."
    ),
    on={Dockerfile: _no_server},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get install -y nginx openssh-server\n",
            "FROM debian:12.5\nRUN apt-get install -y nginx\n",
        ),
    ),
    keeps=(
        'FROM debian:12.5\nCMD ["/usr/sbin/sshd", "-D"]\n',
        "FROM debian:12.5\nRUN apt-get install -y openssh-server\n",
    ),
)

FIXERS = (UNEXPOSE, CONFINE_STEP, SMALL_LOG, NO_SSH)
