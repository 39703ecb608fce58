"""Practices of the chapters on operations, compliance and emergencies: what people keep up."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

MONITORED = Practice(
    id="monitored",
    chapter=Chapter.OPERATIONS,
    statement="Hosts and containers are monitored, and somebody is told.",
    why=(
        "An intruder whom nobody sees stays for months. A new process, a changed file or sudden "
        "load in a container that does one thing is easy to see, if anyone looks."
    ),
    remedy=(
        "Run a monitor for containers and audit rules for the engine, send alerts to a person, and "
        "attest it in the policy with who, where and until when."
    ),
    citations=(cis("1.1.3"), owasp("D10"), nist("4.4.5"), cwe(778)),
    checklist="Monitoring enabled",
)

UPDATED = Practice(
    id="updated",
    chapter=Chapter.OPERATIONS,
    statement="The engine, images and base images are recent.",
    why=(
        "Ways out of a container are found every year in engine, runtime and kernel, and public "
        "once fixed: on a host that is not updated any foothold in a container becomes the host."
    ),
    remedy=(
        "Update the engine and kernel with the distribution's security updates, and rebuild and "
        "redeploy images at least monthly, by machine."
    ),
    citations=(cis("1.2.2"), cis("4.4"), owasp("D02"), nist("4.4.1"), cwe(1329)),
    checklist="Regular updates",
)

BACKED_UP = Practice(
    id="backed-up",
    chapter=Chapter.OPERATIONS,
    statement="Every named volume is in a backup plan.",
    why=(
        "Whoever encrypts or deletes a volume, or a `docker compose down -v`, takes the only copy "
        "of the data; without a backup the attacker sets the price."
    ),
    remedy=(
        "Copy every named volume regularly to a place that the host cannot overwrite, try the "
        "restore, and attest it in the policy."
    ),
    citations=(owasp("D09"), nist("4.4.3"), cwe(693)),
    checklist="Backup strategy",
)

RESPONSE_PLAN = Practice(
    id="response-plan",
    chapter=Chapter.OPERATIONS,
    statement="There is a plan for incidents, and people know it.",
    why=(
        "Who acts without a plan restarts the container, and with it goes the evidence of how the "
        "attacker came in; he comes back the same way."
    ),
    remedy=(
        "Write down who decides, how to preserve and contain, and whom to tell; try it once a year "
        "and attest it in the policy."
    ),
    citations=(owasp("D10"), nist("4.4.5"), cwe(1059)),
    checklist="Incident response plan",
)

CIS_DOCKER = Practice(
    id="cis-docker",
    chapter=Chapter.COMPLIANCE,
    statement="The controls of the CIS Docker Benchmark hold or are waived by name.",
    why=(
        "The benchmark is the list that auditors and attackers both work through: what it finds "
        "open is what the usual tools use first."
    ),
    remedy="Go through the report by control; fix what fails, and waive with a reason and a date.",
    citations=(cis("1.2.1"), cwe(1188)),
)

OWASP_DOCKER_TOP10 = Practice(
    id="owasp-docker-top10",
    chapter=Chapter.COMPLIANCE,
    statement="None of the ten risks of the OWASP Docker Top 10 is left open.",
    why=(
        "The ten are the ways in which containers are most often attacked; one that is open is the "
        "way in, however well the others are closed."
    ),
    remedy="Go through the report from D01 to D10 and close each risk that has findings.",
    citations=(owasp("D04"), cwe(1188)),
)

NIST_800_190 = Practice(
    id="nist-800-190",
    chapter=Chapter.COMPLIANCE,
    statement="The countermeasures of NIST SP 800-190 are in place.",
    why=(
        "The guide goes through images, registries, orchestrators, containers and hosts: an "
        "attacker takes whichever of the five nobody looked after."
    ),
    remedy="Go through the report by section and put each missing countermeasure in place.",
    citations=(nist("4.1"), nist("4.4"), cwe(1188)),
)

RESPOND = Practice(
    id="respond",
    chapter=Chapter.EMERGENCY,
    statement=(
        "In an incident, evidence is preserved, the container contained, and only then is it "
        "collected, analysed and reported."
    ),
    why=(
        "Memory, connections and files in tmpfs are gone when the container stops, and the "
        "attacker's traces with them; left running, it lets him go on."
    ),
    remedy=(
        "Pause before you stop, take the volatile things first, write down hashes of all that is "
        "collected, and cut the network before you let it run again."
    ),
    citations=(owasp("D10"), nist("4.4.5"), cwe(223)),
    checklist="Incident response plan",
)

PRACTICES = (
    MONITORED,
    UPDATED,
    BACKED_UP,
    RESPONSE_PLAN,
    CIS_DOCKER,
    OWASP_DOCKER_TOP10,
    NIST_800_190,
    RESPOND,
)
"""The chapters, in the order of the source document."""
