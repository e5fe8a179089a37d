"""The simulated patients as clinical records: SDTM, ADaM, OMOP, FHIR, notes and a diary; none acts on an endpoint.

What the records say of laboratory values, arms and outcomes is what the trial's own tables say.
"""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate.draws import Draws
from biomarker.simulate.files import write_bytes, write_csv
from biomarker.simulate.subjects import DAYS_PER_MONTH, FIRST_DAY, iso_dates
from biomarker.simulate.xport import write_xport

__all__ = ["RECORD_FILES", "write_records"]

_CDM = ("concept", "concept_ancestor", "condition_occurrence", "drug_exposure", "measurement", "note",
        "observation_period", "person", "visit_occurrence")  # fmt: skip
#: What is written, below the trial's folder.
RECORD_FILES = (
    *(f"records/{name}.xpt" for name in ("dm", "suppdm", "lb", "ae", "cm", "ds", "ex", "mh", "adsl")),
    *(f"records/{name}.json" for name in ("adtte", "adrs", "adlb")),
    *(f"records/cdm/{name}.parquet" for name in _CDM),
    *(f"records/fhir/{name}.ndjson.gz" for name in ("Patient", "Condition", "Observation", "DocumentReference")),
    "records/notes.ndjson",
    "records/diary.csv",
    "records/value_set.csv",
)
#: Conditions before the trial, the share who have them, and the medication for it.
HISTORY = (
    ("Hypertension", 0.35, "LISINOPRIL"),
    ("Diabetes mellitus", 0.15, "METFORMIN"),
    ("Asthma", 0.08, "SALBUTAMOL"),
)
#: Codes of tests whose name is longer than the eight characters of --TESTCD.
CODES = {
    "albumin": "ALB",
    "haemoglobin": "HGB",
    "neutrophils": "NEUT",
    "lymphocytes": "LYM",
    "platelets": "PLAT",
    "creatinine": "CREAT",
    "bilirubin": "BILI",
}
#: Adverse events under treatment: share on placebo and on the drug.
ADVERSE = (("NAUSEA", 0.15, 0.35), ("FATIGUE", 0.20, 0.30), ("PRURITUS", 0.05, 0.15), ("NEUTROPENIA", 0.03, 0.20))
#: Symptoms at baseline as notes tell them, in English and Japanese, and the share who have them.
SYMPTOMS = (("cough", "Cough", "咳嗽", 0.30), ("dyspnoea", "Dyspnea", "呼吸困難", 0.20), ("pain", "Pain", "疼痛", 0.35),
            ("poor intake", "Poor appetite", "食欲不振", 0.25), ("fall", "Fall", "転倒", 0.06))  # fmt: skip
ITEMS = ("mobility", "pain", "mood")
#: What each level of an item takes from an index of 1; made up, as any value set here has to be.
DECREMENTS = {"mobility": (0.0, 0.10, 0.30), "pain": (0.0, 0.08, 0.25), "mood": (0.0, 0.07, 0.20)}
EPOCH = date(1960, 1, 1)


@dataclass(frozen=True)
class _People:
    """What all records share."""

    ids: Sequence[str]
    day: np.ndarray
    arm: Sequence[str]
    end: np.ndarray
    history: np.ndarray
    symptoms: np.ndarray
    ecog: Sequence[int | None]
    japanese: np.ndarray


def write_records(directory: Path, draws: Draws, labs: pl.DataFrame, *, seed: int) -> None:
    """Write `RECORD_FILES` below the trial's folder.

    Parameters
    ----------
    directory : pathlib.Path
    draws : Draws
    labs : polars.DataFrame
        The trial's laboratory table.
    seed : int
    """
    for folder in ("records/cdm", "records/fhir"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    people = _people(draws, seed=seed)
    root = directory / "records"
    _sdtm(root, draws, people, labs, seed=seed)
    _adam(root, draws, people, labs)
    notes = _notes(people, seed=seed)
    write_bytes(root / "notes.ndjson", _lines(notes))
    _cdm(root / "cdm", draws, people, labs, notes)
    _fhir(root / "fhir", draws, people, labs, notes)
    _diary(root, people, seed=seed)


def _people(draws: Draws, *, seed: int) -> _People:
    subjects = draws.subjects
    generator = rng.stream(seed, "simulate", "records", "people")
    known = ~subjects.ecog_missing
    return _People(
        ids=subjects.subject_id.tolist(),
        day=subjects.day,
        arm=np.where(subjects.drug, "drug", "placebo").tolist(),
        end=subjects.day + np.maximum(1, np.rint(draws.outcomes.pfs_months * DAYS_PER_MONTH)).astype(int),
        history=generator.random((len(subjects), len(HISTORY))) < [share for _, share, _ in HISTORY],
        symptoms=generator.random((len(subjects), len(SYMPTOMS))) < [share for *_, share in SYMPTOMS],
        ecog=[int(value) if there else None for value, there in zip(subjects.ecog, known, strict=True)],
        japanese=subjects.site == 5,
    )


def _lines(rows: Sequence[Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


# --- CDISC ------------------------------------------------------------------------------------------------------------


def _sdtm(root: Path, draws: Draws, people: _People, labs: pl.DataFrame, *, seed: int) -> None:
    subjects, n = draws.subjects, len(people.ids)
    start, end = iso_dates(people.day), iso_dates(people.end)
    dm = _domain("DM", people.ids, SUBJID=people.ids, RFSTDTC=start, RFENDTC=end,
                 SITEID=[f"S{site + 1:02d}" for site in subjects.site], AGE=subjects.age.tolist(),
                 SEX=np.where(subjects.female, "F", "M").tolist(), ARM=people.arm, ACTARM=people.arm)  # fmt: skip
    write_xport(root / "dm.xpt", "DM", dm)
    supp = pl.DataFrame({"STUDYID": ["SIM"] * n, "RDOMAIN": ["DM"] * n, "USUBJID": people.ids, "IDVAR": [""] * n,
                         "IDVARVAL": [""] * n, "QNAM": ["ITT"] * n, "QVAL": ["Y"] * n})  # fmt: skip
    write_xport(root / "suppdm.xpt", "SUPPDM", supp)
    number = labs["value"].cast(pl.Float64, strict=False)
    codes = labs["test"].replace(CODES)
    lb = _domain("LB", labs["subject_id"], LBTESTCD=codes, LBTEST=labs["test"],
                 LBORRES=labs["value"], LBORRESU=labs["unit"], LBORNRLO=labs["ref_low"], LBORNRHI=labs["ref_high"],
                 LBSTRESC=labs["value"], LBSTRESN=number, LBSTRESU=labs["unit"], LBSTNRLO=labs["ref_low"],
                 LBSTNRHI=labs["ref_high"], LBDTC=labs["date"])  # fmt: skip
    write_xport(root / "lb.xpt", "LB", lb)
    generator = rng.stream(seed, "simulate", "records", "events")
    events = []
    for i, arm in enumerate(people.arm):
        for name, placebo, drug in ADVERSE:
            if generator.random() < (drug if arm == "drug" else placebo):
                events.append((i, name, int(people.day[i] + generator.integers(1, 60))))
    who = [people.ids[i] for i, _, _ in events]
    names = [name for _, name, _ in events]
    begin = iso_dates(np.array([day for *_, day in events], dtype=int))
    write_xport(root / "ae.xpt", "AE", _domain("AE", who, AETERM=names, AEDECOD=names, AESTDTC=begin))
    had = [(i, j) for i in range(n) for j in range(len(HISTORY)) if people.history[i, j]]
    who = [people.ids[i] for i, _ in had]
    terms = [HISTORY[j][0].upper() for _, j in had]
    year = [str(FIRST_DAY.year - 2 - (i % 9)) for i, _ in had]  # of a history the year is known, not the day
    write_xport(root / "mh.xpt", "MH", _domain("MH", who, MHTERM=terms, MHDECOD=terms, MHSTDTC=year))
    drugs = [HISTORY[j][2] for _, j in had]
    write_xport(root / "cm.xpt", "CM", _domain("CM", who, CMTRT=drugs, CMDECOD=drugs, CMSTDTC=year))
    dose = [200.0 if arm == "drug" else 0.0 for arm in people.arm]
    write_xport(root / "ex.xpt", "EX", _domain("EX", people.ids, EXTRT=[arm.upper() for arm in people.arm], EXDOSE=dose,
                                               EXDOSU=["mg"] * n, EXSTDTC=start, EXENDTC=end))  # fmt: skip
    ended = np.where(draws.outcomes.pfs_event, "PROGRESSIVE DISEASE", "COMPLETED").tolist()
    write_xport(root / "ds.xpt", "DS", _domain("DS", people.ids, DSTERM=ended, DSDECOD=ended, DSSTDTC=end))


def _domain(domain: str, ids: Any, **columns: Any) -> pl.DataFrame:
    table = pl.DataFrame({"USUBJID": ids, **columns})
    order = table.select(pl.int_range(1, pl.len() + 1).over("USUBJID")).to_series()
    study = pl.repeat("SIM", table.height, eager=True)
    return pl.DataFrame(
        {"STUDYID": study, "DOMAIN": [domain] * table.height, "USUBJID": table["USUBJID"], f"{domain}SEQ": order}
    ).hstack(table.drop("USUBJID"))


def _adam(root: Path, draws: Draws, people: _People, labs: pl.DataFrame) -> None:
    subjects, outcomes, n = draws.subjects, draws.outcomes, len(people.ids)
    since = (FIRST_DAY - EPOCH).days
    adsl = pl.DataFrame(
        {
            "STUDYID": ["SIM"] * n,
            "USUBJID": people.ids,
            "SITEID": [f"S{site + 1:02d}" for site in subjects.site],
            "AGE": subjects.age.astype(float),
            "SEX": np.where(subjects.female, "F", "M"),
            "STAGE": np.array(("IIIB", "IVA", "IVB"))[subjects.stage],
            "ECOGBL": pl.Series(people.ecog, dtype=pl.Float64),
            "TRT01P": people.arm,
            "TRT01A": people.arm,
            "ITTFL": ["Y"] * n,
            "SAFFL": ["Y"] * n,
            "TRTSDT": (people.day + since).astype(float),
        }
    )
    write_xport(root / "adsl.xpt", "ADSL", adsl, formats={"TRTSDT": "DATE9."})
    time = {"PARAMCD": ["PFS"] * n, "PARAM": ["Progression-free survival (months)"] * n}
    adtte = {**time, "AVAL": outcomes.pfs_months.tolist(), "CNSR": (1 - outcomes.pfs_event.astype(int)).tolist()}
    _dataset_json(root / "adtte.json", "ADTTE", {"USUBJID": people.ids, **adtte})
    best = {"PARAMCD": ["BOR"] * n, "PARAM": ["Best overall response"] * n, "AVALC": outcomes.best_response.tolist()}
    _dataset_json(root / "adrs.json", "ADRS", {"USUBJID": people.ids, **best})
    value = labs["value"].cast(pl.Float64, strict=False)
    rows = labs.with_columns(number=value).filter((pl.col("test") == "LDH") & pl.col("number").is_not_null())
    adlb = {
        "USUBJID": rows["subject_id"].to_list(), "PARAMCD": ["LDH"] * rows.height,
        "PARAM": ["Lactate dehydrogenase (U/L)"] * rows.height, "AVAL": rows["number"].to_list(),
        "ADT": rows["date"].to_list(), "ANRHI": rows["ref_high"].to_list(), "DTYPE": [""] * rows.height,
    }  # fmt: skip
    _dataset_json(root / "adlb.json", "ADLB", adlb)


def _dataset_json(path: Path, name: str, table: dict[str, list[Any]]) -> None:
    columns = [
        {"itemOID": f"IT.{name}.{key}", "name": key, "label": key,
         "dataType": "double" if cells and isinstance(cells[0], float | int) else "string"}
        for key, cells in table.items()
    ]  # fmt: skip
    rows = [list(row) for row in zip(*table.values(), strict=True)]
    whole = {"datasetJSONVersion": "1.1.0", "name": name, "records": len(rows), "columns": columns, "rows": rows}
    write_bytes(path, json.dumps(whole).encode())


# --- notes and diary --------------------------------------------------------------------------------------------------


def _notes(people: _People, *, seed: int) -> list[dict[str, str]]:
    """One note before treatment of each subject, and one under it."""
    generator = rng.stream(seed, "simulate", "records", "notes")
    notes = []
    for i, subject in enumerate(people.ids):
        for offset in (-int(generator.integers(1, 15)), int(generator.integers(7, 30))):
            day = iso_dates(np.array([people.day[i] + offset]))[0]
            tell = _told_in_japanese if people.japanese[i] else _told_in_english
            notes.append({"subject_id": subject, "date": day, "text": tell(people, i)})
    return notes


def _told_in_english(people: _People, i: int) -> str:
    there = [name for j, (_, name, _, _) in enumerate(SYMPTOMS) if people.symptoms[i, j]]
    gone = [name.lower() for j, (_, name, _, _) in enumerate(SYMPTOMS) if not people.symptoms[i, j]]
    parts = [f"Patient reports {', '.join(there).lower()}." if there else "Feels well."]
    parts += [f"Denies {', '.join(gone)}."] if gone else []
    parts += [f"ECOG {people.ecog[i]}."] if people.ecog[i] is not None else []
    return " ".join(parts)


def _told_in_japanese(people: _People, i: int) -> str:
    there = [word for j, (_, _, word, _) in enumerate(SYMPTOMS) if people.symptoms[i, j]]
    gone = [word for j, (_, _, word, _) in enumerate(SYMPTOMS) if not people.symptoms[i, j]]
    parts = [f"{'、'.join(there)}あり。" if there else "著変なし。", f"{'、'.join(gone)}なし。" if gone else ""]
    return "".join(parts) + (f"ECOG {people.ecog[i]}。" if people.ecog[i] is not None else "")


def _diary(root: Path, people: _People, *, seed: int) -> None:
    generator = rng.stream(seed, "simulate", "records", "diary")
    rows = []
    for i, subject in enumerate(people.ids):
        for offset in range(-14, 1):
            if generator.random() < 0.15:
                continue
            moment = f"{iso_dates(np.array([people.day[i] + offset]))[0]}T20:00"
            rows.append((subject, moment, "steps", float(max(0, round(generator.normal(5500, 1500))))))
            worse = people.symptoms[i, 2]
            levels = generator.choice(3, size=len(ITEMS), p=(0.3, 0.5, 0.2) if worse else (0.7, 0.25, 0.05))
            rows += [(subject, moment, item, float(level + 1)) for item, level in zip(ITEMS, levels, strict=True)]
    schema = {"subject_id": pl.String, "time": pl.String, "item": pl.String, "value": pl.Float64}
    write_csv(root / "diary.csv", [pl.DataFrame(rows, schema=schema, orient="row")])
    values = [(item, level + 1, taken) for item in ITEMS for level, taken in enumerate(DECREMENTS[item])]
    write_csv(root / "value_set.csv", [pl.DataFrame(values, schema=["item", "level", "decrement"], orient="row")])


# --- hospitals --------------------------------------------------------------------------------------------------------


def _cdm(root: Path, draws: Draws, people: _People, labs: pl.DataFrame, notes: Sequence[dict[str, str]]) -> None:
    subjects, n = draws.subjects, len(people.ids)
    key = {subject: i + 1 for i, subject in enumerate(people.ids)}
    persons = list(range(1, n + 1))
    day = pl.Series(iso_dates(people.day)).str.to_date()
    had = [(i + 1, j) for i in range(n) for j in range(len(HISTORY)) if people.history[i, j]]
    tests = labs["test"].unique().sort().to_list()
    measured = labs.with_columns(number=labs["value"].cast(pl.Float64, strict=False))
    names = [(100 + j, name) for j, (name, _, _) in enumerate(HISTORY)] + [(200, "placebo"), (201, "drug")]
    names += [(300 + j, test) for j, test in enumerate(tests)] + [(99, "Long-term condition")]
    ids = [concept for concept, _ in names]
    tables = {
        "person": {"person_id": persons, "year_of_birth": (FIRST_DAY.year - subjects.age).tolist(),
                   "gender_concept_id": np.where(subjects.female, 8532, 8507).tolist(),
                   "person_source_value": people.ids},
        "observation_period": {"observation_period_id": persons, "person_id": persons,
                               "observation_period_start_date": day.dt.offset_by("-2y"),
                               "observation_period_end_date": pl.Series(iso_dates(people.end)).str.to_date()},
        "drug_exposure": {"drug_exposure_id": persons, "person_id": persons,
                          "drug_concept_id": np.where(subjects.drug, 201, 200).tolist(),
                          "drug_exposure_start_date": day},
        "condition_occurrence": {"condition_occurrence_id": list(range(1, len(had) + 1)),
                                 "person_id": [i for i, _ in had], "condition_concept_id": [100 + j for _, j in had],
                                 "condition_start_date": [date(FIRST_DAY.year - 1, 6, 1)] * len(had)},
        "measurement": {"measurement_id": list(range(1, labs.height + 1)),
                        "person_id": [key[subject] for subject in labs["subject_id"]],
                        "measurement_concept_id": [300 + tests.index(test) for test in labs["test"]],
                        "measurement_date": labs["date"].str.to_date(), "value_as_number": measured["number"],
                        "unit_source_value": labs["unit"], "range_low": labs["ref_low"],
                        "range_high": labs["ref_high"]},
        "visit_occurrence": {"visit_occurrence_id": persons, "person_id": persons, "visit_concept_id": [9202] * n,
                             "visit_start_date": day},
        "note": {"note_id": list(range(1, len(notes) + 1)), "person_id": [key[note["subject_id"]] for note in notes],
                 "note_date": pl.Series([note["date"] for note in notes]).str.to_date(),
                 "note_text": [note["text"] for note in notes]},
        "concept": {"concept_id": ids, "concept_name": [name for _, name in names],
                    "concept_code": [str(concept) for concept in ids]},
        "concept_ancestor": {"ancestor_concept_id": [99] * len(HISTORY),
                             "descendant_concept_id": [100 + j for j in range(len(HISTORY))]},
    }  # fmt: skip
    for name, columns in tables.items():
        packed = io.BytesIO()
        pl.DataFrame(columns).write_parquet(packed)
        write_bytes(root / f"{name}.parquet", packed.getvalue())


def _fhir(root: Path, draws: Draws, people: _People, labs: pl.DataFrame, notes: Sequence[dict[str, str]]) -> None:
    subjects = draws.subjects
    patients = [
        {"resourceType": "Patient", "id": subject, "gender": "female" if female else "male",
         "birthDate": str(FIRST_DAY.year - int(age))}
        for subject, female, age in zip(people.ids, subjects.female, subjects.age, strict=True)
    ]  # fmt: skip
    conditions = [
        {"resourceType": "Condition", "subject": {"reference": f"Patient/{people.ids[i]}"},
         "code": {"coding": [{"code": str(100 + j), "display": name}]}, "onsetDateTime": str(FIRST_DAY.year - 1)}
        for i in range(len(people.ids)) for j, (name, _, _) in enumerate(HISTORY) if people.history[i, j]
    ]  # fmt: skip
    measured = labs.with_columns(number=labs["value"].cast(pl.Float64, strict=False)).drop_nulls("number")
    shown = ("subject_id", "test", "date", "number", "unit")
    observations = [
        {"resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{subject}"},
         "code": {"coding": [{"code": test, "display": test}]}, "effectiveDateTime": day,
         "valueQuantity": {"value": value, "code": unit}}
        for subject, test, day, value, unit in measured.select(shown).iter_rows()
    ]  # fmt: skip
    documents = [
        {"resourceType": "DocumentReference", "subject": {"reference": f"Patient/{note['subject_id']}"},
         "date": note["date"], "content": [{"attachment": {"contentType": "text/plain; charset=utf-8",
                                                           "data": base64.b64encode(note["text"].encode()).decode()}}]}
        for note in notes
    ]  # fmt: skip
    for name, resources in (("Patient", patients), ("Condition", conditions), ("Observation", observations),
                            ("DocumentReference", documents)):  # fmt: skip
        write_bytes(root / f"{name}.ndjson.gz", _lines(resources))
