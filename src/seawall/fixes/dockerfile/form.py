"""Instructions of an old or misleading form, written as what they mean."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.cutting import comments_within, keyword, without, without_flag
from seawall.fixes.dockerfile.placing import escape
from seawall.fixes.dockerfile.quoting import as_one_word, quoted
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Flag, Instruction

_FLAGS_OF_COPY = frozenset({"chown", "chmod", "link", "exclude"})
_DIRECTORY = Expression(r"\.{1,2}|.*/")
_NO_ARCHIVE = Expression(
    r"(?i).*\.(?:py|sh|bash|js|mjs|cjs|ts|tsx|jsx|json|jsonc|ya?ml|toml|ini|cfg|cnf|conf|config"
    r"|properties|xml|html?|css|scss|txt|md|rst|csv|sql|rb|go|java|kt|rs|c|h|cc|cpp|php|pl|pm|lua"
    r"|vim|el|r|env|example|sample|dist|template|tmpl|tpl|j2|erb|service|socket|timer|repo|list"
    r"|sources|rules|policy|pem|crt|cer|key|pub|asc|gpg|lock|mod|sum|gradle|kts|cmake|mk|patch"
    r"|diff|sln|csproj|fsproj|props|targets|war|jar|ear|zip|so|dll|exe|deb|rpm|ttf|png|jpe?g|svg"
    r"|ico|log|cron|crontab|vcl|lst|desktop|bashrc|zshrc|profile|htaccess|awk|sed|exp|ps1|bat|cmd"
    r"|reg|groovy|gemspec|inc|ldif|in|init)"
)
"""Ends of names of what no tool takes for a tar archive. A .gem, .apk, .crate or .ova is one."""
_WELL_KNOWN = frozenset(
    [
        "makefile",
        "gnumakefile",
        "dockerfile",
        "containerfile",
        "gemfile",
        "rakefile",
        "procfile",
        "pipfile",
        "vagrantfile",
        "jenkinsfile",
        "license",
        "readme",
        "changelog",
        "version",
        "crontab",
        "mvnw",
        "gradlew",
        ".bashrc",
        ".profile",
        ".bash_profile",
        ".zshrc",
        ".vimrc",
        ".gitconfig",
        ".npmrc",
        ".env",
        ".netrc",
        ".pypirc",
        ".htaccess",
        ".dockerignore",
        ".gitignore",
        "nsswitch.conf",
    ]
)


def _copies(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    add = hit.at
    if not isinstance(add, Instruction) or add.keyword != "ADD" or len(add.arguments) < 2:
        return None
    if not all(flag.name in _FLAGS_OF_COPY for flag in add.flags):
        return None
    sources = [word.text.strip("\"'") for word in add.arguments[:-1]]
    if any(set(source) & set(":@?[*$\\") or source.endswith(".git") for source in sources):
        return None
    unsure = [] if add.heredocs else [each for each in sources if not _is_no_archive(each)]
    edits = (keyword(dockerfile, add, "COPY"),)
    if not unsure:
        return Fix(Safety.SAFE, "Write COPY, which does this and no more", edits)
    title = f"Write COPY; if `{unsure[0]}` is a tar archive, it would no longer be unpacked"
    return Fix(Safety.UNSAFE, title, edits)


def _is_no_archive(source: str) -> bool:
    """Whether ADD surely has nothing to unpack: Docker looks at the content of a file."""
    if _DIRECTORY.fullmatch(source):
        return True
    name = source.rpartition("/")[2].lower()
    is_setting = name.startswith(".") and "." not in name[1:]
    return is_setting or name in _WELL_KNOWN or _NO_ARCHIVE.fullmatch(name) is not None


ADD_TO_COPY = Fixer(
    id="add-to-copy",
    title="Write COPY for ADD",
    rules=("add-for-copy",),
    safety=Safety.UNSAFE,
    writes=(
        "COPY instead of ADD, with its flags. It is safe where every source is a directory (`.`, "
        "`src/`) or a file whose name tells that it is no tar archive (`app.py`, `Makefile`): "
        "ADD does nothing else with those. A name that tells nothing (`ADD app /app`) is left "
        "for `--unsafe`, since Docker looks at a file's content and unpacks an archive of any "
        "name. URLs, git repositories, patterns and variables are left alone, and so are the "
        "flags that COPY does not know."
    ),
    breaks=(
        "Nothing with a safe fix: the same files get into the image. With an unsafe one, a file "
        "that was a tar archive all along is copied as it is instead of being unpacked."
    ),
    on={Dockerfile: _copies},
    examples=(
        Example(
            "FROM debian:12.5\nADD --chown=1000 ./src/ app.py /app/\n",
            "FROM debian:12.5\nCOPY --chown=1000 ./src/ app.py /app/\n",
        ),
        Example(
            'FROM debian:12.5\nadd ["a b/", "/app/"]\n',
            'FROM debian:12.5\ncopy ["a b/", "/app/"]\n',
        ),
        Example("FROM debian:12.5\nADD app /app\n", "FROM debian:12.5\nCOPY app /app\n"),
    ),
    keeps=(
        "FROM debian:12.5\nADD rootfs /\n",
        "FROM debian:12.5\nADD x.apk /\n",
        "FROM debian:12.5\nADD site-?/ /srv/\n",
        "FROM debian:12.5\nADD --unpack=true src/ /srv/\n",
    ),
)

_AUTHORS = "org.opencontainers.image.authors"


def _author(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    old = hit.at
    if not isinstance(old, Instruction) or old.keyword != "MAINTAINER" or not old.arguments:
        return None
    if comments_within(dockerfile, old.start, old.end) or _has_authors(dockerfile, old):
        return None
    name = old.text.strip()
    if len(name) > 1 and name[0] in "\"'" and name[-1] == name[0]:
        name = name[1:-1]
    text = f"{_AUTHORS}={quoted(name, escape(dockerfile))}"
    edits = (keyword(dockerfile, old, "LABEL"), Edit(old.body_start, old.end, text))
    return Fix(Safety.SAFE, "Say who made the image in the label for it", edits)


def _has_authors(dockerfile: Dockerfile, old: Instruction) -> bool:
    """Whether the stage has that label already: of two, the later one would count."""
    stage = dockerfile.stage_of(old)
    return stage is None or any(
        key.text.strip("\"'") == _AUTHORS
        for instruction in stage.instructions
        if instruction.keyword == "LABEL"
        for key, _ in instruction.pairs
    )


AUTHORS_LABEL = Fixer(
    id="authors-label",
    title="Write a label for MAINTAINER",
    rules=("maintainer",),
    safety=Safety.SAFE,
    writes=(
        '`LABEL org.opencontainers.image.authors="…"` with the text of MAINTAINER, quoted so that '
        "nothing in it is expanded. A stage that has this label already is left alone."
    ),
    breaks=(
        "Nothing that runs. The image's `Author` field is empty afterwards: who asks for "
        "`{{.Author}}` must ask for the label."
    ),
    on={Dockerfile: _author},
    examples=(
        Example(
            "FROM debian:12.5\nMAINTAINER Jo Doe <jo@example.org>\n",
            'FROM debian:12.5\nLABEL org.opencontainers.image.authors="Jo Doe <jo@example.org>"\n',
        ),
        Example(
            'FROM debian:12.5\nmaintainer "Jo \\"$5\\" Doe"\r\n',
            "FROM debian:12.5\n"
            'label org.opencontainers.image.authors="Jo \\\\\\"\\$5\\\\\\" Doe"\r\n',
        ),
    ),
    keeps=(
        "FROM debian:12.5\nLABEL org.opencontainers.image.authors=me\nMAINTAINER you\n",
        "FROM debian:12.5\nMAINTAINER Jo \\\n# who else\n  Doe\n",
    ),
)


def _pair(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    old = hit.at
    if not isinstance(old, Instruction) or len(old.arguments) != 2:
        return None
    key, value = old.arguments
    text, mark = dockerfile.source.text, escape(dockerfile)
    is_plain = not (set(key.text) & set("\"'$\\`=")) and text[key.start : key.end] == key.text
    if not is_plain or comments_within(dockerfile, key.end, value.start):
        return None
    edits = _new_form(text[value.start : value.end], value.text, value.start, mark)
    if edits is None:
        return None
    opening = edits[0].text if edits and edits[0].end == value.start else ""
    rest = edits[1:] if opening else edits
    return Fix(
        Safety.SAFE,
        f"Write `{key.text}=…`, which means the same",
        (Edit(key.end, value.start, "=" + opening), *rest),
    )


def _new_form(written: str, value: str, start: int, mark: str) -> tuple[Edit, ...] | None:
    """What must be put around a value, or in its place; nothing where it is one word."""
    word = as_one_word(value, mark)
    end = start + len(written)
    if word is None or word == value:
        return None if word is None else ()
    if word == f'"{value}"':
        return Edit(start, start, '"'), Edit(end, end, '"')
    return (Edit(start, end, word),) if written == value else None


KEY_VALUE = Fixer(
    id="key-value",
    title="Write ENV and LABEL with an equals sign",
    rules=("legacy-key-value",),
    safety=Safety.SAFE,
    writes=(
        '`ENV NAME=value` for `ENV NAME value`, and `NAME="two words"` where the value holds '
        "blanks. Quotes and escapes within it are rewritten so that BuildKit reads the very same "
        "value, which is worked out for both before anything is offered."
    ),
    breaks="Nothing: the image gets the same variables and labels.",
    on={Dockerfile: _pair},
    examples=(
        Example(
            "FROM debian:12.5\nENV  HOME_DIR   /app\nLABEL about My app\n",
            'FROM debian:12.5\nENV  HOME_DIR=/app\nLABEL about="My app"\n',
        ),
        Example(
            'FROM debian:12.5\nENV OPTS -Da="b c" -Dd=$E\\ f\n',
            'FROM debian:12.5\nENV OPTS="-Da=b c -Dd=${E} f"\n',
        ),
        Example(
            "FROM debian:12.5\nENV A one \\\n  # and\n  two\n",
            'FROM debian:12.5\nENV A="one \\\n  # and\n  two"\n',
        ),
    ),
    keeps=(
        "FROM debian:12.5\nENV MESSAGE we don't stop\n",
        'FROM debian:12.5\nENV A ${B:-"x y"} z\n',
        'FROM debian:12.5\nENV A "b \\\n c" d\n',
    ),
)


def _dead(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    old = hit.at
    if not isinstance(old, Instruction) or old.heredocs or dockerfile.errors:
        return None
    edits = (without(dockerfile, old),)
    return Fix(Safety.SAFE, f"Take out the {old.keyword} that a later one replaces", edits)


DEAD_INSTRUCTION = Fixer(
    id="dead-instruction",
    title="Take out what a later instruction replaces",
    rules=("overridden-instruction",),
    safety=Safety.SAFE,
    writes=(
        "Nothing: the earlier CMD, ENTRYPOINT or HEALTHCHECK of the same stage goes, with its "
        "lines. Comments stay, also those between its lines."
    ),
    breaks="Nothing: of several in a stage, only the last one ever counts.",
    on={Dockerfile: _dead},
    examples=(
        Example(
            'FROM debian:12.5\n\n# first\nCMD ["a", \\\n  # why\n  "b"]\nUSER app\nCMD ["c"]\n',
            'FROM debian:12.5\n\n# first\n  # why\nUSER app\nCMD ["c"]\n',
        ),
        Example(
            "FROM debian:12.5\n\nCMD a\n\nHEALTHCHECK CMD b\nHEALTHCHECK NONE\nCMD d",
            "FROM debian:12.5\n\nHEALTHCHECK NONE\nCMD d",
        ),
    ),
)


def _default_platform(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    flag = hit.at
    if not isinstance(flag, Flag) or any(
        instruction.stage < 0 and word.text.startswith("TARGETPLATFORM=")
        for instruction in dockerfile.of("ARG")
        for word in instruction.arguments
    ):
        return None
    edits = (without_flag(dockerfile, flag),)
    return Fix(Safety.SAFE, "Leave out the platform that FROM takes anyway", edits)


DEFAULT_PLATFORM = Fixer(
    id="default-platform",
    title="Leave out the platform that is the default",
    rules=("redundant-platform",),
    safety=Safety.SAFE,
    writes="FROM without `--platform=$TARGETPLATFORM`, unless the file gives that a value itself.",
    breaks="Nothing: a stage without a platform is built for the target's.",
    on={Dockerfile: _default_platform},
    examples=(
        Example(
            "FROM --platform=${TARGETPLATFORM}  alpine:3.22.1 AS a\n",
            "FROM alpine:3.22.1 AS a\n",
        ),
    ),
    keeps=("ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM alpine:3.22.1\n",),
)


def _any_platform(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    flag = hit.at
    if not isinstance(flag, Flag):
        return None
    edit = without_flag(dockerfile, flag)
    text, line = dockerfile.source.text, dockerfile.source.line_of(flag.start)
    start = dockerfile.source.line_starts[line - 1]
    whole = dockerfile.source.line_text(line)
    proposal = whole[: flag.start - start] + text[edit.end : start + len(whole)]
    title = f"Build the stage for the platform that is asked for, not always for {flag.value}"
    return Fix(Safety.GUIDED, title, (edit,), proposal=proposal)


ANY_PLATFORM = Fixer(
    id="any-platform",
    title="Let the build choose the platform",
    rules=("platform-pinned",),
    safety=Safety.GUIDED,
    writes=(
        "FROM without the constant `--platform`. `docker build --platform` then chooses, and the "
        "machine's own is the default."
    ),
    breaks=(
        "An image that exists for one platform only, or a program that is fetched for one, no "
        "longer fits on other machines: then keep the flag and say why in a comment."
    ),
    on={Dockerfile: _any_platform},
    examples=(Example("FROM --platform=linux/amd64 alpine:3.22.1\n", "FROM alpine:3.22.1\n"),),
    keeps=("FROM --platform=linux/amd64 alpine:3.22.1\n",),
)

FIXERS = (
    ADD_TO_COPY,
    AUTHORS_LABEL,
    KEY_VALUE,
    DEAD_INSTRUCTION,
    DEFAULT_PLATFORM,
    ANY_PLATFORM,
)
