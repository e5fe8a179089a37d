"""The page: drawn from the document alone, safe to open, safe to pass on."""

import base64
import copy
import gzip
import hashlib
import io
import json
import re
from html import unescape
from itertools import pairwise
from typing import Any

import factory
import polars as pl
import pytest
from reading import leaves, visible

from biomarker.errors import SchemaError
from biomarker.report import EndpointFacts, ReportInputs, TreatmentFacts, build
from biomarker.report.html import render
from biomarker.report.words import numbers

NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?%?")
HOSTILE = [
    '<script>alert("x")</script>',
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" & 'single' `tick` {{ 7*7 }} {n}",
    "gene 🧬 遺伝子",
    "\u202eright-to-left\u202c غزال",
    "long " * 40,
    "=HYPERLINK(1)",
    "<!--",
]


def unpacked(text: str) -> str:
    return gzip.decompress(base64.b64decode(text)).decode()


def test_the_same_document_gives_the_same_bytes(demo_document: dict[str, Any], demo_page: str) -> None:
    read_back = json.loads(json.dumps(demo_document))
    assert hashlib.sha256(render(read_back).encode()).digest() == hashlib.sha256(demo_page.encode()).digest()


def test_every_number_on_the_page_is_in_the_document(demo_document: dict[str, Any], demo_page: str) -> None:
    known: set[str] = set()
    for leaf in leaves(demo_document):
        if isinstance(leaf, str):
            known.update(NUMBER.findall(leaf))
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            known.add(str(leaf))
            for printed in numbers.FORMATS.values():
                known.add(printed(leaf))

    def intervals(value: Any) -> None:
        if isinstance(value, dict):
            if {"estimate", "low", "high"} <= value.keys():
                known.update(numbers.interval_parts(value))
            for part in value.values():
                intervals(part)
        elif isinstance(value, list):
            for part in value:
                intervals(part)

    intervals(demo_document)
    found = NUMBER.findall(visible(demo_page))
    for packed in re.findall(r'<script type="application/gzip" class="rows">(.*?)</script>', demo_page, re.S):
        cells = [cell for row in json.loads(unpacked(packed)) for cell in row["c"]]
        found += [token for cell in cells for token in NUMBER.findall(cell if isinstance(cell, str) else cell[1])]
    assert len(found) > 5000
    assert (
        sorted({token for token in found if token.rstrip(",") not in known and token.lstrip("-−") not in known}) == []
    )


def test_a_changed_number_in_the_document_changes_the_page(demo_document: dict[str, Any]) -> None:
    changed = copy.deepcopy(demo_document)
    changed["sections"] = [section for section in changed["sections"] if section["id"] == "question"]
    before = visible(render(changed))
    overall = next(block for block in changed["sections"][0]["blocks"] if block.get("id") == "overall")
    overall["rows"][0][2]["estimate"] = 1.777
    after = visible(render(changed))
    assert "1.78" not in before
    assert "1.78" in after


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(demo_page: str) -> None:
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', demo_page)[1])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    styles = re.findall(r"<style>(.*?)</style>", demo_page, re.S)
    script = re.search(r"<script>(.*?)</script>", demo_page, re.S)[1]
    assert len(styles) == 2  # the second holds the Japanese glyphs
    for rule, texts in (("style-src", styles), ("script-src", [script])):
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert rules[rule] == " ".join(f"'sha256-{digest}'" for digest in digests)


def test_the_page_asks_for_nothing_from_outside(demo_page: str) -> None:
    links = re.findall(r'(?:src|href|action|poster|srcset)="([^"]*)"', demo_page)
    assert {link for link in links if not link.startswith("#")} == {"data:,", "candidates.tsv"}
    assert set(re.findall(r"url\(([^,)]*)", demo_page)) == {"data:font/woff;base64"}
    assert not re.search(r"@import|<(?:iframe|object|embed|base|form)\b", demo_page)
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", re.sub(r"(?s)<script.*?</script>", "", demo_page))


def test_the_embedded_document_is_the_document(demo_document: dict[str, Any], demo_page: str) -> None:
    embedded = re.search(r'<script type="application/gzip" id="report-data">(.*?)</script>', demo_page, re.S)[1]
    assert json.loads(unpacked(embedded)) == json.loads(json.dumps(demo_document))
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", embedded)


def test_the_page_carries_itself_in_japanese_with_the_glyphs_of_its_words(demo_document: dict[str, Any]) -> None:
    page = render(demo_document)
    packed = re.search(r'<script type="application/gzip" data-language="ja">(.*?)</script>', page, re.S)[1]
    body = unpacked(packed)
    assert "意思決定の要約" in visible(body)
    assert NUMBER.findall(visible(body))
    from fontTools.ttLib import TTFont

    font = base64.b64decode(re.search(r"data:font/woff;base64,([^)]*)\)", page)[1])
    known = TTFont(io.BytesIO(font)).getBestCmap()
    kanji = {character for character in body if "\u4e00" <= character <= "\u9fff"}
    assert len(kanji) > 300
    assert sorted(character for character in kanji if ord(character) not in known) == []
    assert len(page.encode()) < 1_500_000


def test_the_page_can_open_in_japanese(demo_document: dict[str, Any]) -> None:
    page = render(demo_document, language="ja")
    assert '<html lang="ja">' in page
    assert "意思決定の要約" in visible(page)
    assert 'data-language="en">' in page


def test_every_identity_is_used_once_and_every_reference_is_met(demo_page: str) -> None:
    identities = re.findall(r'\sid="([^"]*)"', demo_page)
    assert len(identities) == len(set(identities))
    for attribute in ("aria-labelledby", "for"):
        for value in re.findall(rf'{attribute}="([^"]*)"', demo_page):
            assert set(value.split()) <= set(identities)
    assert {link[1:] for link in re.findall(r'href="(#[^"]*)"', demo_page)} <= set(identities)


def test_tables_say_what_they_are_and_drawings_have_words(demo_page: str) -> None:
    assert demo_page.count("<table>") == demo_page.count("<caption ")
    assert not re.search(r"<th(?![^>]*scope=)[\s>]", demo_page)
    for chart in re.findall(r'<svg class="chart".*?</svg>', demo_page, re.S):
        assert re.search(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", chart)
    levels = [int(level) for level in re.findall(r"<h(\d)", demo_page)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.fixture(scope="module")
def hostile_inputs() -> ReportInputs:
    endpoints = (
        EndpointFacts(name="pfs", label=HOSTILE[0], type="survival", unit='"><b>', better="longer"),
        EndpointFacts(name="response", label=HOSTILE[4], type="binary", better="event"),
    )
    facts = factory.study(
        title=HOSTILE[1],
        endpoints=endpoints,
        treatment=TreatmentFacts(comparisons=(("drug<i>", "placebo&"),)),
        covariates=tuple(HOSTILE),
        modalities={HOSTILE[0]: HOSTILE[1]},
    )
    planted = {("predictive", "pfs", "G0003"): -7.0, ("prognostic", "response", "G0001"): 7.0}
    inputs = factory.inputs(facts, genes=30, planted=planted)
    names = pl.Series(HOSTILE)
    for key, screen in inputs.screens.items():
        inputs.screens[key] = screen.with_columns(
            label=names.gather(pl.int_range(screen.height, eager=True) % len(HOSTILE))
        )
    order = pl.int_range(inputs.candidates.height, eager=True) % len(HOSTILE)
    return ReportInputs(
        **{
            **{name: getattr(inputs, name) for name in inputs.__dataclass_fields__},
            "candidates": inputs.candidates.with_columns(label=names.gather(order)),
            "flow": inputs.flow.with_columns(
                pl.when(pl.col("reason").is_not_null()).then(pl.lit(HOSTILE[1])).alias("reason")
            ),
            "provenance": {
                **factory.PROVENANCE,
                "commands": HOSTILE,
                "note": HOSTILE[0],
                "versions": {HOSTILE[0]: HOSTILE[1]},
            },
        }
    )


def test_hostile_names_stay_text(hostile_inputs: ReportInputs) -> None:
    page = render(build(hostile_inputs))
    kinds = re.findall(r'<script(?: type="([^"]*)")?', page)
    assert set(kinds) == {"application/gzip", "application/json", ""}
    assert kinds.count("") == 1
    inner = unpacked(re.search(r'data-language="ja">(.*?)</script>', page, re.S)[1])
    kinds = {' type="application/json" class="rows"', ' type="application/json" class="words"'}
    assert set(re.findall(r"<script([^>]*)>", inner)) <= kinds
    assert "<img" not in inner
    assert "<img" not in page
    assert "<!--" not in page
    assert "49" not in re.findall(r"\{\{.{0,9}", page)
    drawn = re.sub(r'(?s)<script type="application/json".*?</script>', "", page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", drawn)
    assert '<script>alert("x")</script>' in visible(page)
    assert "{{ 7*7 }}" in visible(page)
    assert "🧬 遺伝子" in visible(page)


def test_a_document_of_a_newer_version_is_refused(demo_document: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="version 99"):
        render({**demo_document, "schema_version": 99})


def test_sums_that_do_not_add_up_in_a_document_are_flagged(demo_document: dict[str, Any]) -> None:
    changed = copy.deepcopy(demo_document)
    changed["sections"] = [section for section in changed["sections"] if section["id"] == "flow"]
    sums = next(block for block in changed["sections"][0]["blocks"] if block["block"] == "sums")
    sums["rows"][0]["difference"] = 2
    page = render(changed)
    assert 'class="sum wrong"' in page
    assert "DOES NOT ADD UP: 2 missing" in visible(page)


def test_the_page_names_the_correction_that_the_study_file_asks_for() -> None:
    words = visible(render(build(factory.inputs(factory.study(correction="Storey"), genes=40))))
    assert words.count("Storey") == 4  # methods, chance, the four questions, assumptions
    assert "Benjamini-Hochberg" not in words
