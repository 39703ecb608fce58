"""Foreign text wherever a report on images or an inventory has some: nothing leaves its place."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imaged import flaw, image, layer, matched, package, scanned
from schemas import invalid_cyclonedx
from test_report_hostile import NASTY, RAW

from seawall.core.inventory import (
    Advice,
    Comparison,
    FlawChange,
    ImageSummary,
    LayerSummary,
    PackageChange,
)
from seawall.core.model import (
    Confidence,
    Finding,
    Flaw,
    InLayer,
    Location,
    Problem,
    Severity,
    Span,
    Target,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source
from seawall.reports import FORMATS, INVENTORIES, RenderOptions, render, render_inventory

TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\u202e\udcff\ud800\r\n\t:#|`<>&\"'\\[]()@%{}\u2028\ufffe"),
    ),
    max_size=40,
)
OPTIONS = RenderOptions(width=80, verbose=1)


def nasty(text: str) -> Report:
    """A report on images that says `text` wherever anything foreign can stand."""
    source = Source(text, f"{text}\n")
    layer = InLayer(0, text, text, text, removed_by=text)
    flaws = (
        None,
        Flaw(
            *(text,) * 4, (text,), (text,), text, (text,), text, text, exploited=text, links=(text,)
        ),
        Flaw(text, text, text),
    )
    findings = tuple(
        Finding(
            rule="rule",
            practice="practice",
            title=text,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            verdict=Verdict.FAIL,
            target=text,
            location=Location(text, Span(1, 1, 1, 1), text),
            message=text,
            label=text,
            why=text,
            remedy=text,
            evidence=(),
            fix=None,
            standards=(text,),
            fingerprint=text,
            layer=layer,
            flaw=each,
        )
        for each in flaws
    )
    advice = Advice("upgrade", text, (text, f"RUN {text}"), {"high": 1}, (text,))
    summary = ImageSummary(
        *(text,) * 6,
        10,
        (LayerSummary(0, text, 10, 1, True, 1, {"high": 1}),),
        {text: 1},
        (advice, Advice("wait", text, (), {"low": 1}, (text,))),
    )
    package, change = PackageChange(*(text,) * 4), FlawChange(text, "high", *(text,) * 5)
    return Report(
        targets=(Target(text, "image"),),
        findings=findings,
        problems=tuple(Problem(text, f"{text}: {text}", text) for _ in range(4)),
        excerpts={text: Excerpt(source)},
        images=(summary,),
        comparison=Comparison(text, text, 1, 2, (package,), (package,), (package,), (change,)),
    )


def check(form: str, shown: str) -> None:
    """Nothing raw is left, and the form holds."""
    assert RAW.search(shown.replace("\ufeff", "")) is None
    shown.encode()
    if form in {"json", "sarif", "gitlab"}:
        json.loads(shown)
    elif form == "jsonl":
        assert all(json.loads(line)["type"] for line in shown.splitlines())
    elif form == "junit":
        ET.fromstring(shown)  # noqa: S314 -- we have written it
    elif form == "github":
        assert all(line.startswith("::") for line in shown.rstrip("\n").split("\n"))
    elif form == "html":
        for svg in re.findall(r"<svg.*?</svg>", shown):
            ET.fromstring(svg)  # noqa: S314 -- we have written it
        assert "<script" not in shown
    elif form in {"text", "concise"}:
        assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_worst_text_stays_in_its_place(form: str) -> None:
    check(form, render(form, nasty(NASTY), OPTIONS))


@pytest.mark.parametrize("form", sorted(FORMATS))
@given(text=TEXTS)
@settings(max_examples=40, deadline=None)
def test_any_text_stays_in_its_place(form: str, text: str) -> None:
    check(form, render(form, nasty(text), OPTIONS))


@given(text=TEXTS)
@settings(max_examples=40, deadline=None)
def test_nothing_of_an_image_adds_markup_to_the_page(text: str) -> None:
    def tags(shown: str) -> list[str]:
        inner = re.sub(r"</?(?:code|p|br|pre|h\d|li|span|strong)\b[^>]*>", "", shown)
        return re.findall(r"<(\w+)", inner.partition("<main")[2])

    plain = [*tags(render("html", nasty("x"), OPTIONS))]
    found = [*tags(render("html", nasty(text or "x"), OPTIONS))]
    assert set(found) <= set(plain)


def hostile(text: str) -> Any:
    """An image that says `text` wherever anything foreign can stand."""
    bad = package(
        "npm",
        text,
        text,
        namespace=text,
        path=text,
        licenses=(text, f"MIT OR {text}"),
        supplier=f"{text} <{text}>",
        requires=(text,),
        source=text,
        source_version=text,
        cataloguer=text,
    )
    system = package("deb", text, text, architecture=text, source=text)
    shown = image(
        [bad, system],
        (layer(0, text),),
        name=text,
        tags=(text,),
        problems=(text,),
        digest=text,
        platform=text,
        distribution=None,
    )
    known = flaw(
        text, aliases=(text,), title=text, cvss=text, links=(text,), published=text, exploited=text
    )
    return scanned(shown, matched(bad, known, text), excused=[(matched(system, known), text)])


@pytest.mark.parametrize("form", sorted(INVENTORIES))
@given(text=TEXTS)
@settings(max_examples=60, deadline=None)
def test_inventories_are_whole_whatever_names_say(form: str, text: str) -> None:
    shown = render_inventory(form, (hostile(text),), OPTIONS)
    document = json.loads(shown)
    assert RAW.search(shown) is None
    if form == "cyclonedx":
        refs = [part["bom-ref"] for part in document["components"]]
        assert len(refs) == len(set(refs))
        assert all(row["ref"] in {*refs, "image"} for row in document["dependencies"])
        assert invalid_cyclonedx(shown) == []
    else:
        ids = [part["SPDXID"] for part in document["packages"]]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in ids)
