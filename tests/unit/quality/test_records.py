"""Checks of clinical records: planted faults are found, subject by subject; records in order give none."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from biomarker.data.matrix import FeatureValues
from biomarker.data.record_tables import RECORD_CHECKS, RecordFindings
from biomarker.errors import LeakageError, SchemaError
from biomarker.ingest.clinical import limits_of, require_day_0_before_treatment, subject_dates
from biomarker.ingest.partial import first_day
from biomarker.ingest.roster import RosterSettings
from biomarker.quality.findings import Findings
from biomarker.quality.record_settings import Criterion, Plausible, RecordChecks, VisitPlan
from biomarker.quality.records import Clinical, check_records

N = 40
IDS = [f"P{i:02d}" for i in range(1, N + 1)]
BEGIN = date(2024, 3, 1)
CHECKS = RecordChecks(
    ranges={"GLUC": Plausible(low=36.0, high=540.0, unit="mg/dL")},
    doses={"exposure": {"drug": (54.0, 81.0), "placebo": (0.0,)}},
    visits={"labs": VisitPlan(days=(-7, 0, 28), allowed=3)},
    eligibility={
        "AGE": Criterion(low=18.0),
        "SEX": Criterion(values=("F", "M")),
        "labs:GLUC.baseline": Criterion(high=9.0),
    },
)


def day(shift: float) -> date:
    return BEGIN + timedelta(days=int(shift))


def trial(seed: int = 0) -> Clinical:
    """A trial in order: three visits of two tests, exposure, events; three of the subjects died at its end."""
    draw = np.random.default_rng(seed)
    arms = ["drug" if i % 2 else "placebo" for i in range(N)]
    died = [day(100) if i % 13 == 0 else None for i in range(N)]
    subjects = pl.DataFrame(
        {
            "subject_id": IDS,
            "arm": arms,
            "planned": arms,
            "actual": arms,
            **dict.fromkeys(("birth_first", "birth_last"), [date(1960, 1, 1)] * N),
            **dict.fromkeys(("consent_first", "consent_last"), [day(-20)] * N),
            **dict.fromkeys(("begin_first", "begin_last"), [BEGIN] * N),
            **dict.fromkeys(("death_first", "death_last"), pl.Series(died, dtype=pl.Date)),
            "cut": [day(200)] * N,
            "criterion_AGE": ["64"] * N,
            "criterion_SEX": ["F"] * N,
        }
    )
    visits = [(s, test, d) for s in IDS for test in ("GLUC", "SODIUM") for d in (-7, 0, 28)]
    labs = pl.DataFrame(
        {
            "subject_id": [s for s, _, _ in visits],
            "test": [test for _, test, _ in visits],
            "value": [
                5.0 * np.exp(0.1 * draw.normal()) if test == "GLUC" else 140 + draw.normal() for _, test, _ in visits
            ],
            "unit": ["mmol/L"] * len(visits),
            "date": [day(d) for _, _, d in visits],
            "day": pl.Series([None] * len(visits), dtype=pl.Float64),
        }
    )
    exposure = pl.DataFrame(
        {
            "subject_id": IDS,
            "name": ["STUDY DRUG"] * N,
            "date": [BEGIN] * N,
            "end": [day(28)] * N,
            "day": pl.Series([None] * N, dtype=pl.Float64),
            "value": [81.0 if arm == "drug" else 0.0 for arm in arms],
        }
    )
    days = labs.select("subject_id", d=(pl.col("date") - BEGIN).dt.total_days().cast(pl.Float64))
    pairs = labs.select("test", "unit").unique(maintain_order=True).rows()
    limits = limits_of({test: (r.low, r.high, r.unit) for test, r in CHECKS.ranges.items()}, pairs)
    nothing = pl.DataFrame(schema=dict.fromkeys(("file", "field", "value", "reason"), pl.String) | {"line": pl.Int64})
    return Clinical(
        subjects=subjects,
        records={"labs": labs, "exposure": exposure},
        days={"labs": days},
        types={"labs": "sdtm-lb", "exposure": "sdtm-ex"},
        quarantine={"labs": nothing, "exposure": nothing},
        limits=limits,
    )


def found(clinical: Clinical, checks: RecordChecks = CHECKS) -> tuple[pl.DataFrame, pl.DataFrame]:
    findings = Findings("flag")
    values = np.array([[5.0]] * N)
    table = pl.DataFrame({"feature_id": ["GLUC.baseline"], "label": ["GLUC"], "unit": ["mmol/L"]})
    check_records(findings, clinical, {"labs": FeatureValues(values, table, tuple(IDS), "native")}, checks)
    tables = findings.tables()
    return RecordFindings.validate(tables["records"]), tables["findings"]


def changed(clinical: Clinical, modality: str, row: int, **cells: object) -> Clinical:
    """The trial with some cells of one record changed."""
    table = clinical.records[modality].with_row_index("k")
    table = table.with_columns(
        pl.when(pl.col("k") == row).then(pl.lit(value)).otherwise(pl.col(name)).alias(name).cast(table.schema[name])
        for name, value in cells.items()
    ).drop("k")
    return Clinical(**{**vars(clinical), "records": {**clinical.records, modality: table}})


def subject(clinical: Clinical, row: int, **cells: object) -> Clinical:
    table = clinical.subjects.with_row_index("k")
    table = table.with_columns(
        pl.when(pl.col("k") == row).then(pl.lit(value)).otherwise(pl.col(name)).alias(name).cast(table.schema[name])
        for name, value in cells.items()
    ).drop("k")
    return Clinical(**{**vars(clinical), "subjects": table})


@pytest.mark.parametrize("seed", range(5))
def test_records_in_order_give_no_finding_and_every_check_says_how_many_it_looked_at(seed):
    records, findings = found(trial(seed))
    assert records.is_empty()
    assert set(findings["severity"].cast(pl.String)) == {"note"}
    looked_at = dict(zip(findings["check"].cast(pl.String), findings["n_checked"], strict=True))
    assert set(looked_at) == set(RECORD_CHECKS)
    assert (looked_at["arm"], looked_at["eligibility"]) == (N, N)
    assert findings.filter(check="after_death")["n_checked"].to_list() == [4, 4]


FAULTS = {
    "unit": lambda t: changed(t, "labs", 1, value=5.0 * 18.0),
    "below_zero": lambda t: changed(t, "labs", 4, value=-5.0),
    "range": lambda t: changed(t, "labs", 1, value=31.0),
    "before_birth": lambda t: changed(t, "labs", 4, date=date(1959, 12, 31)),
    "before_consent": lambda t: changed(t, "labs", 4, date=day(-21)),
    "after_cut": lambda t: changed(t, "labs", 4, date=day(201)),
    "end_before_begin": lambda t: changed(t, "exposure", 0, end=day(-1)),
    "after_death": lambda t: changed(t, "labs", 4, date=day(101)),
    "date_order": lambda t: subject(t, 0, death_last=day(-1), death_first=day(-1)),
    "arm": lambda t: subject(t, 0, actual="drug"),
    "dose": lambda t: changed(t, "exposure", 0, value=54.0),
    "eligibility": lambda t: subject(t, 0, criterion_AGE="17"),
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_planted_fault_is_found_in_its_subject(check):
    records, findings = found(FAULTS[check](trial()))
    told = records.filter(check=check)
    assert told["subject_id"].unique().to_list() == ["P01"]
    assert told["subject"].unique().to_list() == [1]
    flagged = findings.filter(pl.col("check") == check, pl.col("n_flagged") > 0)
    assert flagged["n_flagged"].to_list() == [1]
    assert not any(one in message for message in findings["message"] for one in IDS)


def test_missed_visits_days_outside_windows_and_subjects_without_a_dose_are_found():
    clinical = trial()
    labs, exposure = clinical.records["labs"], clinical.records["exposure"]
    days = clinical.days["labs"].filter(~((pl.col("subject_id") == "P01") & (pl.col("d") == 0)))
    days = pl.concat([days, pl.DataFrame({"subject_id": ["P02"], "d": [12.0]})])
    clinical = Clinical(
        **{**vars(clinical), "days": {"labs": days}, "records": {"labs": labs, "exposure": exposure.slice(3)}}
    )
    records, _ = found(clinical)
    by = {check: table["subject_id"].to_list() for (check,), table in records.group_by("check", maintain_order=True)}
    assert by == {"no_dose": ["P01", "P02", "P03"], "visit_window": ["P02"], "missed_visit": ["P01"]}
    assert records.filter(check="missed_visit")["item"].to_list() == ["day 0"]


def test_a_partial_date_contradicts_nothing_that_it_may_agree_with():
    """A record of "2024-06" stands as its last day; the subject died on the ninth."""
    late = changed(trial(), "labs", 4, date=date(2024, 6, 30))
    assert found(late)[0]["check"].to_list() == ["after_death"]
    labs = late.records["labs"].with_columns(partial=pl.col("date") == date(2024, 6, 30))
    told, _ = found(Clinical(**{**vars(late), "records": {"labs": labs}}))
    assert told.is_empty()


def test_study_days_are_held_against_dates_where_the_first_day_is_known():
    clinical = trial()
    labs = clinical.records["labs"].with_columns(
        day=(pl.col("date") - BEGIN).dt.total_days().cast(pl.Float64), date=pl.lit(None, pl.Date)
    )
    clinical = Clinical(**{**vars(clinical), "records": {"labs": labs}})
    assert found(clinical)[0].is_empty()
    assert found(changed(clinical, "labs", 4, day=101.0))[0]["check"].to_list() == ["after_death"]


def test_rows_in_quarantine_for_such_a_fault_are_findings_without_a_subject():
    clinical = trial()
    rows = pl.DataFrame(
        {"file": ["ex.xpt"] * 2, "line": [7, 9], "field": ["EXENDTC"] * 2, "value": [None] * 2,
         "reason": ["the end is before the begin", "the subject is missing"]}
    )  # fmt: skip
    told, findings = found(Clinical(**{**vars(clinical), "quarantine": {"exposure": rows}}))
    assert told.select("check", "subject", "place").rows() == [("end_before_begin", None, "ex.xpt, line 7")]
    assert findings.filter(severity="loud")["item"].to_list() == ["rows in quarantine"]


def test_limits_are_taken_to_the_unit_of_the_values_and_another_quantity_is_a_wrong_unit():
    limits = limits_of({"GLUC": (36.0, 540.0, "mg/dL")}, [("GLUC", "mmol/L"), ("GLUC", "kg"), ("ALT", "U/L")])
    assert limits[("GLUC", "mmol/L")] == pytest.approx((1.998, 29.97), rel=1e-3)
    assert limits[("GLUC", "kg")] is None
    with pytest.raises(SchemaError, match="GLUKOSE"):
        limits_of({"GLUKOSE": (1.0, 2.0, None)}, [("GLUC", "mmol/L")])


def test_values_in_a_unit_that_cannot_be_the_test_s_are_found():
    clinical = trial()
    labs = clinical.records["labs"].with_columns(
        unit=pl.when((pl.col("test") == "GLUC") & (pl.col("subject_id") == "P03")).then(pl.lit("kg")).otherwise("unit")
    )
    limits = {**clinical.limits, ("GLUC", "kg"): None}
    told, _ = found(Clinical(**{**vars(clinical), "records": {"labs": labs}, "limits": limits}))
    assert told.select("check", "subject_id", "item", "n").rows() == [("unit", "P03", "GLUC", 3)]


def test_dates_of_subjects_are_the_first_and_last_day_that_they_can_be(tmp_path):
    (tmp_path / "dm.csv").write_text(
        "USUBJID,BRTHDTC,DTHDTC,AGE\nA,1950,2024-06,64\nB,1951-02-03,,17\n", encoding="utf-8"
    )
    settings = RosterSettings(path="dm.csv", id="USUBJID", type="sdtm")
    columns = RecordChecks().columns("sdtm")
    dates = subject_dates(settings, columns, named=(), criteria=["AGE"], cut="2025-01-01", base=tmp_path)
    assert dates["birth_first"].to_list() == [date(1950, 1, 1), date(1951, 2, 3)]
    assert dates["birth_last"].to_list() == [date(1950, 12, 31), date(1951, 2, 3)]
    assert dates["death_first"].to_list() == [date(2024, 6, 1), None]
    assert dates["death_last"].to_list() == [date(2024, 6, 30), None]
    assert "consent_first" not in dates.columns
    with pytest.raises(SchemaError, match=r"quality\.records\.consent"):
        subject_dates(settings, {"consent": "RFICDTC"}, named=["consent"], criteria=(), cut=None, base=tmp_path)
    with pytest.raises(SchemaError, match=r"lines 2, 3.*not a date"):
        subject_dates(settings, {"death": "AGE"}, named=["death"], criteria=(), cut=None, base=tmp_path)


def test_the_first_day_of_a_partial_date():
    days = first_day(pl.Series(["2014-03-05T10:30", "2014-03", "2014", "2014-UN-UN", None, "soon"]))
    assert days.to_list() == [date(2014, 3, 5), date(2014, 3, 1), date(2014, 1, 1), date(2014, 1, 1), None, None]


DM = "USUBJID,RFXSTDTC,RFSTDTC,RFENDTC\nA,2024-03-01,2024-03-01,2024-04-01\nB,2024-03-02T08:00,2024-02-28,\n"


def test_day_0_after_the_begin_of_treatment_is_refused_with_the_lines(tmp_path):
    (tmp_path / "dm.csv").write_text(DM, encoding="utf-8")
    settings = RosterSettings(path="dm.csv", id="USUBJID", type="sdtm")
    first = RecordChecks().first_dose("sdtm")
    require_day_0_before_treatment(settings, ["RFSTDTC", "RFXSTDTC"], first, base=tmp_path)
    with pytest.raises(LeakageError, match=r"line 2: day 0 \(RFENDTC\) is later .* \(RFXSTDTC\) in 1 of 2") as caught:
        require_day_0_before_treatment(settings, ["RFENDTC"], first, base=tmp_path)
    assert "on-treatment" in caught.value.hint
    own = RecordChecks(begin="RFSTDTC").first_dose("table")
    with pytest.raises(LeakageError, match=r"line 3: day 0 \(RFXSTDTC\)"):
        require_day_0_before_treatment(settings, ["RFXSTDTC"], own, base=tmp_path)
    require_day_0_before_treatment(settings, ["RFENDTC"], RecordChecks().first_dose("table"), base=tmp_path)
