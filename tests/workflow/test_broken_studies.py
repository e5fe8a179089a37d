"""Broken studies: each is refused in a few words that say where and what to do, and leaves nothing half-made."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import tiny_study
import yaml
from tiny_study import MARK

from biomarker.cli import app

Content = dict[str, Any]


@pytest.fixture(autouse=True)
def as_found(monkeypatch):
    """The command line sets threads and the log's stream for a process of its own; here others come after it."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    log = logging.getLogger("biomarker")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = before


class Study:
    """A copy of the tiny study, to be broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = tiny_study.settings()
        self.text: str | None = None

    @property
    def path(self) -> Path:
        return self.folder / "study.yaml"

    def write(self) -> None:
        tiny_study.write_study(self.folder, self.content)
        if self.text is not None:
            self.path.write_text(self.text, encoding="utf-8")

    def cell(self, file: str, line: int, column: str, value: str) -> None:
        """Write something else into one cell; line 1 is the header."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        at = lines[0].split(",").index(column)
        cells = lines[line - 1].split(",")
        cells[at] = value
        lines[line - 1] = ",".join(cells)
        (self.folder / file).write_text("\n".join([*lines, ""]), encoding="utf-8")

    def every(self, file: str, column: str, value: Callable[[str], str]) -> None:
        """Change every cell of a column."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        at = lines[0].split(",").index(column)
        for line, row in enumerate(lines[1:], start=2):
            self.cell(file, line, column, value(row.split(",")[at]))

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def study(files, tmp_path) -> Study:
    folder = tmp_path / "a study"
    shutil.copytree(files, folder)
    return Study(folder)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def said(capsys) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def assert_words(text: str, words: tuple[str, ...]) -> None:
    """Everything a person needs is there, and nothing that they must not see."""
    for word in words:
        assert word in text, text
    assert "Traceback" not in text
    assert MARK.lower() not in text.lower(), "a subject's id is in the message"
    assert re.search(r"^\s*(error: )", text, re.MULTILINE)
    assert re.search(r"^\s*-> \S", text, re.MULTILINE), "it does not say what to do"
    assert len(text.splitlines()) < 15


# --- what is broken ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One broken thing: how it is broken, what the message must say, and the stage that reads it."""

    breaks: Callable[[Study], None]
    words: tuple[str, ...]
    stage: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def header_only(study: Study, file: str) -> None:
    path = study.folder / file
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def truncated_gzip(study: Study) -> None:
    packed = gzip.compress((study.folder / "markers.csv").read_bytes())
    (study.folder / "markers.csv.gz").write_bytes(packed[: len(packed) // 2])
    study.content["modalities"]["markers"]["path"] = "markers.csv.gz"


def truncated_parquet(study: Study) -> None:
    path = study.folder / "markers.parquet"
    pl.read_csv(study.folder / "markers.csv").write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    study.content["modalities"]["markers"]["path"] = "markers.parquet"


def given(*keys: str | int, value: Any) -> Callable[[Study], None]:
    """Set one key of the study file."""

    def breaks(study: Study) -> None:
        node = study.content
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    return breaks


def written_over(file: str, data: bytes) -> Callable[[Study], None]:
    return lambda study: (study.folder / file).write_bytes(data) and None


def added(file: str, column: str, value: Callable[[int], str]) -> Callable[[Study], None]:
    """Put a column at the end of a table, with a value for each subject."""

    def breaks(study: Study) -> None:
        path = study.folder / file
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        lines = [f"{head},{column}", *(f"{row},{value(i)}" for i, row in enumerate(rows))]
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")

    return breaks


def both(*steps: Callable[[Study], None]) -> Callable[[Study], None]:
    def breaks(study: Study) -> None:
        for step in steps:
            step(study)

    return breaks


def every(file: str, column: str, value: Callable[[str], str]) -> Callable[[Study], None]:
    return lambda study: study.every(file, column, value)


def with_comma(cell: str) -> str:
    """A number as much of Europe writes it, quoted because the comma also separates columns."""
    return '"' + cell.replace(".", ",") + '"'


def person(i: int) -> str:
    """A name that no message may show."""
    return f"{MARK} Person{i}"


def mixed(study: Study) -> None:
    for line, cell in ((3, "positive"), (5, "3+"), (9, "2024-03-01")):
        study.cell("markers.csv", line, "m02", cell)


def genes(names: str) -> Callable[[Study], None]:
    """Rename two markers, and call the matrix one of expression."""

    def breaks(study: Study) -> None:
        study.replace("markers.csv", ",m02,m03,", f",{names},")
        study.content["modalities"]["markers"]["scale"] = "log2"

    return breaks


def genes_in_rows(study: Study) -> None:
    table = pl.read_csv(study.folder / "markers.csv")
    names = table.columns[1:]
    turned = table.drop("subject_id").transpose(include_header=True, header_name="gene",
                                                column_names=table["subject_id"].to_list())  # fmt: skip
    turned = turned.with_columns(gene=pl.Series(["2-Sep" if name == "m02" else name for name in names]))
    turned.write_csv(study.folder / "markers.csv")
    study.content["modalities"]["markers"] |= {"id": "gene", "orientation": "features_in_rows", "scale": "log2"}


def text_of_a_subject_in_a_column(study: Study) -> None:
    """With features in rows a column is called by a subject, whom no message may name."""
    genes_in_rows(study)
    study.replace("markers.csv", "2-Sep", "m02")
    study.cell("markers.csv", 3, f"{MARK}004", "high")


def post_baseline_as_a_feature(study: Study) -> None:
    study.replace("markers.csv", ",m03,", ",late,")


FILES = {
    # --- who is who
    "missing id": Case(
        lambda study: study.cell("subjects.csv", 5, "subject_id", ""),
        ("subjects.csv", "line 5", "'subject_id'", "the id is missing"),
        "subjects",
    ),
    "duplicated id": Case(
        lambda study: study.cell("subjects.csv", 9, "subject_id", f"{MARK}001"),
        ("subjects.csv", "lines 2, 9", "'subject_id'", "more than once"),
        "subjects",
    ),
    "ids equal but for case": Case(
        lambda study: study.cell("subjects.csv", 9, "subject_id", f"{MARK.lower()}001"),
        ("subjects.csv", "lines 2, 9", "'subject_id'", "upper and lower case"),
        "subjects",
    ),
    "ids equal but for blanks": Case(
        lambda study: study.cell("subjects.csv", 9, "subject_id", f"{MARK}001 "),
        ("subjects.csv", "line 9", "'subject_id'", "blanks"),
        "subjects",
    ),
    "duplicated id in a matrix": Case(
        lambda study: study.cell("markers.csv", 3, "subject_id", f"{MARK}001"),
        ("markers", "lines 2, 3", "'subject_id'", "more than once"),
        "ingest.markers",
    ),
    "another case of all ids in a second file": Case(
        lambda study: study.every("markers.csv", "subject_id", str.lower),
        ("markers", "none of the 40 subjects", "40 ids would match but for upper and lower case"),
        "features.markers",
    ),
    "another case of one id in a second file": Case(
        lambda study: study.cell("markers.csv", 3, "subject_id", f"{MARK.lower()}002"),
        ("markers", "1 of the 40 subjects", "upper and lower case", "in both files"),
        "features.markers",
    ),
    "blanks about the ids of a second file": Case(
        lambda study: study.every("markers.csv", "subject_id", lambda name: name + " "),
        ("markers.csv", "lines 2, 3, 4, 5, 6 and 35 more", "blanks"),
        "ingest.markers",
    ),
    "case of the ids of records": Case(
        lambda study: study.every("labs.csv", "subject_id", str.lower),
        ("labs", "none of the 40 subjects", "upper and lower case"),
        "features.labs",
    ),
    "orientation the wrong way round": Case(
        given("modalities", "markers", "orientation", value="features_in_rows"),
        ("markers", "none of the 6 subjects", "orientation"),
        "features.markers",
    ),
    # --- endpoints
    "one-class endpoint": Case(
        lambda study: study.every("subjects.csv", "bor", lambda _: "CR"),
        ("subjects.csv", "'bor'", "'response'", "no non-event", "`event` and `non_event`"),
        "endpoints",
    ),
    "constant endpoint": Case(
        lambda study: study.every("subjects.csv", "change", lambda _: "3"),
        ("subjects.csv", "'change'", "'shrinkage'", "all 40 subjects with a value have the same one"),
        "endpoints",
    ),
    "no event": Case(
        lambda study: study.every("subjects.csv", "pfs_event", lambda _: "0"),
        ("subjects.csv", "'pfs_event'", "'pfs'", "no event"),
        "endpoints",
    ),
    "negative time": Case(
        lambda study: study.cell("subjects.csv", 7, "pfs_months", "-3.5"),
        ("subjects.csv", "line 7", "'pfs_months'", "not positive (-3.5)"),
        "endpoints",
    ),
    "zero time": Case(
        lambda study: study.cell("subjects.csv", 8, "pfs_months", "0"),
        ("subjects.csv", "line 8", "'pfs_months'", "not positive (0)"),
        "endpoints",
    ),
    "event status that is on neither list": Case(
        lambda study: study.cell("subjects.csv", 6, "pfs_event", "2"),
        ("subjects.csv", "line 6", "'pfs_event'", "neither an event (1) nor censored (0)"),
        "endpoints",
    ),
    "endpoint code on both lists": Case(
        given("endpoints", 0, "non_event", value=["SD", "PD", "PR"]),
        ("'response'", "PR", "both sides"),
        "endpoints",
    ),
    "misspelt column": Case(
        given("endpoints", 0, "column", value="borr"),
        ("subjects.csv", "no column 'borr'", "endpoint response", "'bor'"),
        "endpoints",
    ),
    # --- treatment
    "one-armed treatment": Case(
        lambda study: study.every("subjects.csv", "arm", lambda _: "drug"),
        ("subjects.csv", "'arm'", "no subject is in the arm 'placebo'", "arms found: drug", "single-arm"),
        "subjects",
    ),
    "arm misspelt": Case(
        given("subjects", "treatment", "active", value="Drug"),
        ("subjects.csv", "'arm'", "no subject is in the arm 'Drug'", "arms found: drug, placebo"),
        "subjects",
    ),
    "identifiers in place of arms": Case(
        given("subjects", "treatment", "column", value="subject_id"),
        ("subjects.csv", "'subject_id'", "no subject is in the arm 'drug'", "40 different ones"),
        "subjects",
    ),
    "column of arms misspelt": Case(
        given("subjects", "treatment", "column", value="arms"),
        ("subjects.csv", "no column 'arms'", "treatment.column", "'arm'"),
        "subjects",
    ),
    # --- numbers
    "cell that is no number": Case(
        lambda study: study.cell("markers.csv", 9, "m03", "high"),
        ("markers.csv", "line 9", "'m03'", "'high' is not a number"),
        "ingest.markers",
    ),
    "decimal comma": Case(
        lambda study: study.cell("markers.csv", 9, "m03", '"1;5"'.replace(";", ",")),
        ("markers.csv", "line 9", "'m03'", "is not a number", "point"),
        "ingest.markers",
    ),
    "infinite value": Case(
        lambda study: study.cell("markers.csv", 4, "m02", "inf"),
        ("markers.csv", "line 4", "column 4", "infinite"),
        "ingest.markers",
    ),
    "covariate with a word among numbers": Case(
        lambda study: study.cell("subjects.csv", 4, "age", "old"),
        ("subjects.csv", "line 4", "'age'", "not a number"),
        "subjects",
    ),
    "decimal commas in all of a column": Case(
        every("markers.csv", "m03", with_comma),
        ("markers.csv", "line 2", "'m03'", "is not a number", "Write decimals with a point, and thousands without"),
        "ingest.markers",
    ),
    "decimal commas in laboratory values": Case(
        every("labs.csv", "value", with_comma),
        ("labs.csv", "'value'", "decimals stand behind a comma", "point"),
        "ingest.labs",
    ),
    "decimal commas in a covariate": Case(
        every("subjects.csv", "age", lambda cell: f'"{cell},5"'),
        ("subjects.csv", "lines 2, 3", "'age'", "decimals stand behind a comma"),
        "subjects",
    ),
    "decimal commas in times": Case(
        every("subjects.csv", "pfs_months", with_comma),
        ("subjects.csv", "line 2", "'pfs_months'", "is not a number", "point"),
        "endpoints",
    ),
    "infinite time": Case(
        lambda study: study.cell("subjects.csv", 6, "pfs_months", "Inf"),
        ("subjects.csv", "line 6", "'pfs_months'", "infinite"),
        "endpoints",
    ),
    "infinite covariate": Case(
        lambda study: study.cell("subjects.csv", 6, "age", "-inf"),
        ("subjects.csv", "line 6", "'age'", "infinite"),
        "subjects",
    ),
    "huge number": Case(
        lambda study: study.cell("markers.csv", 4, "m02", "9" * 60),
        ("markers.csv", "line 4", "column 4", "too large", "single precision"),
        "ingest.markers",
    ),
    "number beyond all numbers": Case(
        lambda study: study.cell("markers.csv", 4, "m02", "9" * 400),
        ("markers.csv", "line 4", "column 4", "infinite"),
        "ingest.markers",
    ),
    "mixed types": Case(
        mixed,
        ("markers.csv", "line 3", "'m02'", "'positive' is not a number", "3 cells of this column"),
        "ingest.markers",
    ),
    "dates as a marker": Case(
        every("markers.csv", "m02", lambda _: "2024-03-01"),
        ("markers.csv", "line 2", "'m02'", "a date, not a number", "days between"),
        "ingest.markers",
    ),
    "dates as an endpoint": Case(
        every("subjects.csv", "change", lambda _: "1.3.2024"),
        ("subjects.csv", "line 2", "'change'", "a date, not a number"),
        "endpoints",
    ),
    "dates as a covariate": Case(
        every("subjects.csv", "age", lambda cell: f"2024-03-{int(cell) % 28 + 1:02d}"),
        ("subjects.csv", "'age'", "holds dates"),
        "subjects",
    ),
    "dates of laboratory values that are none": Case(
        both(added("subjects.csv", "start", lambda _: "2024-01-10"), added("labs.csv", "date", lambda _: "10/01/2024"),
             given("modalities", "labs", value={"type": "labs", "path": "labs.csv", "date": "date",
                                                "index_date": "start"})),
        ("labs.csv", "none of its 80 rows", "not a full date written YYYY-MM-DD (80)"),
        "ingest.labs",
    ),
    # --- columns without a value
    "covariate without a value": Case(
        every("subjects.csv", "age", lambda _: "NA"), ("subjects.csv", "'age'", "has no value"), "subjects"
    ),
    "endpoint without a value": Case(
        every("subjects.csv", "change", lambda _: ""),
        ("subjects.csv", "'change'", "'shrinkage'", "no subject has a value"),
        "endpoints",
    ),
    "arms without a value": Case(
        every("subjects.csv", "arm", lambda _: ""), ("subjects.csv", "'arm'", "arms found: none"), "subjects"
    ),
    "laboratory table without a value": Case(
        every("labs.csv", "value", lambda _: ""),
        ("labs.csv", "none of its 80 rows can be used", "the value is missing (80)"),
        "ingest.labs",
    ),
    # --- persons
    "persons' names among markers": Case(
        added("markers.csv", "patient_name", person),
        ("markers.csv", "line 2", "'patient_name'", "text, not a number", "leave the column out"),
        "ingest.markers",
    ),
    "identifiers as a covariate": Case(
        both(added("subjects.csv", "doctor", person), given("subjects", "covariates", value=["doctor"])),
        ("subjects.csv", "'doctor'", "40 different values in 40 subjects", "Leave it out"),
        "subjects",
    ),
    "persons' names as arms": Case(
        both(added("subjects.csv", "patient_name", lambda i: person(i % 4)),
             given("subjects", "treatment", "column", value="patient_name")),
        ("subjects.csv", "'patient_name'", "no subject is in the arm 'drug'"),
        "subjects",
    ),
    "persons' names as a binary endpoint": Case(
        both(added("subjects.csv", "patient_name", person), given("endpoints", 0, "column", value="patient_name")),
        ("subjects.csv", "'patient_name'", "no event"),
        "endpoints",
    ),
    "persons' names as a continuous endpoint": Case(
        both(added("subjects.csv", "patient_name", person), given("endpoints", 2, "column", value="patient_name")),
        ("subjects.csv", "'patient_name'", "text, not a number"),
        "endpoints",
    ),
    "persons' names as event status": Case(
        both(added("subjects.csv", "patient_name", person),
             given("endpoints", 1, "event", "column", value="patient_name")),
        ("subjects.csv", "'patient_name'", "neither an event (1) nor censored (0)"),
        "endpoints",
    ),
    "a word under a subject's column": Case(
        text_of_a_subject_in_a_column,
        ("markers.csv", "line 3", "column 5", "'high' is not a number"),
        "ingest.markers",
    ),
    # --- genes
    "genes that a spreadsheet turned into dates": Case(
        genes("2-Sep,1-Mar"),
        ("markers.csv", "column 4", "a spreadsheet turned", "'2-Sep'", "2 such names"),
        "ingest.markers",
    ),
    "such a gene in a row": Case(
        genes_in_rows, ("markers.csv", "a spreadsheet turned", "'2-Sep'", "SEPT2"), "ingest.markers"
    ),
    "unknown unit": Case(
        given("modalities", "labs", "units", value={"creatinine": "umol/X"}),
        ("labs", "'umol/X'", "'creatinine'", "not a UCUM unit", "umol/L"),
        "ingest.labs",
    ),
    "unit that cannot be converted": Case(
        given("modalities", "labs", "units", value={"albumin": "U/L"}),
        ("labs.csv", "'albumin'", "U/L", "`units`"),
        "ingest.labs",
    ),
    "unit of a test that is not there": Case(
        given("modalities", "labs", "units", value={"creatinin": "umol/L"}),
        ("labs.csv", "`units`", "'creatinin'", "'creatinine'"),
        "ingest.labs",
    ),
    # --- files
    "empty file": Case(written_over("markers.csv", b""), ("markers.csv is empty",), "ingest.markers"),
    "header only of a matrix": Case(
        lambda study: header_only(study, "markers.csv"), ("markers.csv holds a header and no rows",), "ingest.markers"
    ),
    "header only of laboratory values": Case(
        lambda study: header_only(study, "labs.csv"), ("labs.csv holds a header and no rows",), "ingest.labs"
    ),
    "spreadsheet": Case(
        written_over("markers.csv", b"PK\x03\x04 and more"),
        ("markers.csv is a spreadsheet", "Save it as CSV"),
        "ingest.markers",
    ),
    "sixteen-bit text": Case(
        lambda study: _recoded(study.folder / "markers.csv", "utf-16"),
        ("markers.csv, line 1", "not UTF-8"),
        "ingest.markers",
    ),
    "not UTF-8 in the header": Case(
        lambda study: study.replace("markers.csv", ",m02,", ",XX,") or _latin(study.folder / "markers.csv"),
        ("markers.csv, line 1", "not UTF-8"),
        "ingest.markers",
    ),
    "columns separated by semicolons": Case(
        lambda study: study.replace("markers.csv", ",", ";"),
        ("markers.csv", "no commas but semicolons", 'separator: ";"'),
        "ingest.markers",
    ),
    "misspelt covariate": Case(
        given("subjects", "covariates", value=["agee"]),
        ("subjects.csv", "no column 'agee'", "subjects.covariates", "'age'"),
        "subjects",
    ),
    "misspelt column of laboratory values": Case(
        given("modalities", "labs", "value", value="valeu"), ("labs.csv", "no column 'valeu'", "'value'"), "ingest.labs"
    ),
    "misspelt marker": Case(
        given("modalities", "markers", "columns", value=["m2"]),
        ("markers.csv", "no feature 'm2'", "`columns`", "'m02'"),
        "ingest.markers",
    ),
    "header only": Case(
        lambda study: header_only(study, "subjects.csv"), ("subjects.csv holds a header and no rows",), "subjects"
    ),
    "truncated gzip": Case(truncated_gzip, ("markers.csv.gz is cut short",), "ingest.markers"),
    "truncated Parquet": Case(truncated_parquet, ("markers.parquet is cut short or damaged",), "ingest.markers"),
    "not UTF-8": Case(
        lambda study: study.cell("subjects.csv", 3, "bor", "XX") or _latin(study.folder / "subjects.csv"),
        ("subjects.csv, line 3", "not UTF-8"),
        "subjects",
    ),
    "row with a cell too many": Case(
        lambda study: study.cell("markers.csv", 6, "m02", "1,2"),
        ("markers.csv, line 6", "8 cells where the header has 7"),
        "ingest.markers",
    ),
    "path that does not exist": Case(
        given("modalities", "labs", "path", value="lab.csv"),
        ("lab.csv", "there is no file", "'labs.csv'"),
        "ingest.labs",
    ),
    "path that is a folder": Case(
        given("modalities", "labs", "path", value="../a study"), ("a study is a folder",), "ingest.labs"
    ),
    "duplicated feature": Case(
        lambda study: study.replace("markers.csv", ",m03,", ",m02,"),
        ("markers.csv", "the header names columns 4 and 5 alike"),
        "ingest.markers",
    ),
    # --- what is not known at baseline
    "post-baseline column as a feature": Case(
        post_baseline_as_a_feature,
        ("markers", "not known at baseline", "late (measured at week 8)", "modalities.markers.exclude"),
        "ingest.markers",
    ),
    "window that reaches beyond the index date": Case(
        given("modalities", "labs", "window", value=[-28, 14]),
        ("labs", "window", "beyond the index date", "when: on-treatment"),
        "features.labs",
    ),
}  # fmt: skip

SETTINGS = {
    "unknown section": Case(given("endpoint", value=[]), ("endpoint:", "unknown key", "did you mean endpoints?")),
    "unknown nested key": Case(given("rank", "keeep", value=5), ("rank.keeep", "unknown key", "did you mean keep?")),
    "unknown key of a source": Case(
        given("modalities", "markers", "orientatoin", value="x"),
        ("modalities.markers.orientatoin", "did you mean orientation?"),
    ),
    "unknown key of an endpoint": Case(
        given("endpoints", 1, "units", value="months"), ("endpoints.1.units", "unknown key", "did you mean unit?")
    ),
    "empty section": Case(given("screen", value=None), ("screen", "given nothing", "leave the section out")),
    "unknown type of source": Case(
        given("modalities", "markers", "type", value="matrx"), ("modalities.markers.type", "did you mean matrix?")
    ),
    "value of another kind": Case(given("rank", "q", value="low"), ("rank.q", "'low'", "number")),
    "truth value in place of a code": Case(
        given("endpoints", 0, "event", value=[True]), ("endpoints.0.event", "quotes")
    ),
    "endpoint of an unknown type": Case(
        given("endpoints", 0, "type", value="nominal"), ("endpoints.0", "binary", "continuous", "survival")
    ),
    "two endpoints of one name": Case(given("endpoints", 1, "name", value="response"), ("endpoints", "response")),
    "covariate that is post-baseline": Case(
        given("subjects", "covariates", value=["late"]), ("covariate", "late", "measured at week 8")
    ),
    "huge seed": Case(given("study", "seed", value=10**40), ("study.seed", "a number less than")),
    "huge count": Case(given("rank", "keep", value=10**40), ("rank.keep", "a number less than or equal to 10000000")),
    "reserved name": Case(given("panel", value={}), ("panel", "reserved")),
}

TEXTS = {
    "duplicate key": ("study: {name: tiny}\nrank: {q: 0.1}\nrank: {q: 0.2}\n", ("'rank' stands twice", "line 3")),
    "not YAML": ("study: [\n", ("study.yaml", "line 2", "not valid YAML")),
    "no sections": ("only words\n", ("expected sections",)),
    "nothing": ("", ("expected sections",)),
}


def _recoded(path: Path, encoding: str) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))


def _latin(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"XX", "Ü".encode("latin-1")))


# --- what is odd and yet right ----------------------------------------------------------------------------------------


def marked_as_utf8(study: Study) -> None:
    """A mark of byte order before each text, the study file's own included, as many Windows programs write it."""
    for name in tiny_study.FILES:
        path = study.folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    study.text = "\ufeff" + yaml.safe_dump(study.content)


def windows_line_ends(study: Study) -> None:
    for name in tiny_study.FILES:
        path = study.folder / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


READ = {
    "a mark of byte order": marked_as_utf8,
    "line ends of Windows": windows_line_ends,
    "a marker that nobody has": every("markers.csv", "m03", lambda _: ""),
    "whole numbers of many digits": every("markers.csv", "m03", lambda _: str(2**53 + 1)),
    "a column that nobody asks for with names in it": added("subjects.csv", "patient_name", person),
    "infinite laboratory value": lambda study: study.cell("labs.csv", 4, "value", "inf"),
    "two modalities with markers of one name": lambda study: two_of_a_name(study),
}


def two_of_a_name(study: Study) -> None:
    shutil.copy(study.folder / "markers.csv", study.folder / "more.csv")
    study.content["modalities"]["more"] = {**study.content["modalities"]["markers"], "path": "more.csv"}


@pytest.mark.parametrize("name", READ)
def test_check_reads(name, study, capsys):
    READ[name](study)
    study.write()
    assert app.main(["check", str(study.path)]) == 0
    out = said(capsys)
    assert "modalities.markers: 6 features of 40 of 40 subjects" in out
    assert MARK not in out


# --- check ------------------------------------------------------------------------------------------------------------


def test_the_unbroken_study_is_right(study, capsys):
    study.write()
    before = everything_in(study.folder)
    assert app.main(["check", str(study.path)]) == 0
    assert "40 of 40 subjects" in said(capsys)
    assert everything_in(study.folder) == before, "check writes nothing"


@pytest.mark.parametrize("name", FILES | SETTINGS)
def test_check_refuses(name, study, capsys):
    case = (FILES | SETTINGS)[name]
    case.breaks(study)
    study.write()
    before = everything_in(study.folder)
    assert app.main(["check", str(study.path)]) == 2
    assert_words(said(capsys), ("study.yaml", *case.words))
    assert everything_in(study.folder) == before


@pytest.mark.parametrize("name", TEXTS)
def test_check_refuses_a_study_file_with(name, study, capsys):
    study.text, words = TEXTS[name]
    study.write()
    assert app.main(["check", str(study.path)]) == 2
    assert_words(said(capsys), ("study.yaml", *words))


@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_study_file_that_is_not_there(verb, tmp_path, capsys):
    assert app.main([verb, str(tmp_path / "none.yaml")]) == 2
    assert_words(said(capsys), ("none.yaml does not exist",))
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_the_settings_are_named_at_once(study, capsys):
    for name in ("unknown section", "unknown nested key", "empty section", "value of another kind"):
        SETTINGS[name].breaks(study)
    study.write()
    assert app.main(["check", str(study.path)]) == 2
    assert_words(said(capsys), ("4 faults", "endpoint:", "rank.keeep", "screen:", "rank.q"))


def test_all_faulty_files_are_named_at_once(study, capsys):
    for name in ("negative time", "cell that is no number", "unknown unit"):
        FILES[name].breaks(study)
    study.write()
    assert app.main(["check", str(study.path)]) == 2
    assert_words(said(capsys), ("3 faults", "line 7", "line 9", "'umol/X'"))


# --- stages: what a job of the workflow does with the same files ------------------------------------------------------


def stage(study: Study, label: str) -> tuple[int, list[Path]]:
    """Run a stage as its rule does; gives the exit status and the outputs."""
    name, _, modality = label.partition(".")
    content, results = study.content, study.folder / "results"
    source = content["modalities"].get(modality, {})
    subjects = {"patient": None, "group": None, **content["subjects"]}
    settings: Content = {
        "subjects": {"subjects": subjects, "dates": []},
        "endpoints": {"subjects": subjects, "endpoints": content["endpoints"]},
        "ingest": {"modality": modality, "source": source, "post_baseline": subjects["post_baseline"]},
        "features": {"modality": modality, "source": source},
    }[name]
    table = study.folder / content["subjects"]["path"]
    inputs = {
        "subjects": {"sources.table": table},
        "endpoints": {"sources.table": table, "subjects": results / "cohort/subjects.parquet"},
        "ingest": {"sources.file": study.folder / source.get("path", "")},
        "features": {
            "content": results / f"ingest/{modality}.parquet", "subjects": results / "cohort/subjects.parquet"
        },
    }[name]  # fmt: skip
    outputs = {
        "subjects": {
            "subjects": "cohort/subjects.parquet",
            "quarantine": "quarantine/subjects.parquet",
            "privacy": "privacy/subjects.parquet",
        },
        "endpoints": {"endpoints": "cohort/endpoints.parquet"},
        "ingest": {
            "content": f"ingest/{modality}.parquet",
            "quarantine": f"quarantine/{modality}.parquet",
            "privacy": f"privacy/{modality}.parquet",
        },
        "features": {"features": f"features/{modality}.parquet"},
    }[name]
    outputs["flow"] = f"flow/{label}.parquet"
    argv = ["stage", name, "--settings", json.dumps(settings), "--log", str(results / f"logs/{label}.log")]
    argv += [word for key, path in inputs.items() for word in ("--in", f"{key}={path}")]
    argv += [word for key, path in outputs.items() for word in ("--out", f"{key}={results / path}")]
    return app.main(argv), [results / path for path in outputs.values()]


#: What must be there before a stage can run.
BEFORE = {
    "subjects": (),
    "endpoints": ("subjects",),
    "ingest": (),
    "features": ("subjects", "ingest"),
}


def test_every_stage_takes_the_unbroken_study(study):
    for label in ("subjects", "endpoints", "ingest.markers", "ingest.labs", "features.markers", "features.labs"):
        status, outputs = stage(study, label)
        assert status == 0, label
        assert all(path.is_file() for path in outputs)
        assert (study.folder / "results" / "run" / f"{label}.json").is_file()


@pytest.mark.parametrize("name", FILES)
def test_the_stage_that_reads_it_refuses(name, study, capsys):
    case = FILES[name]
    case.breaks(study)
    stage_name, _, modality = case.stage.partition(".")
    for earlier in BEFORE[stage_name]:
        assert stage(study, f"{earlier}.{modality}" if earlier == "ingest" else earlier)[0] == 0
    said(capsys)
    before = everything_in(study.folder)
    status, outputs = stage(study, case.stage)
    assert status == 2
    # The workflow's own words name the modality and the job; the stage names what is in the file
    own = tuple(word for word in case.words if word not in ("markers", "labs"))
    assert_words(said(capsys), own)
    assert not any(path.exists() for path in outputs), "an output of a failed job could pass for a result"
    assert everything_in(study.folder) == before, "a failed job leaves nothing behind, no half-written file either"


def test_there_are_enough_ways_to_be_broken():
    assert len(FILES) + len(SETTINGS) + len(TEXTS) >= 90


# --- the whole workflow -----------------------------------------------------------------------------------------------


@pytest.mark.timeout(400)
def test_a_run_ends_with_the_message_and_goes_on_from_there_once_the_file_is_mended(study):
    study.content["modalities"].pop("labs")
    study.content["endpoints"] = study.content["endpoints"][2:]
    study.content["subjects"].pop("treatment")
    whole = (study.folder / "markers.csv").read_bytes()
    study.cell("markers.csv", 9, "m03", "high")
    study.write()

    ended = tiny_study.command("biomarker", "run", "study.yaml", "--cores", "2", cwd=study.folder)
    assert ended.status == 2, ended.out
    for words in (
        "ingest.markers failed", "markers.csv, line 9, column 'm03': 'high' is not a number", "-> ",
        "the same command goes on from there",
    ):  # fmt: skip
        assert words in ended
    assert "Traceback" not in ended
    assert MARK not in ended
    results = study.folder / "results" / "tiny"
    assert not (results / "ingest" / "markers.parquet").exists()
    assert not list(results.rglob("*.partial"))
    assert not (results / "report").exists()
    made = (results / "cohort" / "subjects.parquet").stat().st_mtime_ns

    (study.folder / "markers.csv").write_bytes(whole)
    mended = tiny_study.command("biomarker", "run", "study.yaml", "--cores", "2", cwd=study.folder)
    assert mended.status == 0, mended.out
    assert os.fspath(results / "report" / "index.html") in mended
    assert (results / "cohort" / "subjects.parquet").stat().st_mtime_ns == made, "what was right is not made again"
