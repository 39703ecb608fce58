"""Documents of other tools, as small as they can be and still be told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

DIFF = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def written(path: Path, document: object) -> str:
    """The path of a file with the document in it."""
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return str(path)


def cyclonedx(*components: Json, **others: Any) -> Json:
    """A CycloneDX document."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": list(components),
        **others,
    }


def component(purl: str, kind: str = "library", **others: Any) -> Json:
    """A component of CycloneDX."""
    return {"type": kind, "name": others.pop("name", "x"), "purl": purl, **others}


def properties(**pairs: str) -> list[Json]:
    """Properties; two underscores stand for the colon in a name."""
    return [{"name": name.replace("__", ":"), "value": value} for name, value in pairs.items()]


def spdx(*packages: Json, **others: Any) -> Json:
    """An SPDX document."""
    return {"spdxVersion": "SPDX-2.3", "packages": list(packages), **others}


def spdx_package(name: str, purl: str = "", **others: Any) -> Json:
    """A package of SPDX."""
    references = [{"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x:x:1"}]
    if purl:
        references.append({"referenceType": "purl", "referenceLocator": purl})
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "externalRefs": references, **others}


def trivy(*results: Json, **metadata: Any) -> Json:
    """A report of Trivy."""
    return {
        "SchemaVersion": 2,
        "ArtifactName": "acme/app:1",
        "Metadata": metadata,
        "Results": list(results),
    }


def grype(*matches: Json, **others: Any) -> Json:
    """A report of Grype."""
    return {"matches": list(matches), "descriptor": {"name": "grype"}, **others}
