"""Warnings of ``biomarker check``: said for what is odd, silent on what is sound, and never a refusal."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import tiny_study
from tiny_study import MARK

from biomarker.cli import app


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
    """A tiny study of 80 subjects whose tables and settings a test may change."""

    def __init__(self, folder: Path) -> None:
        tiny_study.write_files(folder, subjects=80, features=6)
        self.folder = folder
        self.content = tiny_study.settings()
        self.subjects = pl.read_csv(folder / "subjects.csv")
        self.markers = pl.read_csv(folder / "markers.csv")

    def warnings(self, capsys) -> list[str]:
        """The lines of ``check`` that warn; whatever they say, the study is not refused."""
        self.subjects.write_csv(self.folder / "subjects.csv")
        self.markers.write_csv(self.folder / "markers.csv")
        path = tiny_study.write_study(self.folder, self.content)
        assert app.main(["check", str(path)]) == 0
        out = capsys.readouterr().out
        assert MARK not in out
        return re.findall(r"^warning: (.*)$", out, re.MULTILINE)


@pytest.fixture
def study(tmp_path) -> Study:
    return Study(tmp_path)


def test_a_sound_study_hears_nothing(study, capsys):
    assert study.warnings(capsys) == []


def test_subjects_that_no_comparison_has_are_counted(study, capsys):
    column = study.content["subjects"]["treatment"]["column"]
    arms = study.subjects[column].to_list()
    study.subjects = study.subjects.with_columns(pl.Series(column, [None, "other", *arms[2:]]))
    (said,) = study.warnings(capsys)
    assert said.startswith("subjects.treatment: 2 of 80 subjects are in none of the compared arms")


def test_a_covariate_of_codes_with_a_word_among_numbers_may_be_called_a_category(study, capsys):
    study.subjects = study.subjects.with_columns(ecog=pl.Series(["0", "1", "1", "2+"] * 20))
    study.content["subjects"]["covariates"] = [{"name": "ecog", "kind": "category"}]
    assert study.warnings(capsys) == []


LEAKS = {
    "follow-up time": ("pfs_months", "pfs", "C 1.00", "80 subjects, 60 events"),
    "the change itself": ("change", "shrinkage", "C 1.00", "80 subjects)"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_marker_that_is_the_outcome(name, study, capsys):
    column, endpoint, measure, counts = LEAKS[name]
    study.markers = study.markers.with_columns(crp=-3 * study.subjects[column])
    found = [line for line in study.warnings(capsys) if f"crp tells {endpoint} suspiciously well" in line]
    assert len(found) == 1
    for words in ("modalities.markers", measure, counts, "modalities.markers.exclude", "subjects.post_baseline"):
        assert words in found[0]


def test_a_marker_that_is_a_code_of_the_best_response(study, capsys):
    codes = study.subjects["bor"].replace_strict({"CR": 1, "PR": 2, "SD": 3, "PD": 4})
    study.markers = study.markers.with_columns(category=codes)
    found = study.warnings(capsys)
    assert any("category tells response suspiciously well (held-out AUC 1.00" in line for line in found)


def test_a_covariate_that_is_the_outcome(study, capsys):
    study.subjects = study.subjects.with_columns(stage=pl.when(pl.col("bor").is_in(["CR", "PR"])).then(1).otherwise(2))
    study.content["subjects"]["covariates"] = ["age", "stage"]
    (line,) = study.warnings(capsys)
    assert line.startswith("subjects.covariates: stage tells response suspiciously well")


def test_names_that_speak_of_a_later_time(study, capsys):
    draw = np.random.default_rng(1)
    study.markers = study.markers.with_columns(cd4_week20=draw.normal(size=80))
    (line,) = study.warnings(capsys)
    assert "modalities.markers: cd4_week20 ('week20'): the name speaks of a time after treatment began" in line
    assert "If that is so" in line


def test_a_covariate_named_after_a_later_time_is_said_by_the_settings_alone(study, capsys):
    study.subjects = study.subjects.with_columns(off_treatment=np.arange(80) % 2)
    study.content["subjects"]["covariates"] = ["age", "off_treatment"]
    (line,) = study.warnings(capsys)
    assert "subjects.covariates: off_treatment" in line
    assert app.main(["check", str(study.folder / "study.yaml"), "--settings-only"]) == 0
    assert f"warning: {line}" in capsys.readouterr().out


def test_tiny_groups(study, capsys):
    stage = ["I", "II", "III", "IV"] * 19 + ["V", "V", "VI", "VI"]
    arm = pl.Series(["drug"] * 15 + ["placebo"] * 65)
    site = [f"S{i % 2}" if i < 77 else "S2" for i in range(80)]
    study.subjects = study.subjects.with_columns(arm=arm, stage=pl.Series(stage), site=pl.Series(site))
    study.content["subjects"] |= {"covariates": ["stage"], "group": "site"}
    study.markers = study.markers.with_columns(mutated=(np.arange(80) < 3).astype(int))
    lines = "\n".join(study.warnings(capsys))
    for words in (
        "the arm 'drug' has 15 subjects, fewer than 20",
        "1 of 3 groups have fewer than 4 subjects (screen.min_group)",
        "2 of the 6 levels of stage have fewer than 4 subjects",
        "1 of 6 features have two values, the rarer in fewer than 4 subjects (screen.min_group); they are not tested",
    ):
        assert words in lines
    study.content["screen"] = {"min_group": 1}
    assert "levels of stage" not in "\n".join(study.warnings(capsys)), "the limit is the study's own"


def test_too_few_events_alone_and_in_an_arm(study, capsys):
    rare = pl.Series([1] * 8 + [0] * 72)
    study.subjects = study.subjects.with_columns(pfs_event=rare)
    lines = "\n".join(study.warnings(capsys))
    assert "endpoints: pfs has 8 events, fewer than 10 (screen.min_events): it is not tested" in lines
    arms = study.subjects["arm"]
    event = pl.Series([int(arm == "drug" or i < 4) for i, arm in enumerate(arms)])
    study.subjects = study.subjects.with_columns(pfs_event=event)
    lines = "\n".join(study.warnings(capsys))
    assert re.search(r"pfs has [1-4] events? in the arm 'placebo', fewer than 10 .* effect of treatment", lines)


def test_values_that_all_lie_after_treatment_began(study, capsys):
    labs = pl.read_csv(study.folder / "labs.csv")
    late = labs["subject_id"].is_in(study.subjects["subject_id"][:30].to_list())
    labs.with_columns(day=pl.when(late).then(14).otherwise(-7)).write_csv(study.folder / "labs.csv")
    (line,) = study.warnings(capsys)
    assert line.startswith("modalities.labs: 30 of 80 subjects have values, and none in the window")


def test_many_rows_in_quarantine(study, capsys):
    labs = pl.read_csv(study.folder / "labs.csv", infer_schema_length=0)
    hemolysed = pl.int_range(pl.len()) % 5 == 0
    labs.with_columns(value=pl.when(hemolysed).then(pl.lit("hemolysed")).otherwise("value")).write_csv(
        study.folder / "labs.csv"
    )
    (line,) = study.warnings(capsys)
    assert line == "modalities.labs: 32 of 160 rows are quarantined: the value is not a number (32)"


def test_a_marker_that_a_spreadsheet_may_have_renamed(study, capsys):
    study.markers = study.markers.rename({"m03": "1-Mar"})
    (line,) = study.warnings(capsys)
    assert "modalities.markers: 1-Mar: a spreadsheet may have turned names into dates" in line


def test_a_feature_named_after_a_person_is_warned_of_without_a_value(study, capsys):
    study.markers = study.markers.with_columns(zip_code=np.arange(80) + 10_000)
    (line,) = study.warnings(capsys)
    assert "zip_code: the name speaks of a person's identity" in line
    assert "10000" not in line
