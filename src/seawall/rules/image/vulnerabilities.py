"""Packages with flaws that the public knows of; the exploited ones first."""

from __future__ import annotations

from seawall.advisories.model import Vulnerabilities
from seawall.core.rule import Gains, Needs, Risk, Rule
from seawall.rules.deferred import deferred
from seawall.rules.practices import NO_KNOWN_VULNERABILITIES

EXPLOITED_VULNERABILITY = Rule(
    id="exploited-vulnerability",
    title="Package with a flaw that attackers use",
    practice=NO_KNOWN_VULNERABILITIES,
    risk=Risk(Needs.NOTHING, Gains.CODE),
    on={Vulnerabilities: deferred("image.flaws:exploited")},
    bad=(
        "=== image\nFROM debian:12\n  deb liblzma5 5.4.1-0.2\n=== advisories\n"
        "CVE-2026-1001 deb liblzma5 fixed=5.4.1-1 severity=medium exploited=2026-02-01\n",
    ),
    good=(
        "=== image\nFROM debian:12\n  deb liblzma5 5.4.1-0.2\n=== advisories\n"
        "CVE-2026-1001 deb liblzma5 fixed=5.4.1-1 severity=critical\n",
    ),
    why=(
        "CISA lists flaws that attackers are known to use. Whoever scans the network for them has "
        "a working exploit at hand, so the time to act is hours, whatever the score says."
    ),
)

VULNERABLE_PACKAGE = Rule(
    id="vulnerable-package",
    title="Package with a known flaw and a fix",
    practice=NO_KNOWN_VULNERABILITIES,
    risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
    aliases=("dockle:CIS-DI-0004",),
    on={Vulnerabilities: deferred("image.flaws:fixable")},
    bad=(
        "=== image\nFROM debian:12\n  deb openssl 3.0.11-1\n=== advisories\n"
        "CVE-2026-1002 deb openssl fixed=3.0.15-1 severity=high\n",
        "=== image\nFROM python:3.13\nRUN pip install django==4.2.1\n  pypi django 4.2.1\n"
        "=== advisories\nCVE-2026-1003 pypi django fixed=4.2.9 severity=medium\n",
    ),
    good=(
        "=== image\nFROM debian:12\n  deb openssl 3.0.15-1\n",
        "=== image\nFROM debian:12\n  deb openssl 3.0.11-1\n=== advisories\n"
        "CVE-2026-1002 deb openssl severity=high\n",
    ),
)

UNFIXED_VULNERABILITY = Rule(
    id="unfixed-vulnerability",
    title="Package with a known flaw and no fix",
    practice=NO_KNOWN_VULNERABILITIES,
    risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
    on={Vulnerabilities: deferred("image.flaws:unfixed")},
    bad=(
        "=== image\nFROM debian:12\n  deb zlib1g 1.2.13\n=== advisories\n"
        "CVE-2026-1004 deb zlib1g severity=high\n",
    ),
    good=(
        "=== image\nFROM debian:12\n  deb zlib1g 1.2.13\n=== advisories\n"
        "CVE-2026-1004 deb zlib1g severity=high fixed=1.2.14\n",
    ),
    why=(
        "The flaw is public and the package is in the image, but nobody has released a fix: all "
        "that helps today is to do without the package, or to know of it and be quick later."
    ),
)

MALICIOUS_PACKAGE = Rule(
    id="malicious-package",
    title="Package that is itself an attack",
    practice=NO_KNOWN_VULNERABILITIES,
    risk=Risk(Needs.NOTHING, Gains.CODE),
    on={Vulnerabilities: deferred("image.flaws:malicious")},
    bad=(
        "=== image\nFROM node:22\nRUN npm ci\n  npm lodahs 1.0.0\n=== advisories\n"
        "MAL-2026-1005 npm lodahs malicious\n",
    ),
    good=("=== image\nFROM node:22\nRUN npm ci\n  npm lodash 4.17.21\n",),
    why=(
        "The package was published to do harm: it steals credentials or opens a back door when it "
        "is installed or loaded. It has done so in this build, and does again at each start."
    ),
)

RULES: tuple[Rule, ...] = (
    EXPLOITED_VULNERABILITY,
    MALICIOUS_PACKAGE,
    VULNERABLE_PACKAGE,
    UNFIXED_VULNERABILITY,
)
