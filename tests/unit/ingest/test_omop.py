"""OMOP: the known numbers from Parquet, CSV, DuckDB and PostgreSQL alike, and broken records told in words."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import postgres_server

from biomarker.errors import BiomarkerError, ConfigError, DataError, SchemaError
from biomarker.features.records import RecordsFeatures, build_records
from biomarker.ingest.cdm import URI, open_cdm
from biomarker.ingest.cohort import CohortSettings, Event, Outcome, build_cohort
from biomarker.ingest.omop import OmopSettings, read_omop
from biomarker.ingest.omop_cohort import omop_roster
from biomarker.ingest.subjects import Covariate, SubjectsSettings, read_subjects

D = datetime.date
NSAIDS = (1118084, 1124300)
KNOWN = {
    "any": [("1118084", 1844, 355), ("1124300", 850, 124)],
    "index": [("1118084", 1800, 355), ("1124300", 830, 124)],
}


def cohort(observation: str = "any", **given) -> CohortSettings:
    bleed = Outcome(domain="condition", concepts=(192671,))
    index = Event(domain="drug", eras=True, concepts=NSAIDS)
    return CohortSettings(index=index, observation=observation, outcomes={"bleed": bleed}, **given)


def subjects(path: str, base: Path, observation: str = "any", **given):
    return read_subjects(
        SubjectsSettings(
            path=path, id="person_id", type="omop", cohort=cohort(observation, **given), arm="index_concept",
            covariates=(Covariate(name="bleed", column="bleed"), Covariate(name="days", column="bleed_days")),
            dates=("index_date",),
        ),
        base=base,
    )  # fmt: skip


def counts(found) -> list[tuple[str, int, int]]:
    table = found.content.group_by("arm").agg(pl.len(), pl.col("cov_bleed").sum().cast(pl.Int64)).sort("arm")
    return table.rows()


@pytest.fixture(scope="session")
def postgres():
    folder = postgres_server.binaries()
    if folder is None:
        pytest.skip("there is no PostgreSQL on this machine (Debian: apt install postgresql)")
    pytest.importorskip("adbc_driver_postgresql")
    with postgres_server.server(folder) as made:
        yield made


@pytest.fixture
def reader(postgres, monkeypatch):
    for key, value in postgres.environment().items():
        monkeypatch.setenv(key, value)
    return postgres


def small() -> dict[str, pl.DataFrame]:
    """Four persons; the third has an orphan's measurement beside, the fourth no record."""
    day = D(2020, 1, 1)
    return {
        "person": pl.DataFrame(
            {
                "person_id": [1, 2, 3, 4],
                "year_of_birth": [1950, 1960, 1970, 1980],
                "gender_concept_id": [8507, 8532, 8532, 0],
            }
        ),
        "observation_period": pl.DataFrame(
            {
                "person_id": [1, 2, 3, 9],
                "observation_period_start_date": [D(2019, 1, 1)] * 4,
                "observation_period_end_date": [D(2021, 1, 1)] * 4,
            }
        ),
        "drug_exposure": pl.DataFrame(
            {
                "drug_exposure_id": [1, 2, 3, 4],
                "person_id": [1, 2, 3, 3],
                "drug_concept_id": [10, 10, 11, 10],
                "drug_exposure_start_date": [day, day, day, D(2018, 6, 1)],
                "drug_exposure_end_date": [None, day, None, None],
            }
        ),
        "condition_occurrence": pl.DataFrame(
            {
                "condition_occurrence_id": [1, 2, 3],
                "person_id": [1, 2, 2],
                "condition_concept_id": [20, 20, 20],
                "condition_start_date": [D(2020, 1, 11), D(2019, 12, 1), D(2020, 3, 1)],
            }
        ),
        "measurement": pl.DataFrame(
            {
                "measurement_id": [1, 2, 3, 4, 5, 6],
                "person_id": [1, 1, 2, 3, 77, 1],
                "measurement_concept_id": [30, 30, 30, 30, 30, 0],
                "measurement_date": [D(2019, 12, 30), D(2020, 2, 1), D(2019, 12, 31), None, day, day],
                "value_as_number": [1.5, 9.0, 2.5, 3.0, 4.0, 5.0],
                "unit_source_value": ["mg/dL"] * 6,
                "range_high": [2.0] * 6,
            }
        ),
        "concept": pl.DataFrame(
            {
                "concept_id": [10, 11, 20, 30],
                "concept_name": ["drug A", "drug B", "bleed", "creatinine"],
                "concept_code": ["a", "b", "c", "d"],
            }
        ),
        "concept_ancestor": pl.DataFrame(
            {"ancestor_concept_id": [100, 100, 100], "descendant_concept_id": [10, 11, 100]}
        ),
    }


def folder(tmp_path: Path, tables: dict[str, pl.DataFrame], ending: str = "parquet") -> Path:
    place = tmp_path / "cdm"
    place.mkdir(exist_ok=True)
    for name, table in tables.items():
        path = place / f"{name}.{ending}"
        table.write_parquet(path) if ending == "parquet" else table.write_csv(path)
    return place


def measured(place: Path, **given):
    return read_omop(OmopSettings(path=place.name, domain="measurement", **given), base=place.parent)


# --- the known numbers ------------------------------------------------------------------------------------------------


@pytest.mark.study
@pytest.mark.parametrize("observation", KNOWN)
@pytest.mark.parametrize("eras", [True, False])
def test_bleeding_after_the_first_era_from_parquet(reference_data, observation, eras):
    found = subjects("omop_gibleed", reference_data, observation)
    assert counts(found) == KNOWN[observation]
    assert found.rows_in == 2694 == found.rows_used + sum(found.excluded.values())
    assert "2649 rows are of persons who are not in the table person" in found.notes[0]


@pytest.mark.study
@pytest.mark.timeout(600)
def test_the_same_from_postgresql_csv_and_duckdb(reference_data, tmp_path, reader):
    names = ("person", "observation_period", "drug_era", "condition_occurrence", "concept", "visit_occurrence")
    tables = {name: pl.read_parquet(reference_data / "omop_gibleed" / f"{name}.parquet") for name in names}
    postgres_server.load(reader, "cdm", tables)
    place = folder(tmp_path, tables, "csv")
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as connection:
        for name in tables:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM '{reference_data}/omop_gibleed/{name}.parquet'")
    parquet = subjects("omop_gibleed", reference_data).content
    for path in ("postgresql:cdm", place.name, "cdm.duckdb"):
        for observation, expected in KNOWN.items():
            assert counts(subjects(path, tmp_path, observation)) == expected, path
        assert subjects(path, tmp_path).content.equals(parquet, null_equal=True), path
    drugs = OmopSettings(path="omop_gibleed", domain="visit")
    base = read_omop(drugs, base=reference_data).content
    assert read_omop(OmopSettings(path="postgresql:cdm", domain="visit"), base=tmp_path).content.equals(base)


@pytest.mark.study
def test_measurements_without_numbers_say_only_that_they_were_done(reference_data):
    with pytest.raises(DataError, match="none of its 44053 rows has a number") as caught:
        read_omop(OmopSettings(path="omop_gibleed", domain="measurement"), base=reference_data)
    assert "result: done" in caught.value.hint
    found = read_omop(OmopSettings(path="omop_gibleed", domain="measurement", result="done"), base=reference_data)
    assert found.rows_used == 44053


# --- cohorts ----------------------------------------------------------------------------------------------------------


def tiny(at_risk=(1, None), prior="keep", observation="index", prior_days=0):
    tables = small()
    people = tables["person"].select("person_id")
    index = pl.DataFrame(
        {"person_id": [1, 2, 3, 3], "concept": ["10", "10", "11", "10"], "date": [D(2020, 1, 1)] * 3 + [D(2018, 6, 1)]}
    )
    events = tables["condition_occurrence"].select("person_id", concept=pl.lit("20"), date="condition_start_date")
    periods = tables["observation_period"].rename(
        {"observation_period_start_date": "start", "observation_period_end_date": "end"}
    )
    given = CohortSettings(
        index=Event(domain="drug", concepts=(10, 11)), observation=observation, prior_days=prior_days,
        outcomes={"bleed": Outcome(domain="condition", concepts=(20,), at_risk=at_risk, prior=prior)},
    )  # fmt: skip
    return build_cohort(people, index, {"bleed": events}, periods, given, name="cdm")


def test_the_first_record_is_the_index_and_time_runs_to_the_event_or_the_end_of_observation():
    table, excluded = tiny(observation="any")
    rows = table.select("person_id", "index_date", "bleed", "bleed_days").rows()
    assert rows == [(1, D(2020, 1, 1), 1, 10.0), (2, D(2020, 1, 1), 1, 60.0), (3, D(2018, 6, 1), 0, None)]
    assert excluded == {"no record of the index event": 1}


def test_an_index_date_outside_observation_leaves_a_person_out():
    table, excluded = tiny()
    assert table["person_id"].to_list() == [1, 2]
    assert excluded["the index date is in no observation period"] == 1


@pytest.mark.parametrize(("at_risk", "expected"), [((1, 9), [0, 0]), ((1, 10), [1, 0]), ((11, None), [0, 1])])
def test_only_events_inside_the_time_at_risk_count(at_risk, expected):
    assert tiny(at_risk=at_risk)[0]["bleed"].to_list() == expected


def test_persons_with_an_earlier_event_can_be_left_out():
    table, excluded = tiny(prior="exclude")
    assert table["person_id"].to_list() == [1]
    assert excluded["bleed: had the event before the time at risk"] == 1


def test_days_of_observation_before_the_index_date_can_be_asked_for():
    with pytest.raises(BiomarkerError, match="nobody is in the cohort"):
        tiny(prior_days=500)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(-400, 800)), max_size=25), st.integers(1, 300))
def test_counts_of_a_cohort_add_up_and_agree_with_a_slow_count(events, last):
    people = pl.DataFrame({"person_id": list(range(1, 7))})
    start = D(2020, 1, 1)
    index = pl.DataFrame({"person_id": [1, 2, 3, 4], "concept": ["1"] * 4, "date": [start] * 4})
    rows = [(person, "2", start + datetime.timedelta(days=d)) for person, d in events]
    table = pl.DataFrame(rows, schema={"person_id": pl.Int64, "concept": pl.String, "date": pl.Date}, orient="row")
    periods = pl.DataFrame({"person_id": [1, 2, 3], "start": [D(2019, 1, 1)] * 3, "end": [D(2021, 1, 1)] * 3})
    outcome = Outcome(domain="condition", concepts=(2,), at_risk=(1, last))
    given = CohortSettings(index=Event(domain="drug", concepts=(1,)), outcomes={"o": outcome})
    found, excluded = build_cohort(people, index, {"o": table}, periods, given, name="cdm")
    assert found.height + sum(excluded.values()) == 6
    for person, event, days in found.select("person_id", "o", "o_days").rows():
        inside = [d for who, d in events if who == person and 1 <= d <= last]
        assert event == bool(inside)
        assert days == (min(inside) if inside else min(last, 366))


# --- features ---------------------------------------------------------------------------------------------------------


def test_values_become_features_of_the_window_whatever_the_files(tmp_path, reader):
    tables = small()
    postgres_server.load(reader, "small", tables)
    place = folder(tmp_path, tables)
    cohort_table = pl.DataFrame({"subject_id": ["1", "2", "3"], "date_index": [D(2020, 1, 1)] * 3})
    for path in (place.name, "postgresql:small"):
        found = read_omop(OmopSettings(path=path, domain="measurement"), base=tmp_path)
        assert found.rows_in == 6 == found.rows_used + found.quarantine.height
        assert dict(found.quarantine["reason"].value_counts().rows()) == {
            "the date is missing": 1, "the person is not in the table person": 1, "the record has no concept": 1,
        }  # fmt: skip
        built = build_records(found.content, RecordsFeatures(index_date="index"), subjects=cohort_table)
        assert built.values.features["feature_id"].to_list() == ["creatinine.baseline"]
        np.testing.assert_array_equal(built.values.values, [[1.5], [2.5]])


def test_descendants_are_rolled_up_to_their_ancestor(tmp_path):
    place = folder(tmp_path, small())
    found = read_omop(OmopSettings(path="cdm", domain="drug", rollup=(100,)), base=place.parent)
    assert found.content.select("subject_id", "name").rows() == [("1", "100"), ("2", "100"), ("3", "100"), ("3", "100")]
    assert found.rows_used == 4


def test_concepts_choose_rows_and_the_others_are_counted(tmp_path):
    place = folder(tmp_path, small())
    found = read_omop(OmopSettings(path="cdm", domain="drug", concepts=(11,)), base=place.parent)
    assert (found.rows_used, found.excluded) == (1, {"another concept": 3})
    assert found.content["name"].to_list() == ["drug B"]


# --- broken records ---------------------------------------------------------------------------------------------------


def test_the_date_of_death_stands_in_the_subject_table_where_there_is_a_table_of_deaths(tmp_path):
    tables = {**small(), "death": pl.DataFrame({"person_id": [1], "death_date": [D(2020, 5, 1)]})}
    place = folder(tmp_path, tables)
    given = CohortSettings(index=Event(domain="drug", concepts=(10, 11)))
    table, _, _, _ = omop_roster(place.name, given, base=tmp_path)
    died = dict(table.frame.select("person_id", "death_date").rows())
    assert died["1"] == "2020-05-01"
    assert set(died.values()) <= {"2020-05-01", None}


def test_missing_vocabulary(tmp_path):
    tables = small()
    del tables["concept_ancestor"]
    place = folder(tmp_path, tables)
    with pytest.raises(SchemaError, match="concept_ancestor"):
        read_omop(OmopSettings(path="cdm", domain="drug", rollup=(100,)), base=place.parent)


def test_a_missing_table_and_a_missing_column(tmp_path):
    tables = small()
    place = folder(tmp_path, {name: table for name, table in tables.items() if name != "measurement"})
    with pytest.raises(SchemaError, match="there is no table measurement"):
        measured(place)
    folder(tmp_path, {"measurement": tables["measurement"].drop("measurement_date")})
    with pytest.raises(SchemaError, match="no column measurement_date"):
        measured(place)


def test_a_cut_parquet_file_is_named(tmp_path):
    place = folder(tmp_path, small())
    path = place / "person.parquet"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"person.parquet is cut short"):
        measured(place)


def test_dates_that_are_none(tmp_path):
    tables = small()
    tables["measurement"] = tables["measurement"].with_columns(measurement_date=pl.lit("yesterday"))
    with pytest.raises(DataError) as caught:
        measured(folder(tmp_path, tables))
    assert "yesterday" not in caught.value.message + caught.value.hint


def test_a_person_twice(tmp_path):
    tables = small()
    tables["person"] = pl.concat([tables["person"], tables["person"].head(1)])
    with pytest.raises(DataError, match="stand twice"):
        subjects("cdm", folder(tmp_path, tables).parent)


def test_two_files_of_one_table(tmp_path):
    place = folder(tmp_path, small())
    (place / "person.csv").write_text("person_id\n1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"person.csv and person.parquet"):
        measured(place)


def test_an_empty_folder_and_a_file_that_is_no_database(tmp_path):
    (tmp_path / "cdm").mkdir()
    with pytest.raises(DataError, match="holds no Parquet or CSV"):
        measured(tmp_path / "cdm")
    (tmp_path / "x.duckdb").write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match=r"x.duckdb"):
        measured(tmp_path / "x.duckdb")


def test_a_concept_that_is_no_number(tmp_path):
    place = folder(tmp_path, small())
    with pytest.raises(ConfigError, match="whole number"):
        read_omop(OmopSettings(path="cdm", domain="drug", concepts=("1; DROP TABLE person",)), base=place.parent)


def test_values_in_two_units(tmp_path):
    tables = small()
    units = ["mg/dL", "umol/L", "mg/dL", "mg/dL", "mg/dL", "mg/dL"]
    tables["measurement"] = tables["measurement"].with_columns(unit_source_value=pl.Series(units))
    place = folder(tmp_path, tables)
    with pytest.raises(SchemaError, match="different units"):
        measured(place)
    values = measured(place, units={"creatinine": "umol/L"}).content["value"].to_list()
    np.testing.assert_allclose(values, [1.5 * 88.401697, 9.0, 2.5 * 88.401697])


@pytest.mark.parametrize("name", ["", "a b", "cdm; DROP SCHEMA cdm", "x'"])
def test_a_schema_of_no_name(name):
    with pytest.raises(ConfigError, match="not the name of a schema"):
        open_cdm(f"postgresql:{name}", base=Path())


def test_a_server_that_is_down(monkeypatch, tmp_path):
    pytest.importorskip("adbc_driver_postgresql")
    monkeypatch.setenv(URI, f"postgresql://secret-user:secret-word@/records?host={tmp_path}")
    with pytest.raises(DataError, match="PostgreSQL schema cdm cannot be reached") as caught:
        open_cdm("postgresql:cdm", base=tmp_path)
    assert "secret" not in caught.value.message + caught.value.hint


def test_a_wrong_password_is_refused_without_being_told(reader, monkeypatch, tmp_path):
    monkeypatch.setenv("PGPASSWORD", "a-guess")
    with pytest.raises(DataError, match="refused the password") as caught:
        open_cdm("postgresql:cdm", base=tmp_path)
    assert "a-guess" not in caught.value.message + caught.value.hint


def test_a_schema_that_is_not_there_and_a_table_that_may_not_be_read(reader, tmp_path):
    with pytest.raises(DataError, match="holds no table that this user may see"):
        open_cdm("postgresql:nowhere", base=tmp_path)
    postgres_server.load(reader, "lacking", {"person": small()["person"]})
    with pytest.raises(SchemaError, match="there is no table measurement"):
        read_omop(OmopSettings(path="postgresql:lacking", domain="measurement"), base=tmp_path)


def test_nothing_can_be_written(reader, tmp_path):
    postgres_server.load(reader, "written", small())
    cdm = open_cdm("postgresql:written", base=tmp_path)
    with pytest.raises(DataError):
        cdm.query("CREATE TABLE written.more AS SELECT 1 AS x")
    cdm.close()


cells = st.one_of(st.none(), st.integers(-5, 40), st.floats(allow_nan=False, width=32), st.text(max_size=4))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["person", "measurement", "concept"]), st.integers(0, 6), st.lists(cells, min_size=3, max_size=3)
)
def test_any_column_of_anything_is_read_or_refused_in_words(tmp_path, table, at, values):
    tables = small()
    name = tables[table].columns[at % tables[table].width]
    column = pl.Series(name, [str(v) if v is not None else None for v in (values * 2)[: tables[table].height]])
    column = column.extend_constant(None, tables[table].height - len(column))
    tables[table] = tables[table].with_columns(column)
    try:
        found = measured(folder(tmp_path, tables))
    except BiomarkerError as error:
        assert error.message  # noqa: PT017
    else:
        assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())
