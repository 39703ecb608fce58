"""The user of a container, where it is root."""

from __future__ import annotations

from msgspec.structs import replace

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.compose.block import Value
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.confinement import both
from seawall.fixes.workload.knowledge import Known, known_of
from seawall.fixes.workload.root import tmpfs_entries
from seawall.fixes.workload.writers import put, rewritten, taken_out, workload_of
from seawall.rules.runtime.user import is_root_name

Subject = Service | RunLine
_UNKNOWN = "10001:10001"


def _user(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    workload = workload_of(subject, hit)
    if workload is None or workload.build is not None:
        return None
    known = known_of(workload, context)
    if workload.user is not None and workload.user.written:
        return _written(subject, hit, known)
    return _added(subject, hit, known)


def _written(subject: Subject, hit: Hit, known: Known) -> Fix | None:
    """`user: root`: out where the image has a user, or changes to one; else another."""
    needs = known.needs
    has_own = known.holds and (needs.drops or not is_root_name(needs.user or "0"))
    if has_own:
        edits = taken_out(subject, hit)
        return Fix(Safety.UNSAFE, "Let the image's own user hold", edits) if edits else None
    observed = known.observed.user if known.observed is not None else ""
    user = observed if observed and not is_root_name(observed) else _UNKNOWN
    edits = rewritten(subject, hit, user)
    if not edits:
        return None
    if user is observed:
        return Fix(Safety.UNSAFE, f"Run it as {user}", edits)
    proposal = f'user: "{user}"  # what it writes to must belong to this uid'
    return Fix(Safety.GUIDED, f"Run it as {user}", edits, proposal=proposal)


def _added(subject: Subject, hit: Hit, known: Known) -> Fix | None:
    """The user that serves anyway, where the image is known to start as that user, too."""
    needs, observed = known.needs, known.observed
    user = observed.user if observed is not None else needs.user or ""
    is_able = observed is not None or (known.holds and needs.capabilities_as_user is not None)
    if not is_able or not user or is_root_name(user):
        proposal = f'user: "{_UNKNOWN}"  # what it writes to must belong to this uid'
        return Fix(Safety.GUIDED, "Name a user that is not root", proposal=proposal)
    edits = _write(subject, hit, replace(known, user=user), user)
    return Fix(Safety.UNSAFE, f"Run it as {user}, its own user", edits) if edits else None


def _write(subject: Subject, hit: Hit, known: Known, user: str) -> tuple[Edit, ...]:
    """The user, and scratch space that belongs to it: new, or what is there given to it."""
    there = {each.target: each for each in known.workload.mounts if each.type == "tmpfs"}
    entries = {entry.partition(":")[0]: entry for entry in tmpfs_entries(known)}
    new = tuple(entry for path, entry in entries.items() if path not in there)
    given = [
        rewritten(subject, Hit(there[path], "", hit.symbol), entries[path])
        for path in sorted(entries.keys() & there.keys())
        if not any(option.startswith(("uid=", "mode=")) for option in there[path].options)
    ]
    written = _new(subject, hit, known, user, new)
    if not written or not all(given):
        return ()
    return (*written, *(edit for edits in given for edit in edits))


def _new(
    subject: Subject, hit: Hit, known: Known, user: str, tmpfs: tuple[str, ...]
) -> tuple[Edit, ...]:
    if isinstance(subject, RunLine):
        command = command_of(subject)
        flags = (f"--user={user}", *(f"--tmpfs={each}" for each in tmpfs))
        return command.inserted(flags) if command is not None else ()
    values: dict[str, Value] = {"user": user}
    if tmpfs:
        values["tmpfs"] = list(tmpfs)
    return put(subject, hit, known.workload, values)


FIXERS = (
    Fixer(
        id="set-user",
        title="A user that is not root",
        rules=("root-user",),
        safety=Safety.GUIDED,
        writes=(
            "The image's own user, with a tmpfs that belongs to it for each directory that it "
            "writes to, where the image is known to run so. `user: root` is taken out where the "
            "image has a user or its entrypoint changes to one. Both are unsafe fixes. Where "
            "nothing is known of the image, `10001:10001` is proposed."
        ),
        breaks=(
            "What the container wrote as root before, in a volume or on the host, is closed to the "
            "new user: `Permission denied` at the first write. Give it to that user once, with "
            "`chown`."
        ),
        on=both(_user),
        examples=(
            Example(
                "services:\n  web:\n    image: nginx:1.28.0\n    ports:\n      - 8080:80\n",
                "services:\n  web:\n    image: nginx:1.28.0\n    ports:\n      - 8080:80\n"
                '    user: "101:101"\n    tmpfs:\n'
                "      - /run:rw,noexec,nosuid,size=16m,mode=0755,uid=101,gid=101\n"
                "      - /var/cache/nginx:rw,noexec,nosuid,size=256m,mode=0755,uid=101,gid=101\n",
            ),
            Example(
                "services:\n  db:\n    image: postgres:17.5\n    user: root\n    restart: always\n",
                "services:\n  db:\n    image: postgres:17.5\n    restart: always\n",
            ),
            Example(
                "docker run -u root acme/app:1.2.3",
                "docker run -u 10001:10001 acme/app:1.2.3",
            ),
        ),
        keeps=("services:\n  app:\n    image: python:3.13\n",),
    ),
)
