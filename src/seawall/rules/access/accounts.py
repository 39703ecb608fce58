"""Accounts and the files that say who is root, as an image has them."""

from __future__ import annotations

from seawall.core.model import Profile
from seawall.core.rule import Gains, Needs, Risk, Rule
from seawall.core.standards import cwe
from seawall.rules.deferred import deferred
from seawall.rules.practices import FILE_PERMISSIONS, NON_ROOT_USER
from seawall.surfaces.image.model import Image

RULES = (
    Rule(
        id="second-root",
        title="An account that is root by another name",
        practice=NON_ROOT_USER,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Image: deferred("access.accounts_in_image:second_root")},
        bad=("=== image\nFROM debian:12\n  account root 0 locked\n  account toor 0 locked\n",),
        good=("=== image\nFROM debian:12\n  account root 0 locked\n  account app 999 locked\n",),
        aliases=("dockle:DKL-LI-0002",),
        why="Whoever logs in as that account, or is named by it in USER, is root. It is how "
        "intruders keep a way back in, and how checks for `root` are passed by.",
        remedy="Give every account but root a uid of its own.",
    ),
    Rule(
        id="shared-uid",
        title="Accounts or groups that share a number",
        practice=NON_ROOT_USER,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        profile=Profile.STRICT,
        on={Image: deferred("access.accounts_in_image:shared_number")},
        bad=("=== image\nFROM debian:12\n  account a 1000 locked\n  account b 1000 locked\n",),
        good=("=== image\nFROM debian:12\n  account a 1000 locked\n  account b 1001 locked\n",),
        aliases=("dockle:DKL-LI-0002",),
        why="The kernel knows numbers, not names: each of the accounts can read, write and signal "
        "what is the other's.",
        remedy="Give each account and each group a number of its own.",
    ),
    Rule(
        id="root-file-writable",
        title="Others may write what root runs",
        practice=FILE_PERMISSIONS,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Image: deferred("access.modes_in_image:run_by_root")},
        bad=(
            "=== image\nFROM debian:12\n  -rw-rw-rw- 0:0 etc/passwd writable-accounts\n",
            "=== image\nFROM debian:12\nRUN make\n"
            "  -rw-rw-rw- 0:0 etc/cron.d/cleanup writable-schedule\n",
            '=== image\nENTRYPOINT ["/app/run"]\nFROM debian:12\n'
            "  -rwxrwxrwx 0:0 app/run world-writable\n",
        ),
        good=(
            "=== image\nFROM debian:12\n  -rw-rw-rw- 0:0 srv/note world-writable\n",
            "=== image\nFROM debian:12\nRUN touch /etc/cron.d/x\n"
            "  -rw-rw-rw- 0:0 etc/cron.d/x writable-schedule\nRUN rm /etc/cron.d/x\n"
            "  - etc/cron.d/x\n",
        ),
        why="A line added to a cron table, to /etc/passwd or to the program that every container "
        "starts with is a way from any account to root, and it lasts.",
        remedy="Let such files belong to root, and take the right to write from everyone else.",
        citations=(*FILE_PERMISSIONS.citations, cwe(732)),
    ),
    Rule(
        id="shadow-readable",
        title="Hashes of passwords that everyone may read",
        practice=FILE_PERMISSIONS,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Image: deferred("access.modes_in_image:readable_shadow")},
        bad=("=== image\nFROM debian:12\n  -rw-r--r-- 0:42 etc/shadow readable-shadow\n",),
        good=("=== image\nFROM debian:12\n  -rw-r----- 0:42 etc/shadow other\n",),
        why="Whoever can read the hashes tries passwords against them as fast as his own machine "
        "goes, and unseen.",
        remedy="Mode 0640, owner root, group shadow.",
        citations=(*FILE_PERMISSIONS.citations, cwe(732)),
    ),
)
"""Seen in images alone."""
