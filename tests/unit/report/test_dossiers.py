"""A dossier for each leading candidate, and where it is cut."""

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import factory
import polars as pl
import pytest
from reading import ENGLISH, blocks, cells, section, sentences, table, visible

from biomarker.data.tables import CandidateCutoffs, CandidateEffects
from biomarker.report import ReportInputs, TreatmentFacts, build
from biomarker.report.edition import dossier_pages
from biomarker.report.html import render

KEY = ["candidate_id", "endpoint", "comparison", "contrast"]


def effects(row: dict[str, Any], *, n: int = 60, n_events: int = 25) -> pl.DataFrame:
    """A difference and both arms' rates in all, marker-positive and marker-negative subjects."""
    key = {name: row[name] for name in KEY}
    rows = []
    for population in ("all", "positive", "negative"):
        for arm, measure, basis in (
            (None, "risk difference", "heldout"),
            ("drug", "rate", "raw"),
            ("placebo", "rate", "raw"),
        ):
            rows.append(
                {
                    **key, "population": population, "arm": arm, "measure": measure, "scale": "additive",
                    "basis": basis, "estimate": 0.25, "std_error": 0.1, "ci_low": 0.05, "ci_high": 0.45,
                    "n": n, "n_events": n_events, "horizon": None, "cohort": None,
                }
            )  # fmt: skip
    return CandidateEffects.validate(pl.DataFrame(rows, infer_schema_length=None))


def cutoffs(row: dict[str, Any]) -> pl.DataFrame:
    one = {
        **{name: row[name] for name in KEY}, "cutoff": 4.66, "unit": "TPM", "positive": "above", "ci_low": 4.0,
        "ci_high": 5.3, "statistic": 6.1, "p_value": 0.0123, "prevalence": 0.41, "prevalence_low": 0.35,
        "prevalence_high": 0.47, "n": 228, "assay_sensitivity": 0.97, "assay_specificity": 0.98, "source": "assumed",
    }  # fmt: skip
    return CandidateCutoffs.validate(pl.DataFrame([one]))


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return factory.inputs(genes=40)


@pytest.fixture(scope="module")
def leader(inputs: ReportInputs) -> dict[str, Any]:
    return inputs.candidates.filter(pl.col("contrast") == "predictive").sort("rank_overall").row(0, named=True)


def dossiers(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in section(document, "dossiers")["blocks"] if block["block"] == "dossier"]


def said(dossier: dict[str, Any]) -> str:
    return " ".join(sentences(dossier))


def test_candidates_that_pass_have_a_dossier_and_their_names_lead_there(inputs: ReportInputs) -> None:
    document = build(inputs)
    made = {one["id"] for one in dossiers(document)}
    called = inputs.candidates.filter(pl.col("q_value") <= inputs.study.q)
    assert made == {f"dossier-{rank}" for rank in called["rank_overall"].sort().head(10)}
    links = table(document, "candidates")["links"]
    assert {link for link in links if link} == made
    page = render(document)
    assert all(f'id="{identity}"' in page for identity in made)


def test_where_none_passes_those_that_came_closest_are_told_as_such() -> None:
    document = build(factory.inputs(genes=60, planted={}, noise=0.5))
    assert len(dossiers(document)) == 3
    assert any("No candidate passes q ≤ 0.05. These 3 came closest" in one for one in sentences(document))
    assert all("It does not pass" in said(one) for one in dossiers(document))


def test_a_predictive_category_needs_randomised_arms(inputs: ReportInputs) -> None:
    assert "candidate predictive biomarker" in " ".join(said(one) for one in dossiers(build(inputs)))
    observed = TreatmentFacts(comparisons=(("drug", "placebo"),), assignment="observational")
    other = dataclasses.replace(inputs, study=dataclasses.replace(inputs.study, treatment=observed))
    told = " ".join(said(one) for one in dossiers(build(other)))
    assert "candidate predictive biomarker" not in told
    assert "BEST category: none yet" in told


def test_a_single_arm_has_no_category() -> None:
    facts = factory.study(treatment=None, covariates=())
    document = build(factory.inputs(facts, genes=60, planted={("response", "pfs", "G0031"): -6.0}, noise=0.5))
    assert "cannot be told" in said(dossiers(document)[0])
    assert "predictive biomarker" not in said(dossiers(document)[0])


def test_a_candidate_that_failed_in_held_out_subjects_is_said_to_have_failed(inputs: ReportInputs) -> None:
    tried = inputs.candidates.with_columns(p_heldout=pl.lit(0.61))
    first = dossiers(build(dataclasses.replace(inputs, candidates=tried)))[0]
    assert "It failed where it was tried again: p in held-out subjects is 0.61" in said(first)
    assert "not been tried in subjects who had no part" in said(dossiers(build(inputs))[0])


def test_effects_and_the_cut_off_stand_in_the_dossier_and_in_the_section(inputs, leader) -> None:
    tables = {"candidate_effects": effects(leader), "candidate_cutoffs": cutoffs(leader)}
    document = build(dataclasses.replace(inputs, tables=tables))
    own = next(one for one in dossiers(document) if one["id"] == f"dossier-{leader['rank_overall']}")
    shown = next(b for b in own["blocks"] if b.get("id", "").endswith("-effects"))
    assert cells(shown, "n") == [60] * 9
    assert {ENGLISH.plain(cell) for cell in cells(shown, "population")} == {"all", "marker-positive", "marker-negative"}
    assert any(b["block"] == "figure" and b["id"].endswith("-forest") for b in own["blocks"])
    assert cells(table(document, "cutoffs"), "cutoff_p") == [0.0123]
    assert "assumed" in [ENGLISH.plain(cell) for cell in cells(table(document, "cutoffs"), "source")]
    assert not section(document, "cutoff")["no_data"]
    assert "4.66 (4.00 to 5.30)" in visible(render(document))


@pytest.mark.parametrize(("n", "n_events"), [(4, 2), (60, 3), (60, 58)])
def test_groups_with_a_small_count_are_shown_to_no_partner(inputs, leader, n: int, n_events: int) -> None:
    tables = {"candidate_effects": effects(leader, n=n, n_events=n_events)}
    given = dataclasses.replace(inputs, tables=tables)
    for edition, populations in (("partner", {"all"}), ("internal", {"all", "marker-positive", "marker-negative"})):
        own = next(o for o in dossiers(build(given, edition)) if o["id"] == f"dossier-{leader['rank_overall']}")
        shown = next(b for b in own["blocks"] if b.get("id", "").endswith("-effects"))
        assert {ENGLISH.plain(cell) for cell in cells(shown, "population")} == populations
        assert ("Marker groups are not shown" in said(own)) == (edition == "partner")


def test_without_cut_offs_the_section_says_so(inputs: ReportInputs) -> None:
    assert section(build(inputs), "cutoff")["no_data"]


def test_a_dossier_is_a_page_of_its_own(inputs: ReportInputs) -> None:
    document = json.loads(json.dumps(build(inputs)))
    pages = dossier_pages(document, "en")
    assert len(pages) == len(dossiers(document))
    (name, page), *_ = pages.items()
    assert name.startswith("dossier-1.")
    assert name.endswith(".html")
    assert "Content-Security-Policy" in page
    assert "What speaks against it" in visible(page)
    assert "#candidates" not in page
    assert len(page.encode()) < 1_000_000


def test_blocks_of_dossiers_are_in_the_zip_of_tables(inputs: ReportInputs, tmp_path: Path) -> None:
    from biomarker.report.spreadsheet import write_tables

    document = build(inputs)
    write_tables(document, tmp_path / "t.zip", ENGLISH)
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert "dossiers.dossier-1-facts.tsv" in archive.namelist()
    assert blocks(document, "dossiers", "dossier")
