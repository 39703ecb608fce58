"""Practices of the chapter on networks: who can reach what, and who can listen in."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

SEGMENTED_NETWORKS = Practice(
    id="segmented-networks",
    chapter=Chapter.NETWORK,
    statement=(
        "Public-facing and data services do not share one flat network; private networks are "
        "internal; nothing uses the default bridge."
    ),
    why=(
        "On a flat network whoever takes over the web server talks to the database directly, and "
        "to everything else. Each network in between is one more thing that he has to break."
    ),
    remedy=(
        "Give each tier a network of its own, put only the service that links two tiers on both, "
        "and mark the data network `internal: true`."
    ),
    citations=(cis("2.2"), cis("5.30"), owasp("D03"), nist("4.3.3"), cwe(653)),
    checklist="Network isolated",
)

MINIMAL_EXPOSURE = Practice(
    id="minimal-exposure",
    chapter=Chapter.NETWORK,
    statement=(
        "No database, administration or SSH port is exposed or published, and nothing listens on "
        "every address without need."
    ),
    why=(
        "Open databases and admin ports are found by internet-wide scans within hours, and Docker "
        "publishes a port past most host firewalls. An `EXPOSE` of such a port is what "
        "`docker run -P` then publishes."
    ),
    remedy=(
        "Expose only the port that the application serves; let services reach each other over a "
        "network, and bind what must be published to one address: `127.0.0.1:8080:8080`."
    ),
    citations=(cis("5.7"), cis("5.9"), cis("5.14"), owasp("D03"), nist("4.4.2"), cwe(668)),
    checklist="Network isolated",
)

TLS_IN_TRANSIT = Practice(
    id="tls-in-transit",
    chapter=Chapter.NETWORK,
    statement=(
        "Published services speak TLS with sound certificates and private keys, and the engine's "
        "TCP socket demands client certificates."
    ),
    why=(
        "Without TLS anyone on the path reads and changes the traffic: passwords, sessions, the "
        "program that is downloaded. An engine on plain TCP is root on the host for whoever finds "
        "the port."
    ),
    remedy=(
        "Serve TLS from the service or a proxy before it, mount certificates read-only and keys in "
        "mode 0400, renew them by machine, and start the engine with `--tlsverify`."
    ),
    citations=(cis("2.8"), owasp("D03"), nist("4.2.1"), cwe(319), cwe(295)),
    checklist="Network isolated",
)

PRACTICES = (SEGMENTED_NETWORKS, MINIMAL_EXPOSURE, TLS_IN_TRANSIT)
"""The chapter, in the order of the source document."""
