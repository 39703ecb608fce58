"""What is said of the fixers of users, and their examples."""

from __future__ import annotations

from seawall.fixes.model import Example

ROOT_WRITES = """\
A `USER` with a number, before the last `CMD`, `ENTRYPOINT` and `HEALTHCHECK` of the stage that is
built, after everything in it that needs root. Who it is, by what comes first:

- the user that the file itself had before it became root again, or the one of the base image;
- the one account that the file makes and never switches to;
- the account of the base image's server, or a ready one that it offers (`node`, `$APP_UID`);
- an account made for it, uid 10001 without password, shell and home, by the commands of the
  distribution: `groupadd` and `useradd` on Debian, Ubuntu and Red Hat's, `addgroup` and `adduser`
  on Alpine, BusyBox and Wolfi. A home is made for programs that keep something there (`npm`,
  `dotnet`, …);
- the number alone, where no step can make an account: `65532:65532` on scratch and distroless,
  else `10001:10001`.

What the file shows the program to write is given to it, and no more: its volumes, directories
made for data, logs and caches, and what well-known servers write to (nginx, Apache, Redis,
Tomcat, …). In `WORKDIR` it may add files, but not change or replace those that are root's
(`chmod 1775`). Where the image was seen to run, the directories that it was seen to need are
given too. Volumes are given before `VOLUME`, since Docker's older builder forgets it after.

Nothing is written for images that start what needs root (sshd, cron, supervisord, …) or that are
built on by `ONBUILD`. It is only proposed where the entrypoint changes to another user by itself
(postgres, redis, gosu), where nothing says what is started, where a shell is started, and where
the program lies in root's home."""

ROOT_BREAKS = """\
- A program that writes where nothing in the file shows it, or to a file copied from the build
  context, fails with "permission denied", perhaps only when it first does so.
- Volumes that an older container filled as root, and directories of the host that are mounted,
  still belong to root: give them to the new number once (`chown -R 10001:10001`).
- Files that were copied with a mode for their owner alone can't be read any more.
- Ports below 1024 can be opened in a container's own network since Docker 20.10, but not with
  `network_mode: host`, on older engines, or where the sysctl `net.ipv4.ip_unprivileged_port_start`
  is set.
- An image built on this one has to say `USER root` before it installs anything, and `docker exec`
  is no longer root without `--user root`.
- Without an account of that number in `/etc/passwd`, programs that look themselves up (ssh, git,
  some of Java's) fail."""

ROOT_EXAMPLES: tuple[Example, ...] = (
    Example(
        'FROM python:3.13.5-slim\nWORKDIR /app\nCOPY . .\n\n# serve\nCMD ["python3", "app.py"]\n',
        "FROM python:3.13.5-slim\nWORKDIR /app\nCOPY . .\n\n"
        "RUN groupadd -r -g 10001 app \\\n"
        "    && useradd -r -u 10001 -g app -d /nonexistent -s /usr/sbin/nologin app \\\n"
        "    && chgrp 10001 /app \\\n"
        "    && chmod 1775 /app\n"
        'USER 10001:10001\n\n# serve\nCMD ["python3", "app.py"]\n',
    ),
    Example(
        'FROM alpine:3.22.1\nCOPY app /usr/bin/app\nVOLUME /data\nENTRYPOINT ["app"]\n',
        "FROM alpine:3.22.1\nCOPY app /usr/bin/app\n"
        "RUN addgroup -S -g 10001 app \\\n"
        "    && adduser -S -D -H -u 10001 -G app -s /sbin/nologin app \\\n"
        "    && mkdir -p /data \\\n"
        "    && chown -R 10001:10001 /data\n"
        'VOLUME /data\nUSER 10001:10001\nENTRYPOINT ["app"]\n',
    ),
    Example(
        'FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]',
        'FROM scratch\nCOPY app /\nUSER 65532:65532\nENTRYPOINT ["/app"]',
    ),
    Example(
        "FROM node:22.12.0\nWORKDIR /srv/app\nCOPY . .\nCMD node index.js\n",
        "FROM node:22.12.0\nWORKDIR /srv/app\nCOPY . .\n"
        "RUN chgrp 1000 /srv/app && chmod 1775 /srv/app\nUSER 1000\nCMD node index.js\n",
    ),
    Example(
        'FROM debian:12.5\nRUN useradd -u 1500 web\nCOPY web /web\nCMD ["/web"]\n',
        'FROM debian:12.5\nRUN useradd -u 1500 web\nCOPY web /web\nUSER 1500\nCMD ["/web"]\n',
    ),
    Example(
        "FROM jenkins/jenkins:2.479.2\nUSER root\nRUN apt-get update && apt-get install -y make\n"
        'CMD ["jenkins.sh"]\n',
        "FROM jenkins/jenkins:2.479.2\nUSER root\nRUN apt-get update && apt-get install -y make\n"
        'USER 1000\nCMD ["jenkins.sh"]\n',
    ),
    Example(
        'FROM alpine:3.22.1\nRUN adduser -D -u 1000 app\nUSER root\nCMD ["app"]\n',
        'FROM alpine:3.22.1\nRUN adduser -D -u 1000 app\nUSER 1000\nCMD ["app"]\n',
    ),
    Example(
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD app.exe\n",
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nUSER ContainerUser\nCMD app.exe\n",
    ),
)

ROOT_KEEPS = (
    'FROM python:3.13.5-slim\nCMD ["python3", "app.py"]\n',
    'FROM debian:12.5\nRUN apt-get install -y openssh-server\nCMD ["/usr/sbin/sshd", "-D"]\n',
    "FROM debian:12.5\nCMD service nginx start && tail -f /dev/null\n",
    "FROM postgres:17.5\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
    'FROM debian:12.5\nONBUILD RUN apt-get update\nCMD ["app"]\n',
    "FROM debian:12.5\n",
    'FROM scratch\nADD rootfs.tar.xz /\nCMD ["sh"]\n',
    'FROM debian:12.5\nRUN apt-get install -y gosu\nENTRYPOINT ["/entry.sh"]\n',
    "FROM alpine:3.22.1\nARG WHO\nUSER ${WHO}\n",
    'ARG BASE\nFROM ${BASE}\nCMD ["app"]\n',
)

NAMED_WRITES = """\
The number of the account instead of its name. It is *safe* where the file makes the account with
that very number, once, and nothing changes it later: the engine finds the same account by it,
with the same group and home; likewise for accounts whose number a distribution or image has
always had (`www-data` on Debian, `node`, `nobody`). Where the file makes it without saying a
number, one is given to it: *unsafe*. A group that is named stays."""

NAMED_BREAKS = """\
- If the line that makes the account is changed later, `USER` must change with it.
- An account that is given a number may have had another one: volumes that it wrote before belong
  to the old one.
- A script that compares the image's `User` with the name sees a number."""

NAMED_EXAMPLES: tuple[Example, ...] = (
    Example(
        "FROM alpine:3.22.1\nRUN adduser -D -u 1500 app\nUSER app\n",
        "FROM alpine:3.22.1\nRUN adduser -D -u 1500 app\nUSER 1500\n",
    ),
    Example(
        "FROM debian:12.5\nRUN groupadd -g 900 web && useradd --uid=901 -g web web\nUSER web:web\n",
        "FROM debian:12.5\nRUN groupadd -g 900 web && useradd --uid=901 -g web web\nUSER 901:web\n",
    ),
    Example("FROM node:22.12.0\nUSER node\n", "FROM node:22.12.0\nUSER 1000\n"),
    Example(
        "FROM debian:12.5\nRUN useradd -m app\nUSER app\n",
        "FROM debian:12.5\nRUN useradd -u 1000 -m app\nUSER 1000\n",
    ),
    Example(
        "FROM debian:12.5\nRUN adduser --system app\nUSER app\n",
        "FROM debian:12.5\nRUN adduser --uid 10001 --system app\nUSER 10001\n",
    ),
)

NAMED_KEEPS = (
    "FROM alpine:3.22.1\nRUN adduser -S app\nUSER app\n",
    "FROM debian:12.5\nRUN useradd -u 1500 app && usermod -u 1600 app\nUSER app\n",
    "FROM debian:12.5\nRUN id app || useradd -u 1500 app\nUSER app\n",
    "FROM ghcr.io/acme/base:1.2.3\nUSER app\n",
    "FROM debian:12.5\nRUN apt-get install -y redis-server\nUSER redis\n",
    "FROM fedora:41\nRUN useradd -o -u 1000 app\nUSER app\n",
)
