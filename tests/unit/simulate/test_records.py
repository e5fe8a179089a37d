"""Records of the simulated patients: readable by the sources, equal bytes, and what they say is what the trial says."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from biomarker.ingest.cohort import CohortSettings, Event
from biomarker.ingest.fhir import FhirSettings, read_fhir
from biomarker.ingest.omop import OmopSettings, read_omop
from biomarker.ingest.reading import read_text
from biomarker.ingest.subjects import SubjectsSettings, read_subjects
from biomarker.simulate.records import RECORD_FILES
from biomarker.simulate.trial import FILES, TrialSettings, write_trial

SMALL = TrialSettings(subjects=60, genes=40, noncentrality=1.5, noncentrality_pairs=2.5, records=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("trial")
    write_trial(place, SMALL, seed=5)
    return place


def test_equal_seeds_give_equal_bytes_and_records_change_nothing_else(folder, tmp_path):
    write_trial(tmp_path, SMALL, seed=5)
    for name in (*FILES, *RECORD_FILES):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    plain = tmp_path / "plain"
    write_trial(plain, TrialSettings(**{**vars(SMALL), "records": False}), seed=5)
    assert all((plain / name).read_bytes() == (folder / name).read_bytes() for name in FILES if name != "truth.json")
    assert not (plain / "records").exists()


def test_the_workflow_declares_every_file(folder, project):
    found = {str(p.relative_to(folder)) for p in (folder / "records").rglob("*") if p.is_file()}
    assert found == set(RECORD_FILES)
    rule = (project / "rules" / "simulate.smk").read_text(encoding="utf-8")
    listed: dict = {}
    exec(rule[: rule.index("rule simulate")], listed)
    assert {f"records/{name}" for name in listed["RECORDS"]} == found


@pytest.mark.parametrize("name", [n for n in RECORD_FILES if n.endswith(".xpt")])
def test_another_reader_reads_the_transport_files(folder, name):
    frame = read_text(folder / name).frame
    other, _ = pyreadstat.read_xport(str(folder / name), disable_datetime_conversion=True)
    assert (frame.height, frame.columns) == (len(other), list(other.columns))
    assert frame["USUBJID"].to_list() == other["USUBJID"].tolist()


def test_patients_are_the_same_in_every_standard(folder):
    own = pl.read_csv(folder / "subjects.csv")
    records = folder / "records"
    cohort = CohortSettings(index=Event(domain="drug", concepts=(200, 201)))
    omop = read_subjects(
        SubjectsSettings(
            path="cdm", id="person_id", type="omop", cohort=cohort, arm="index_concept", dates=("index_date",)
        ),
        base=records,
    ).content
    assert omop["date_index_date"].cast(pl.String).to_list() == own["randomised_on"].to_list()
    assert omop["arm"].replace({"200": "placebo", "201": "drug"}).to_list() == own["arm"].to_list()
    dm = read_text(records / "dm.xpt").frame
    assert dm["ARM"].to_list() == own["arm"].to_list()
    assert dm["RFSTDTC"].to_list() == own["randomised_on"].to_list()


def test_laboratory_values_are_the_same_in_every_standard(folder):
    labs = pl.read_csv(folder / "labs.csv", infer_schema_length=None).filter(pl.col("test") == "LDH")
    values = sorted(v for v in labs["value"].cast(pl.Float64, strict=False) if v is not None)
    records = folder / "records"
    fhir = read_fhir(FhirSettings(path="fhir", resource="Observation", codes=("LDH",)), base=records).content
    omop = read_omop(
        OmopSettings(path="cdm", domain="measurement", units={"creatinine": "umol/L", "haemoglobin": "g/L"}),
        base=records,
    )
    assert sorted(fhir["value"].to_list()) == values
    assert sorted(omop.content.filter(pl.col("test") == "LDH")["value"].to_list()) == values
    assert omop.rows_in == omop.rows_used + omop.quarantine.height + sum(omop.excluded.values())
