"""Practices of the chapter on builds: what goes into an image, and from where."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

MULTI_STAGE_BUILD = Practice(
    id="multi-stage-build",
    chapter=Chapter.BUILD,
    statement="Compilers and build tools stay out of the final stage.",
    why=(
        "A compiler in the image lets an intruder build his exploit on the spot, and build tools "
        "with their caches and sources bring most of an image's known vulnerabilities without "
        "ever running in production."
    ),
    remedy=(
        "Build in one stage and copy only the result into a small one: "
        "`COPY --from=builder /app/app /app/app`."
    ),
    citations=(cis("4.3"), owasp("D04"), nist("4.1.2"), cwe(1125)),
    checklist="Multi-stage build used",
)

MINIMAL_PACKAGES = Practice(
    id="minimal-packages",
    chapter=Chapter.BUILD,
    statement=(
        "No package is installed that the application does not need, no recommended ones come "
        "along, and caches go in the layer that made them."
    ),
    why=(
        "An intruder works with what he finds: curl, git, ssh, sudo and editors save him the "
        "download. Each package is also one more that must be patched, and a cache or package "
        "list left behind only adds to what must be shipped and scanned."
    ),
    remedy=(
        "Install by name what runs in production: "
        "`apt-get install -y --no-install-recommends … && rm -rf /var/lib/apt/lists/*`, "
        "`apk add --no-cache …`, `pip install --no-cache-dir …`."
    ),
    citations=(cis("4.3"), owasp("D04"), nist("4.1.2"), cwe(1125)),
    checklist="Minimal dependencies",
)

NO_SETUID_BINARIES = Practice(
    id="no-setuid-binaries",
    chapter=Chapter.BUILD,
    statement="No file has a setuid or setgid bit or capabilities that the policy does not allow.",
    why=(
        "A setuid program runs as its owner, mostly root, whoever starts it. One fault in one of "
        "them makes an intruder without rights root in the container."
    ),
    remedy=(
        "Take the bits off in the image: "
        "`RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +`."
    ),
    citations=(cis("4.8"), owasp("D04"), nist("4.1.2"), cwe(250)),
    checklist="Proper file permissions",
)

TRUSTED_DOWNLOADS = Practice(
    id="trusted-downloads",
    chapter=Chapter.BUILD,
    statement=(
        "What a build downloads is verified: no `curl | sh`, no ADD from a URL without checksum, "
        "TLS and signature checks on."
    ),
    why=(
        "Whoever controls the server, the mirror or the way there decides what runs in your build "
        "and ships in your image; without a checksum or signature nothing shows that it changed."
    ),
    remedy=(
        "Download over HTTPS to a file, compare it with a known checksum "
        "(`ADD --checksum=sha256:…`, `sha256sum -c`) or signature, then run it; prefer signed "
        "packages of the distribution."
    ),
    citations=(cis("4.9"), cis("4.11"), owasp("D08"), nist("4.1.5"), cwe(494)),
    checklist="Minimal dependencies",
)

DOCKERIGNORE = Practice(
    id="dockerignore",
    chapter=Chapter.BUILD,
    statement="A .dockerignore keeps version control, secrets and build output out of the context.",
    why=(
        "`COPY . .` takes all that the context holds: the git history with everything ever "
        "committed, `.env`, keys. Whoever pulls the image reads them there."
    ),
    remedy=(
        "Put a .dockerignore beside the Dockerfile's context that lists at least `.git`, `.env*`, "
        "`*.pem`, `*.key` and the build output, or one that ignores all (`*`) and lets in by name."
    ),
    citations=(cis("4.10"), owasp("D06"), nist("4.1.4"), cwe(538)),
    checklist=".dockerignore configured",
)

PATCHED_PACKAGES = Practice(
    id="patched-packages",
    chapter=Chapter.BUILD,
    statement=(
        "Base packages are upgraded, package lists are fetched in the layer that installs, and "
        "build dependencies go in the layer that brought them."
    ),
    why=(
        "An `update` alone in its layer is cached: later builds install from lists that are months "
        "old, with holes that have long been fixed and published. What a later layer removes is "
        "still in the image for whoever unpacks it."
    ),
    remedy=(
        "Write one layer: `RUN apt-get update && apt-get install -y …`, or "
        "`RUN apk upgrade --no-cache`, and install, use and remove build dependencies in one RUN."
    ),
    citations=(cis("4.4"), cis("4.7"), owasp("D02"), nist("4.1.1"), cwe(1104)),
    checklist="Regular updates",
)

PRACTICES = (
    MULTI_STAGE_BUILD,
    MINIMAL_PACKAGES,
    NO_SETUID_BINARIES,
    TRUSTED_DOWNLOADS,
    DOCKERIGNORE,
    PATCHED_PACKAGES,
)
"""The chapter, in the order of the source document."""
