"""FHIR: counts add up on real bundles and NDJSON, features as from other records, broken files told in words."""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, DataError
from biomarker.features.records import RecordsFeatures, build_records
from biomarker.ingest.cohort import CohortSettings, Event, Outcome
from biomarker.ingest.fhir import FhirSettings, read_fhir
from biomarker.ingest.fhir_cohort import fhir_roster
from biomarker.ingest.subjects import SubjectsSettings, read_subjects

KNOWN = {"Observation": 2710, "Encounter": 378, "Condition": 129, "MedicationRequest": 79, "DiagnosticReport": 176,
         "Procedure": 220, "Immunization": 299}  # fmt: skip
D = datetime.date


def patient(identity="p1", **more):
    return {"resourceType": "Patient", "id": identity, "gender": "female", "birthDate": "1950-03-01", **more}


def observation(value=5.5, unit="mmol/L", date="2020-01-01T10:00:00+09:00", subject="Patient/p1", **more):
    return {
        "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": subject},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7", "display": "Glucose"}]},
        "effectiveDateTime": date, "valueQuantity": {"value": value, "code": unit}, **more,
    }  # fmt: skip


def condition(name="Asthma", date="2019-05", subject="Patient/p1", **more):
    return {
        "resourceType": "Condition", "subject": {"reference": subject}, "onsetDateTime": date,
        "code": {"coding": [{"code": "195967001", "display": name}]}, **more,
    }  # fmt: skip


def ndjson(tmp_path: Path, *resources, name="all.ndjson") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in resources), encoding="utf-8")
    return path


def read(path: Path, resource="Observation", **given):
    return read_fhir(FhirSettings(path=path.name, resource=resource, **given), base=path.parent)


def adds_up(found) -> bool:
    return found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())


# --- real files -------------------------------------------------------------------------------------------------------


@pytest.mark.study
@pytest.mark.parametrize("resource", KNOWN)
def test_the_known_counts_of_the_bundles_add_up(reference_data, resource):
    found = read_fhir(FhirSettings(path="bundles_r4", resource=resource), base=reference_data / "fhir_synthea")
    others = {kind.removeprefix("another type: "): n for kind, n in found.excluded.items() if ": " in kind}
    assert {**others, resource: KNOWN[resource]}.items() >= KNOWN.items()
    assert found.rows_used + found.excluded.get("no numeric value", 0) == KNOWN[resource]
    assert others["Patient"] == 20
    assert others["Claim"] == 457
    assert adds_up(found)
    assert found.quarantine.is_empty()


@pytest.mark.study
@pytest.mark.parametrize(("resource", "n"), [("Condition", 555), ("MedicationRequest", 1745)])
def test_the_known_counts_of_the_bulk_files(reference_data, resource, n):
    found = read_fhir(FhirSettings(path="bulk_ndjson", resource=resource), base=reference_data / "fhir_synthea")
    assert (found.rows_in, found.rows_used) == (13 + 555 + 1745 + 1215, n)
    assert found.content["subject_id"].n_unique() == 13


@pytest.mark.study
def test_patients_become_a_cohort_with_outcomes(reference_data):
    settings_ = CohortSettings(
        index=Event(domain="visit", concepts=("*",)),
        outcomes={"diabetes": Outcome(domain="condition", concepts=("44054006",))},
    )
    found = read_subjects(
        SubjectsSettings(path="bundles_r4", id="patient_id", type="fhir", cohort=settings_, dates=("index_date",)),
        base=reference_data / "fhir_synthea",
    )
    assert found.rows_in == 20 == found.rows_used
    assert found.content["date_index_date"].null_count() == 0


# --- follow-up -------------------------------------------------------------------------------------------------------


def visits_and_events(rng, n, rate, visit_rate, last) -> list[dict]:
    """Patients first seen on day 0, seen again at random, each watched to the last day: an event at a constant rate."""
    day = lambda d: str(D(2015, 1, 1) + datetime.timedelta(days=int(d)))  # noqa: E731
    found = []
    for i in range(n):
        name, who = f"p{i}", {"subject": {"reference": f"Patient/p{i}"}}
        event = int(np.ceil(rng.exponential(1 / rate)))
        seen = np.cumsum(np.ceil(rng.exponential(1 / visit_rate, size=40)))
        found.append(patient(name))
        found += [
            {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB", "display": "visit"},
             "period": {"start": day(d)}, **who}
            for d in [0, *seen[seen <= last]]
        ]  # fmt: skip
        found += [condition("Bleed", day(event), f"Patient/{name}")] if event <= last else []
    found.append({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB", "display": "visit"},
                  "period": {"start": day(last)}, "subject": {"reference": "Patient/p0"}})  # fmt: skip
    return found


def test_a_rate_is_right_where_everybody_is_followed_to_the_end_of_the_data_and_too_high_to_the_last_record(tmp_path):
    n, rate = 300, 1 / 2000
    path = ndjson(tmp_path, *visits_and_events(np.random.default_rng(4), n, rate, 1 / 400, 1500))
    rates, notes = {}, {}
    for followed in ("data", "last record"):
        given = CohortSettings(
            index=Event(domain="visit", concepts=("*",)), followed=followed,
            outcomes={"bleed": Outcome(domain="condition", concepts=("195967001",))},
        )  # fmt: skip
        table, patients, excluded, notes[followed] = fhir_roster(path.name, given, base=tmp_path)
        assert (patients, excluded) == (n, {})
        events, time = table.frame["bleed"].cast(float).sum(), table.frame["bleed_days"].cast(float).sum()
        rates[followed] = events / time, rate / np.sqrt(events)
    found, error = rates["data"]
    assert abs(found - rate) < 3 * error
    assert rates["last record"][0] > 1.15 * rate
    assert rates["last record"][0] - rate > 2 * error
    assert notes["data"] == ()
    (note,) = notes["last record"]
    assert "rates come out too high" in note


def test_death_ends_follow_up(tmp_path):
    path = ndjson(
        tmp_path, patient(deceasedDateTime="2020-01-11T10:00:00Z"), patient("p2"), condition(date="2020-01-01"),
        condition("Bleed", "2020-06-01"), condition(date="2020-01-01", subject="Patient/p2"),
        condition("Bleed", "2020-06-01", "Patient/p2"),
    )  # fmt: skip
    given = CohortSettings(
        index=Event(domain="condition", concepts=("Asthma",)), followed="data",
        outcomes={"bleed": Outcome(domain="condition", concepts=("Bleed",))},
    )  # fmt: skip
    table, _, _, _ = fhir_roster(path.name, given, base=tmp_path)
    assert table.frame.select("bleed", "bleed_days").rows() == [("0", "10.0"), ("1", "152.0")]


# --- right files ------------------------------------------------------------------------------------------------------


def test_bundles_and_ndjson_and_gzip_of_the_same_give_the_same(tmp_path):
    resources = [patient(), observation(), condition(), observation(value=7.0, date="2020-01-05")]
    lines = read(ndjson(tmp_path, *resources))
    entries = [{"fullUrl": f"urn:uuid:{r.get('id', i)}", "resource": r} for i, r in enumerate(resources)]
    for entry in entries[1:]:
        entry["resource"] = {**entry["resource"], "subject": {"reference": "urn:uuid:p1"}}
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    (tmp_path / "bundle.json.gz").write_bytes(gzip.compress(bundle.encode()))
    packed = read(tmp_path / "bundle.json.gz")
    assert packed.content.equals(lines.content)
    assert packed.excluded == lines.excluded == {"another type: Patient": 1, "another type: Condition": 1}


def test_an_observation_of_components_gives_a_test_each(tmp_path):
    pressure = observation(
        valueQuantity=None,
        component=[
            {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "code": "mm[Hg]"}},
            {"code": {"text": "Diastolic"}, "valueQuantity": {"value": 80, "code": "mm[Hg]"}},
        ],
    )
    found = read(ndjson(tmp_path, patient(), pressure))
    assert found.content.select("test", "value").rows() == [("Systolic", 120.0), ("Diastolic", 80.0)]
    assert found.rows_used == 1


def test_the_day_is_that_of_the_time_s_own_zone(tmp_path):
    dates = ("2020-01-01T23:30:00-08:00", "2020-01-02T00:30:00+09:00")
    found = read(ndjson(tmp_path, patient(), *(observation(date=date) for date in dates)))
    assert found.content["date"].to_list() == [D(2020, 1, 1), D(2020, 1, 2)]


def test_features_are_those_of_other_records(tmp_path):
    values = (observation(date="2019-12-30"), observation(9.0, date="2020-02-01"))
    path = ndjson(tmp_path, patient(), patient("p2"), *values, condition())
    subjects = pl.DataFrame({"subject_id": ["p1", "p2"], "date_d": [D(2020, 1, 1)] * 2})
    values = build_records(read(path).content, RecordsFeatures(index_date="d"), subjects=subjects).values
    assert values.features["feature_id"].to_list() == ["Glucose.baseline"]
    assert values.values.tolist() == [[5.5]]
    events = build_records(read(path, "Condition").content, RecordsFeatures(index_date="d"), subjects=subjects).values
    np.testing.assert_array_equal(events.values, [[1.0], [0.0]])


def test_medication_by_reference_and_by_code(tmp_path):
    drug = {"coding": [{"code": "1", "display": "Aspirin"}]}
    base = {"resourceType": "MedicationRequest", "subject": {"reference": "Patient/p1"}, "authoredOn": "2020-01-01"}
    path = ndjson(
        tmp_path, patient(), {**base, "medicationCodeableConcept": drug},
        {**base, "medicationReference": {"reference": "Medication/m"}},
        {**base, "medicationReference": {"reference": "#c"}, "contained": [{"id": "c", "code": drug}]},
        {"resourceType": "Medication", "id": "m", "code": drug},
    )  # fmt: skip
    assert read(path, "MedicationRequest").content["name"].to_list() == ["Aspirin"] * 3


def test_what_never_was_is_left_out_and_counted(tmp_path):
    refuted = condition(verificationStatus={"coding": [{"code": "refuted"}]})
    found = read(ndjson(tmp_path, patient(), condition(), refuted), "Condition")
    assert (found.rows_used, found.excluded) == (1, {"another type: Patient": 1, "status refuted": 1})


# --- broken files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"resourceType": "Observ', "no FHIR resource in JSON"),
        ("[1, 2]", "no FHIR resource in JSON"),
        (observation(subject="Patient/nobody"), "refers to a patient who is not there, or to none"),
        (observation(subject=""), "refers to a patient who is not there, or to none"),
        (observation(code={}), "the resource has no code"),
        (observation(date="yesterday"), "the date is missing, or no date"),
    ],
)
def test_a_resource_that_cannot_be_used_is_quarantined_by_its_number(tmp_path, bad, reason):
    found = read(ndjson(tmp_path, patient(), observation(), bad))
    assert found.quarantine.select("file", "line", "reason").rows() == [("all.ndjson", 3, reason)]
    assert adds_up(found)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"no json\nat all\n", b"\x1f\x8b\x08broken", b"\xff\xfe", b"[]", b'{"a": 1}']
)
def test_a_file_of_something_else(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.json"):
        read(tmp_path / "x.json")


def test_a_cut_bundle_and_an_empty_one(tmp_path):
    bundle = json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient()}, {"resource": observation()}]})
    (tmp_path / "b.json").write_text(bundle[:-40], encoding="utf-8")
    with pytest.raises(DataError, match="cut short"):
        read(tmp_path / "b.json")
    (tmp_path / "b.json").write_text('{"resourceType": "Bundle", "entry": []}', encoding="utf-8")
    with pytest.raises(DataError, match="no entry"):
        read(tmp_path / "b.json")


def test_nothing_of_that_type(tmp_path):
    with pytest.raises(DataError, match="none of its rows can be used"):
        read(ndjson(tmp_path, patient(), condition()))


def test_two_patients_of_one_id(tmp_path):
    path = ndjson(tmp_path, patient(), patient(), condition())
    cohort = CohortSettings(index=Event(domain="condition", concepts=("*",)))
    with pytest.raises(DataError, match="share an id"):
        read_subjects(SubjectsSettings(path=path.name, id="patient_id", type="fhir", cohort=cohort), base=tmp_path)


KEYS = ["coding", "code", "value", "x"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["subject", "code", "valueQuantity", "effectiveDateTime", "component", "referenceRange", "status"]),
    values,
)
def test_any_value_of_any_key_is_read_or_quarantined_and_counts_add_up(tmp_path, key, value):
    path = ndjson(tmp_path, patient(), observation(), observation(**{key: value}))
    try:
        found = read(path)
    except BiomarkerError as error:
        assert error.message  # noqa: PT017
    else:
        assert adds_up(found)
