"""What is said of the fixers of rights, and their examples."""

from __future__ import annotations

from seawall.fixes.model import Example

WORLD_WRITES = """\
The same mode without the others' right to write: `777` becomes `775`, `666` becomes `664`,
`a+rwx` becomes `a+rx,ug+w`. Where the image runs as a user whose number is known, and what gets
the mode is no program, that user becomes its owner in the same step. Where `COPY --chmod` is
meant and root keeps what is copied, it is only proposed."""
WORLD_BREAKS = """\
- Another user of the container that wrote there, through no group of its own, can't any more.
- With `--user` or a number that the platform chooses, only those in the group can write (OpenShift
  gives group 0, so that this goes on)."""
WORLD_EXAMPLES: tuple[Example, ...] = (
    Example(
        "FROM debian:12.5\nRUN chmod 777 /run.sh\n", "FROM debian:12.5\nRUN chmod 775 /run.sh\n"
    ),
    Example(
        "FROM debian:12.5\nRUN mkdir /data \\\n    && chmod -R a+rwx /data \\\n    && true\n"
        "USER 10001\n",
        "FROM debian:12.5\nRUN mkdir /data \\\n    && chmod -R a+rx,ug+w /data"
        " && chown -R 10001 /data \\\n    && true\nUSER 10001\n",
    ),
    Example(
        "FROM debian:12.5\nCOPY --chmod=0777 run.sh /run.sh\n",
        "FROM debian:12.5\nCOPY --chmod=0775 run.sh /run.sh\n",
    ),
    Example(
        "FROM debian:12.5\nRUN install -d -m 0777 /data\n",
        "FROM debian:12.5\nRUN install -d -m 0775 /data\n",
    ),
)
WORLD_KEEPS = (
    "FROM debian:12.5\nRUN chmod o+w /data\n",
    "FROM debian:12.5\nRUN id app || chmod 777 /data\nUSER 10001\n",
    "FROM debian:12.5\nRUN chmod 777 $DATA\nUSER 10001\n",
    "FROM debian:12.5\nRUN chmod '777' /data\n",
    "FROM debian:12.5\nRUN apt-get install -y app && chmod 777 /data\nUSER app\n",
)

SETUID_WRITES = """\
The same mode without the setuid bit: `4755` becomes `755`, `u+s` becomes `u-s`."""
SETUID_BREAKS = """\
- Who is not root can no longer do by that program what only root may: a browser's sandbox helper,
  `ping` on old systems, `sudo`, `su`, `fusermount`. Often one capability does instead
  (`setcap cap_net_raw+ep`, or `cap_add` at run time)."""
SETUID_EXAMPLES: tuple[Example, ...] = (
    Example(
        "FROM debian:12.5\nRUN chmod u+s /usr/bin/tool\n",
        "FROM debian:12.5\nRUN chmod u-s /usr/bin/tool\n",
    ),
    Example(
        "FROM debian:12.5\nRUN chmod 4755 /a && install -m 6755 b /b\n",
        "FROM debian:12.5\nRUN chmod 755 /a && install -m 2755 b /b\n",
    ),
)

STRIP_WRITES = """\
`RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +` as the last step of root in the stage
that is built: before its last `USER`, else before what is started. It works with GNU's and with
BusyBox's `find`. It is not written where no step is sure to be root or to have a shell, and only
proposed where the file speaks of `sudo`."""
STRIP_BREAKS = """\
- `su`, `sudo`, `mount`, `passwd`, `newgrp` and `crontab` no longer do what they do for users who
  are not root; nor does what else was setuid or setgid (a mail program, a browser's sandbox).
- The programs it changes are stored once more, in a layer of their own: some 100 to 500 KB.
- A later stage or image that installs packages brings new ones."""
STRIP_EXAMPLES: tuple[Example, ...] = (
    Example(
        'FROM debian:12.5\nRUN useradd -u 1500 a\nUSER 1500\nCMD ["a"]\n',
        "FROM debian:12.5\nRUN useradd -u 1500 a\n"
        'RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +\nUSER 1500\nCMD ["a"]\n',
    ),
    Example(
        "FROM alpine:3.22.1\r\nCOPY a /a\r\n\r\nCMD /a\r\n",
        "FROM alpine:3.22.1\r\nCOPY a /a\r\n\r\n"
        "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +\r\n\r\nCMD /a\r\n",
    ),
)
STRIP_KEEPS = (
    "FROM gcr.io/distroless/static-debian12\nCOPY a /a\n",
    "FROM ghcr.io/acme/base:1.2.3\nCMD a\n",
    "FROM grafana/grafana:11.6.0\n",
    'FROM debian:12.5\nSHELL ["/usr/bin/python3", "-c"]\n',
)

OWNED_WRITES = """\
`COPY` without `--chown`: what is copied belongs to root, and the user that the image runs as can
read it. It is not written where a later step of the build runs as that user and may write there."""
OWNED_BREAKS = """\
- A program that writes beside itself (uploads, caches, a database file, compiled templates) fails
  with "permission denied": give it that one directory.
- Files that only their owner may read, by their modes in the build context, can't be read."""
OWNED_EXAMPLES: tuple[Example, ...] = (
    Example(
        "FROM debian:12.5\nCOPY --chown=app:app . /app\nUSER app\n",
        "FROM debian:12.5\nCOPY . /app\nUSER app\n",
    ),
    Example(
        "FROM alpine AS b\nFROM alpine:3.22\nCOPY --chown=901 --from=b \\\n  /a /b\nUSER 901\n",
        "FROM alpine AS b\nFROM alpine:3.22\nCOPY --from=b \\\n  /a /b\nUSER 901\n",
    ),
)
OWNED_KEEPS = ("FROM node:22.12.0\nCOPY --chown=node package.json ./\nUSER node\nRUN npm ci\n",)

SUDO_WRITES = """\
The `RUN` whose only command writes the entry is taken out; one of several commands is left."""
SUDO_BREAKS = """\
- Whoever works in the container can no longer become root by `sudo`; neither can scripts that do.
  `docker exec --user root` still does."""
SUDO_EXAMPLES: tuple[Example, ...] = (
    Example(
        'FROM debian:12.5\nRUN echo "app ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers\nUSER 1500\n',
        "FROM debian:12.5\nUSER 1500\n",
    ),
)
SUDO_KEEPS = (
    "FROM debian:12.5\nCOPY <<EOF /etc/sudoers.d/app\napp ALL=(ALL) NOPASSWD: ALL\nEOF\n",
    'FROM debian:12.5\nRUN useradd app && echo "app ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers\n',
)
