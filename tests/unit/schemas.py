"""Validators of inventories, from packages that carry the official schemas."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

_CYCLONEDX = ("bom-1.6", "spdx", "jsf-0.82")


def invalid_cyclonedx(text: str) -> list[str]:
    """What the schema of CycloneDX 1.6 has against a document."""
    return [error.message[:200] for error in _cyclonedx().iter_errors(json.loads(text))]


@cache
def _cyclonedx() -> Any:
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib carries the schema")
    folder = files("cyclonedx.schema._res")
    names = [f"{name}.SNAPSHOT.schema.json" for name in _CYCLONEDX]
    schemas = [json.loads((folder / name).read_text()) for name in names]
    base = schemas[0]["$id"].rpartition("/")[0]
    known = [
        (f"{base}/{name}", Resource.from_contents(schema))
        for name, schema in zip(names, schemas, strict=True)
    ]
    registry: Registry[Any] = Registry().with_resources(known)
    return jsonschema.Draft7Validator(schemas[0], registry=registry)


def invalid_spdx(text: str) -> list[str]:
    """What the tools of SPDX have against a document of version 2.3."""
    pytest.importorskip("spdx_tools", reason="spdx-tools validates SPDX documents")
    parser = import_module("spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser")
    validation = import_module("spdx_tools.spdx.validation.document_validator")
    document = parser.JsonLikeDictParser().parse(json.loads(text))
    found = validation.validate_full_spdx_document(document, "SPDX-2.3")
    return [message.validation_message for message in found]
