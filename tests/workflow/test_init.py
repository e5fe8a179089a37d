"""``biomarker init``: a study file that says what it guesses, marks what it cannot know, and then passes ``check``."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import tiny_study
import yaml

from biomarker.cli import app
from biomarker.config.load import load_study

PERSON = "Zyxwv"


@pytest.fixture(autouse=True)
def as_found(monkeypatch):
    """The command line sets threads and the log's stream for a process of its own; here others come after it."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    log = logging.getLogger("biomarker")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = before


def drafted(folder: Path) -> tuple[Path, str]:
    path = folder / "draft.yaml"
    assert app.main(["init", str(folder), "--output", str(path)]) == 0
    return path, path.read_text(encoding="utf-8")


def marked(text: str) -> dict[int, str]:
    return {i: line for i, line in enumerate(text.splitlines(), 1) if "# FILL IN" in line}


def fill(path: Path, answers: dict[str, str]) -> None:
    """Answer the marked lines and no other: by ``endpoint.key`` or ``key``; without an answer the line is confirmed."""
    filled, name = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\s*- name: (\S+)", line):
            name = found[1]
        if "# FILL IN" in line:
            kept = line.split("# FILL IN")[0].rstrip()
            key = kept.strip().split(":")[0]
            answer = answers.get(f"{name}.{key}", answers.get(key))
            line = kept if answer is None else f"{kept.split(':')[0]}: {answer}"
        filled.append(line)
    path.write_text("\n".join(filled) + "\n", encoding="utf-8")


TRIAL = {
    "best_response.better": "event",
    "pfs_months.better": "longer",
    "pfs_months.event": "{column: pfs_event, value: [1], censored: [0]}",
    "tumour_change.better": "lower",
    "tumour_change.unit": '"%"',
}


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Path:
    """The folder of a simulated trial, without its own study file."""
    folder = tmp_path_factory.mktemp("trial") / "a trial"
    assert app.main(["simulate", str(folder), "--genes", "600"]) == 0
    (folder / "study.yaml").unlink()
    return folder


@pytest.fixture
def folder(trial, tmp_path) -> Path:
    return Path(shutil.copytree(trial, tmp_path / "a trial"))


# --- the simulated trial ----------------------------------------------------------------------------------------------


def test_check_lists_exactly_the_marked_lines_until_they_are_filled(folder, capsys):
    path, text = drafted(folder)
    capsys.readouterr()
    assert app.main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    lines = marked(text)
    assert f"{len(lines)} lines are still marked # FILL IN" in said
    assert {int(n) for n in re.findall(r"line (\d+):", said)} == set(lines)
    assert app.main(["run", str(path)]) == 2, "a run asks for the same"


def test_after_the_marked_lines_are_filled_it_passes_check(folder, capsys):
    path, _ = drafted(folder)
    fill(path, TRIAL)
    capsys.readouterr()
    assert app.main(["check", str(path)]) == 0
    said = capsys.readouterr().out
    assert "400 subjects" in said
    for modality in ("expression: 600 features", "labs: ", "proteins: ", "variants: "):
        assert f"modalities.{modality}" in said
    assert said.count("warning") == 1
    assert "warning: subjects: 400 of 400 identifiers are plain numbers or shorter than 6 characters" in said


def test_the_marked_lines_are_those_of_the_documentation_and_pass_as_it_fills_them(folder):
    page = (tiny_study.ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    path, text = drafted(folder)
    answers = dict(zip(marked(text), block.splitlines(), strict=True))
    assert all(answers[i].split(":")[0] == line.split(":")[0] for i, line in marked(text).items())
    lines = (answers.get(i, line) for i, line in enumerate(text.splitlines(), start=1))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert app.main(["check", str(path)]) == 0


def test_what_the_simulated_trial_is_was_found(folder):
    path, text = drafted(folder)
    fill(path, TRIAL)
    study = load_study(path)
    assert (study.subjects.path, study.subjects.id, study.subjects.group) == ("subjects.csv", "subject_id", "site")
    assert [c.name for c in study.subjects.covariate_settings] == ["age", "sex", "stage", "ecog"]
    assert study.subjects.treatment.pairs == (("drug", "placebo"),)
    assert [e.name for e in study.endpoints] == ["best_response", "pfs_months", "tumour_change"]
    assert study.endpoints[0].event == ("CR", "PR")
    assert study.modalities["expression"]["orientation"] == "subjects_in_rows"
    assert study.modalities["variants"]["tested"] == {"path": "sequenced.csv", "id": "subject_id"}
    assert study.modalities["proteins"]["separator"] == ";"
    labs = study.modalities["labs"]
    assert labs["type"] == "labs"
    assert labs["index_date"] == "randomised_on"
    assert set(labs["units"]) == {"creatinine", "haemoglobin"}
    assert "# guess: unique in all 400 rows" in text


def test_what_is_good_and_which_code_is_the_event_are_never_guessed(folder):
    _, text = drafted(folder)
    for line in text.splitlines():
        if re.match(r"\s*(better|event: \{column)", line):
            assert "# FILL IN" in line
            assert re.match(r"\s*better:\s+#|\s*event: \{column: pfs_event, value: \[\], censored: \[\]\}", line)


def test_no_identifier_and_no_subject_is_named(folder):
    people = pl.read_csv(folder / "subjects.csv").with_columns(
        patient_name=pl.Series([f"{PERSON} {i}" for i in range(400)]),
        remark=pl.Series([f"{PERSON} called on day {i}" for i in range(400)]),
        doctor=pl.Series([f"{PERSON}{i % 60}" for i in range(400)]),
    )
    people.write_csv(folder / "subjects.csv")
    path, text = drafted(folder)
    assert PERSON not in text
    assert not set(people["subject_id"]) & set(re.findall(r"\w+", text))
    for name in ("patient_name", "remark", "doctor"):
        assert re.search(rf"^#   {name}: ", text, re.MULTILINE), "what is left out is said, with the reason"
    fill(path, TRIAL)
    assert app.main(["check", str(path)]) == 0


def test_nothing_is_written_over_and_nothing_else_is_written(folder, capsys):
    path, text = drafted(folder)
    before = sorted(entry.name for entry in folder.iterdir())
    assert app.main(["init", str(folder), "--output", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == text
    assert sorted(entry.name for entry in folder.iterdir()) == before


def test_the_same_folder_gives_the_same_file(folder):
    first, text = drafted(folder)
    first.unlink()
    assert drafted(folder)[1] == text


def test_without_output_it_is_study_yaml_in_the_folder(folder):
    assert app.main(["init", str(folder)]) == 0
    assert "  name: a-trial\n" in (folder / "study.yaml").read_text(encoding="utf-8")


def test_another_study_file_of_the_folder_has_results_of_its_own(folder):
    assert app.main(["init", str(folder), "--output", str(folder / "mine.yaml")]) == 0
    assert "  name: a-trial-mine\n" in (folder / "mine.yaml").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_after_the_marked_lines_are_filled_it_runs(folder):
    path, _ = drafted(folder)
    fill(path, TRIAL)
    run = tiny_study.command("biomarker", "run", path.name, "--cores", "2", cwd=folder)
    assert run.status == 0, run.out
    assert "index.html" in run


# --- what numbers can be ----------------------------------------------------------------------------------------------

SCALES = {
    "counts": (lambda draw: draw.poisson(40, (60, 50)), "counts", False),
    "tpm": (lambda draw: _to_a_million(draw.gamma(0.3, 100, (60, 50))), "tpm", False),
    "logarithms": (lambda draw: draw.normal(5, 3, (60, 50)), "log2", True),
    "small whole numbers": (lambda draw: draw.poisson(2, (60, 50)), "log2_tpm", True),
}


def _to_a_million(values):
    return values / values.sum(axis=1, keepdims=True) * 1e6


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", SCALES)
def test_scale_and_orientation_of_expression(kind, turned, tmp_path):
    make, scale, asked = SCALES[kind]
    values = np.round(make(np.random.default_rng(1)).astype(float), 6)
    ids, genes = [f"QX{i:02d}" for i in range(60)], [f"G{i:02d}" for i in range(50)]
    people = pl.DataFrame({"subject_id": ids, "os_days": np.arange(60) + 1, "os_event": [0, 1] * 30})
    people.write_csv(tmp_path / "people.csv")
    if turned:
        table = pl.DataFrame({"gene": genes, **{name: values[i] for i, name in enumerate(ids)}})
    else:
        table = pl.DataFrame({"subject_id": ids, **{name: values[:, j] for j, name in enumerate(genes)}})
    table.write_csv(tmp_path / "rna.csv")
    _, text = drafted(tmp_path)
    rna = yaml.safe_load(text)["modalities"]["rna"]
    assert (rna["type"], rna["scale"]) == ("expression", scale)
    assert rna["orientation"] == ("features_in_rows" if turned else "subjects_in_rows")
    assert any("scale" in line for line in marked(text).values()) == asked
    assert "QX" not in text


def test_an_unusual_separator_is_said_to_the_source(tmp_path):
    pl.DataFrame({"subject_id": [f"QX{i}" for i in range(40)], "os_days": range(1, 41), "died": [0, 1] * 20}).write_csv(
        tmp_path / "people.csv"
    )
    pl.DataFrame({"subject_id": [f"QX{i}" for i in range(40)], "crp": np.arange(40) / 7}).write_csv(
        tmp_path / "marker.csv", separator=";"
    )
    _, text = drafted(tmp_path)
    assert yaml.safe_load(text)["modalities"]["marker"]["separator"] == ";"


def test_a_folder_as_a_spreadsheet_of_continental_europe_saves_it(tmp_path):
    draw, n = np.random.default_rng(6), 60
    people = pl.DataFrame({"Patient": [f"QX{i:02d}" for i in range(n)], "OS_days": draw.permutation(n) + 1,
                           "event": [0, 1] * 30, "Alter": draw.integers(30, 80, n),
                           "BMI": [f"{value:.1f}".replace(".", ",") for value in draw.normal(25, 3, n)]})  # fmt: skip
    people.write_csv(tmp_path / "patients.csv", separator=";", quote_style="never")
    levels = people.select("Patient", "Alter", crp="BMI")
    levels.write_csv(tmp_path / "crp.csv", separator=";", quote_style="never")
    path, text = drafted(tmp_path)
    draft = yaml.safe_load(text)
    assert draft["subjects"]["separator"] == draft["modalities"]["clinical"]["separator"] == ";"
    assert "crp" not in draft["modalities"], "whole numbers alone would be half a table"
    for name in ("BMI", "crp.csv"):
        assert re.search(rf"^#   {name}: decimals stand behind a comma", text, re.MULTILINE)
    fill(path, {"better": "longer", "event": "{column: event, value: [1], censored: [0]}"})
    assert app.main(["check", str(path)]) == 0


def test_numbers_of_the_subject_table_may_be_outcomes_and_are_asked_about(tmp_path, capsys):
    people_with(tmp_path, 60)
    people = pl.read_csv(tmp_path / "people.csv").with_columns(RESP=pl.Series([0, 1] * 30))
    people.write_csv(tmp_path / "people.csv")
    path, text = drafted(tmp_path)
    (asked,) = (line for line in marked(text).values() if "columns: [RESP]" in line)
    assert "take out every outcome" in asked
    capsys.readouterr()
    assert app.main(["check", str(path)]) == 2
    assert "RESP" in capsys.readouterr().err


def test_a_study_is_of_one_arm_only_if_the_user_says_so(tmp_path):
    ids = people_with(tmp_path, 60)
    (asked,) = (line for line in marked(drafted(tmp_path)[1]).values() if "no column of arms" in line)
    assert "may be" not in asked
    pl.DataFrame({"subject_id": ids, "ARM": ["A", "B", "C"] * 20}).write_csv(tmp_path / "dm.csv")
    (tmp_path / "draft.yaml").unlink()
    (asked,) = (line for line in marked(drafted(tmp_path)[1]).values() if "no column of arms" in line)
    assert "they may be ARM of dm.csv" in asked


def test_outcomes_of_another_table_are_no_markers(tmp_path):
    ids = people_with(tmp_path, 60)
    people = {"subject_id": ids, "arm": ["drug", "placebo"] * 30, "age": range(60), "sex": ["m", "f"] * 30}
    pl.DataFrame(people).write_csv(tmp_path / "dm.csv")
    _, text = drafted(tmp_path)
    assert yaml.safe_load(text)["subjects"]["path"] == "dm.csv"
    assert "os_days" not in str(yaml.safe_load(text)["modalities"])
    assert re.search(r"^#   people.csv: os_days, os_event may be outcomes", text, re.MULTILINE)


def test_one_marked_line_is_one_line(tmp_path, capsys):
    arms = pl.DataFrame({"subject_id": [f"QX{i:02d}" for i in range(60)], "stage": [1, 2] * 30})
    arms.write_csv(tmp_path / "people.csv")
    capsys.readouterr()
    text = drafted(tmp_path)[1]
    lines = len(marked(text))
    assert f"{lines} line{' is' if lines == 1 else 's are'} marked FILL IN" in capsys.readouterr().out


def people_with(folder: Path, subjects: int) -> list[str]:
    """Write a table of subjects that live a number of days, and give their identifiers."""
    ids = [f"QX{i:03d}" for i in range(subjects)]
    days = np.random.default_rng(3).permutation(subjects) + 1
    died = [0, 1] * (subjects // 2)
    pl.DataFrame({"subject_id": ids, "os_days": days, "os_event": died}).write_csv(folder / "people.csv")
    return ids


LIVES = {"better": "longer", "event": "{column: os_event, value: [1], censored: [0]}"}


def test_variants_ask_who_was_sequenced(tmp_path):
    ids = people_with(tmp_path, 60)
    rows = [{"Tumor_Sample_Barcode": name, "Hugo_Symbol": ("TP53", "KRAS", "RB1")[i % 3],
             "Variant_Classification": "Missense_Mutation", "HGVSp_Short": f"p.R{i}H"}
            for i, name in enumerate(ids[:40])]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "calls.maf", separator="\t")
    path, text = drafted(tmp_path)
    (asked,) = (line for line in marked(text).values() if "tested:" in line)
    assert "who was sequenced" in asked
    assert yaml.safe_load(text)["modalities"]["variants"]["protein_change"] == "HGVSp_Short"
    fill(path, LIVES)
    assert app.main(["check", str(path)]) == 0
    pl.DataFrame({"sample": ids[:50]}).write_csv(tmp_path / "sequenced_subjects.csv")
    path.unlink()
    path, text = drafted(tmp_path)
    assert yaml.safe_load(text)["modalities"]["variants"]["tested"] == {
        "path": "sequenced_subjects.csv",
        "id": "sample",
    }
    assert any("confirm that these, and nobody else" in line for line in marked(text).values())
    assert "QX" not in text


def test_classes_of_variants_outside_the_specification_are_asked(tmp_path):
    ids = people_with(tmp_path, 60)
    pl.DataFrame({"subject_id": ids[:30] * 2, "gene": ["TP53"] * 30 + ["KRAS"] * 30,
                  "variant_class": ["gain", "known_short"] * 30}).write_csv(tmp_path / "calls.csv")  # fmt: skip
    path, text = drafted(tmp_path)
    assert any("keep: [gain, known_short]" in line for line in marked(text).values())
    fill(path, LIVES)
    assert app.main(["check", str(path)]) == 0


@pytest.mark.parametrize("visits", [("Baseline", "Week.6"), ("V3", "V7")])
def test_protein_levels_ask_which_visit_is_the_baseline(visits, tmp_path):
    ids = people_with(tmp_path, 40)
    draw = np.random.default_rng(4)
    rows = [{"SampleID": f"{name}-{visit}", "subject_id": name, "Assay": assay, "OlinkID": f"OID{assay}", "Time": visit,
             "NPX": round(draw.normal(), 3), "PlateID": "P1"}
            for name in ids for visit in visits for assay in ("IL6", "CRP")]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "olink.csv", separator=";")
    path, text = drafted(tmp_path)
    (asked,) = (line for line in marked(text).values() if "where:" in line)
    assert ("[Baseline]" in asked) == ("Baseline" in visits), "a visit is guessed by what it is called, or not at all"
    fill(path, LIVES | {"where": f"{{Time: [{visits[0]}]}}"})
    assert app.main(["check", str(path)]) == 0


def test_running_numbers_of_two_tables_are_not_taken_for_the_same_subjects(tmp_path):
    people_with(tmp_path, 40)
    people = pl.read_csv(tmp_path / "people.csv").with_columns(subject_id=pl.int_range(1, 41))
    people.write_csv(tmp_path / "people.csv")
    pl.DataFrame({"row": range(1, 41), "crp": np.arange(40) / 7}).write_csv(tmp_path / "other.csv")
    _, text = drafted(tmp_path)
    assert "running numbers" in text
    assert "other" not in (yaml.safe_load(text)["modalities"] or {})


def test_no_column_is_lost_without_a_word_and_none_that_may_be_an_outcome_becomes_a_marker(tmp_path):
    people_with(tmp_path, 60)
    people, draw = pl.read_csv(tmp_path / "people.csv"), np.random.default_rng(5)
    people = people.with_columns(
        site=pl.Series([f"S{i % 5}" for i in range(60)]),
        hospital=pl.Series([f"H{i % 4}" for i in range(60)]),
        prior_therapy=pl.Series(["chemotherapy", "none"] * 30),
        pfs_weeks=draw.permutation(60) + 1,
        vital_status=pl.Series([0, 1, 1] * 20),
        screening_no=draw.permutation(60) + 100,
        study=pl.Series(["X"] * 60),
        empty=pl.Series([None] * 60, dtype=pl.String),
        ldh_c2d1=draw.normal(size=60),
        crp=draw.normal(size=60),
    )
    people.write_csv(tmp_path / "people.csv")
    _, text = drafted(tmp_path)
    draft = yaml.safe_load(text)
    assert draft["modalities"]["clinical"]["columns"] == ["crp"]
    assert "treatment" not in draft["subjects"], "a therapy before the study is no arm"
    assert draft["subjects"]["group"] == "site"
    assert list(draft["subjects"]["post_baseline"]) == ["ldh_c2d1"]
    for name in people.columns:
        assert re.search(rf"\b{name}\b", text), name


def test_line_breaks_in_a_table_stay_out_of_the_study_file(tmp_path):
    people_with(tmp_path, 60)
    people = pl.read_csv(tmp_path / "people.csv").with_columns(arm=pl.Series(["drug\nmodalities: {}", "placebo"] * 30))
    people.write_csv(tmp_path / "people.csv")
    people.rename({"arm": "arm\nmodalities: {}"}).write_parquet(tmp_path / "again.parquet")
    _, text = drafted(tmp_path)
    assert "modalities: {}" not in text
    assert "again.parquet: the name of a column holds a line break" in text


# --- folders that hold no study ---------------------------------------------------------------------------------------


def test_an_empty_folder(tmp_path, capsys):
    assert app.main(["init", str(tmp_path)]) == 2
    assert "holds no table that can be read" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert app.main(["init", str(tmp_path / "none")]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_a_folder_of_junk(tmp_path, capsys):
    draw = np.random.default_rng(2)
    (tmp_path / "noise.csv").write_bytes(draw.bytes(5000))
    (tmp_path / "noise.parquet").write_bytes(draw.bytes(5000))
    (tmp_path / "empty.tsv").write_bytes(b"")
    (tmp_path / "cut.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "twice.csv").write_text(f"a,{PERSON},{PERSON}\n1,2,3\n")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2,3\n")
    (tmp_path / "letter.txt").write_text(f"Dear {PERSON},\nthank you.\n")
    (tmp_path / "image.png").write_bytes(draw.bytes(100))
    (tmp_path / "folder.csv").mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    assert app.main(["init", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert PERSON not in said
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_file_that_cannot_be_read_beside_a_study_is_said_with_the_reason(folder):
    (folder / "extra.csv").write_text("a,b\n1,2,3\n")
    _, text = drafted(folder)
    assert re.search(r"^#   extra.csv: .*line 2.*3 cells where the header has 2", text, re.MULTILINE)


def test_a_table_without_identifiers_that_ships_with_a_package(tmp_path):
    lifelines = pytest.importorskip("lifelines")
    shutil.copy(Path(lifelines.__file__).parent / "datasets" / "gbsg2.csv", tmp_path)
    path, text = drafted(tmp_path)
    assert yaml.safe_load(text)["subjects"]["id"] == "#row"
    assert re.search(r"event: \{column: cens, value: \[\], censored: \[\]\}   # FILL IN: .*0.* in 387 rows", text)
    fill(path, {"better": "longer", "unit": "days", "event": "{column: cens, value: [1], censored: [0]}"})
    assert app.main(["check", str(path)]) == 0


# --- real studies -----------------------------------------------------------------------------------------------------


@pytest.mark.study
def test_a_trial_with_columns_of_later_visits(reference_data, tmp_path):
    shutil.copy(reference_data / "actg175" / "actg175.csv", tmp_path)
    path, text = drafted(tmp_path)
    draft = yaml.safe_load(text)
    later = {"offtrt", "cd420", "cd820", "cd496", "r"}
    assert set(draft["subjects"]["post_baseline"]) == later
    assert not {*later, "days", "cens", "arms", "treat"} & set(draft["modalities"]["clinical"]["columns"])
    assert draft["subjects"]["treatment"]["column"] == "arms"
    fill(path, {"comparisons": '[["1", "0"], ["2", "0"]]', "better": "longer",
                "event": "{column: cens, value: [1], censored: [0]}"})  # fmt: skip
    assert app.main(["check", str(path)]) == 0


@pytest.mark.study
def test_a_study_of_one_arm_with_two_samples_of_a_patient(reference_data, tmp_path):
    shutil.copytree(reference_data / "imvigor210", tmp_path, dirs_exist_ok=True)
    path, text = drafted(tmp_path)
    draft = yaml.safe_load(text)
    assert "treatment" not in draft["subjects"]
    assert draft["subjects"]["patient"] == "ANONPT_ID"
    assert "binaryResponse" in draft["subjects"]["post_baseline"]
    assert any("scale: log2 " in line and "negative" in line for line in marked(text).values())
    (status,) = (line for line in marked(text).values() if "censOS" in line)
    assert "value: [], censored: []" in status, "its name says the opposite of what it holds"
    variants = draft["modalities"]["variants"]
    assert variants["tested"] == {"path": "mutations_tested_subjects.csv", "id": "subject_id"}
    fill(path, {"Best.Confirmed.Overall.Response.better": "event", "os.better": "longer", "unit": "months",
                "event": "{column: censOS, value: [1], censored: [0]}"})  # fmt: skip
    assert app.main(["check", str(path)]) == 0
