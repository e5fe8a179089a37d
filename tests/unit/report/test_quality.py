"""Quality findings on the page: how many samples are flagged, unless so few that a reader could guess who they are."""

import dataclasses
from typing import Any

import factory
import polars as pl
import pytest
from reading import section, sentences

from biomarker.data.quality_tables import QualityFindings
from biomarker.data.record_tables import RecordFindings
from biomarker.report import build


def page(flagged: int, edition: str) -> dict[str, Any]:
    row = {
        "check": "sex", "severity": "loud", "modality": "rna", "endpoint": None, "item": "XIST, RPS4Y1",
        "n_checked": 380, "n_flagged": flagged, "statistic": None, "p_value": None, "tier_cap": None,
        "message": "samples whose sex genes contradict the recorded sex",
    }  # fmt: skip
    inputs = factory.inputs(genes=40)
    findings = QualityFindings.validate(pl.DataFrame([row]))
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, "quality/findings": findings})
    return section(build(inputs, edition), "quality")


@pytest.mark.parametrize(
    ("flagged", "edition", "told"),
    [(2, "partner", "<5 of 380 samples"), (7, "partner", "7 of 380 samples"), (2, "internal", "2 of 380 samples")],
)
def test_few_flagged_samples_are_counted_in_the_internal_edition_alone(flagged: int, edition: str, told: str) -> None:
    found = page(flagged, edition)
    assert any(told in sentence for sentence in sentences(found))
    if told.startswith("<"):
        assert "2 of 380" not in " ".join(sentences(found))


def test_findings_in_records_are_listed_by_number_internally_and_counted_for_a_partner() -> None:
    finding = {
        "check": "after_death", "severity": "loud", "modality": "labs", "endpoint": None, "item": None, "n_checked": 12,
        "n_flagged": 2, "statistic": None, "p_value": None, "tier_cap": None, "message": "records from after death",
    }  # fmt: skip
    row = {"check": "after_death", "modality": "labs", "item": "POTASSIUM", "n": 3, "place": None}
    inputs = factory.inputs(genes=40)
    tables = {
        "quality/findings": QualityFindings.validate(pl.DataFrame([finding])),
        "quality/records": RecordFindings.validate(
            pl.DataFrame([{**row, "subject": k, "subject_id": f"SUBJ-{k}"} for k in (7, 31)])
        ).drop("subject_id"),
    }
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, **tables})
    internal, partner = (section(build(inputs, edition), "quality") for edition in ("internal", "partner"))
    listed = next(block for block in internal["blocks"] if block.get("id") == "records")
    assert [line[0]["with"]["n"] for line in listed["rows"]] == [7, 31]
    assert not any(block.get("id") == "records" for block in partner["blocks"])
    assert "POTASSIUM" not in str(partner)
    assert any("<5 of 12 subjects with a date of death" in sentence for sentence in sentences(partner))
