"""Practices that the source document leaves unsaid and its peers check: sound Dockerfiles."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, nist, owasp

GRACEFUL_STOP = Practice(
    id="graceful-stop",
    chapter=Chapter.CRAFT,
    statement="The container's first process gets the stop signal and ends cleanly.",
    why=(
        "A process that never sees SIGTERM is killed after ten seconds with requests and writes "
        "half done, and a first process that reaps no children fills the process table."
    ),
    remedy=(
        "Write ENTRYPOINT and CMD in JSON form, end start scripts with `exec`, and run with "
        "`--init` where the program starts children."
    ),
    citations=(owasp("D07"), nist("4.4.3")),
)

SOUND_DOCKERFILE = Practice(
    id="sound-dockerfile",
    chapter=Chapter.CRAFT,
    statement="Each instruction does what a reader takes it to do.",
    why=(
        "An instruction without effect, or with another effect than it seems to have, hides "
        "mistakes: the user, the path or the command that was reviewed is not the one that runs."
    ),
    remedy="Write the plain form that the rule names; it builds the same image.",
    citations=(cis("4.9"), nist("4.1.2")),
)

PRACTICES = (GRACEFUL_STOP, SOUND_DOCKERFILE)
