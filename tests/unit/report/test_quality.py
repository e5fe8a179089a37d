"""Quality findings on the page: how many samples are flagged, unless so few that a reader could guess who they are."""

import dataclasses
from typing import Any

import factory
import polars as pl
import pytest
from reading import section, sentences

from biomarker.data.quality_tables import QualityControls, QualityDrift, QualityFindings
from biomarker.data.record_tables import RecordFindings
from biomarker.report import build

FOUND = {
    "check": "sex", "severity": "loud", "modality": "rna", "endpoint": None, "item": "XIST, RPS4Y1",
    "n_checked": 380, "n_flagged": 7, "statistic": None, "p_value": None, "tier_cap": None,
    "message": "samples whose sex genes contradict the recorded sex",
}  # fmt: skip


def page(flagged: int, edition: str) -> dict[str, Any]:
    inputs = factory.inputs(genes=40)
    findings = QualityFindings.validate(pl.DataFrame([{**FOUND, "n_flagged": flagged}]))
    inputs = dataclasses.replace(inputs, tables={**inputs.tables, "quality/findings": findings})
    return section(build(inputs, edition), "quality")


def test_control_materials_are_drawn_with_onset_and_the_day_the_limit_is_crossed() -> None:
    runs = pl.DataFrame(
        [
            {
                "modality": "labs", "test": "albumin", "group": "S1", "level": level, "date": f"2024-01-{day:02d}",
                "run": "1", "value": 40.0, "target": 40.0, "sd": 1.0, "z": day / 9, "in_control": day < 11,
                "broken": "1_2s(warning), 1_3s" if day > 27 else None, "rejected": day > 27, "ewma": 0.0,
                "ewma_signal": day > 25, "cusum_signal": False, "applied": "nothing",
            }
            for day in range(1, 31)
            for level in ("low", "high")
        ]
    )  # fmt: skip
    ramp = {
        "modality": "labs", "test": "albumin", "group": "S1", "source": "controls", "n": 30, "kind": "ramp",
        "onset": "2024-01-12", "onset_low": "2024-01-09", "onset_high": "2024-01-15", "last": "2024-01-30",
        "on_logarithm": True, "change": 1.07, "change_low": 1.05, "change_high": 1.09, "slope": 0.004,
        "p_value": 0.001, "p_adjusted": 0.001, "flagged": True, "crosses": "2024-02-03",
        "crosses_early": "2024-01-31", "crosses_late": "2024-02-09", "applied": "nothing",
    }  # fmt: skip
    inputs = factory.inputs(genes=40)
    tables = {
        "quality/findings": QualityFindings.validate(pl.DataFrame([FOUND])),
        "quality/controls": QualityControls.validate(runs),
        "quality/drift": QualityDrift.validate(pl.DataFrame([ramp])),
    }
    found = section(build(dataclasses.replace(inputs, tables={**inputs.tables, **tables}), "partner"), "quality")
    blocks = {block["id"]: block for block in found["blocks"] if "id" in block}
    data = blocks["levey"]["panels"][0]["charts"][0]["data"]
    assert [mark["x"] for mark in data["marks"]] == [11, 33]
    assert [len(line["x"]) for line in data["series"]] == [30, 30]
    assert blocks["controls"]["rows"][0][2:8] == [30, 3, "1_3s", 5, 0, "2024-01-12"]
    assert "crosses three standard deviations on or about 2024-02-03" in " ".join(sentences(found))


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
