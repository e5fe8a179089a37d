"""Locking a study, the log of its runs, the bundle that is handed on, and its verification."""

import json
import shutil
import zipfile

import polars as pl
import pytest
from tiny_study import MARK

from biomarker.cli.app import main
from biomarker.data.history import append, read

RESULTS = "results/tiny"


@pytest.fixture
def study(finished, tmp_path):
    """The folder of the finished study, copied."""
    return shutil.copytree(finished.folder, tmp_path / "a study") / "study.yaml"


@pytest.fixture
def internal(study, tmp_path):
    assert main(["bundle", str(study), "--directory", str(study.parent), "--edition", "internal",
                 "--out", str(tmp_path / "b.zip")]) == 0  # fmt: skip
    return tmp_path / "b.zip"


# --- the log of runs --------------------------------------------------------------------------------------------------


def test_every_run_leaves_a_line_that_says_what_ran(finished):
    entries, broken = read(finished.folder / RESULTS / "run" / "history.jsonl")
    assert broken == 0
    assert [entry["event"] for entry in entries] == ["run begun", "run done"]
    assert {"study", "subjects", "endpoints", "modalities", "rank"} <= entries[0]["sections"].keys()
    assert len(entries[0]["code"]) == 64


@pytest.mark.parametrize("harm", ["a line changed", "a line taken out", "a line cut short"])
def test_a_log_that_was_changed_shows_where(tmp_path, harm):
    log = tmp_path / "history.jsonl"
    for number in range(4):
        append(log, "run begun", {"number": number})
    assert read(log)[1] == 0
    lines = log.read_text().splitlines()
    if harm == "a line changed":
        lines[1] = lines[1].replace('"number": 1', '"number": 7')
    elif harm == "a line taken out":
        del lines[1]
    else:
        lines[2] = lines[2][:20]
    log.write_text("\n".join(lines) + "\n")
    assert read(log)[1] == {"a line changed": 3, "a line taken out": 2, "a line cut short": 3}[harm]


# --- lock -------------------------------------------------------------------------------------------------------------


def test_a_lock_is_kept_says_when_and_notices_every_change(study, tmp_path, capsys):
    lock = ["lock", str(study), "--directory", str(tmp_path / "elsewhere")]
    assert main(lock) == 0
    assert "2 input files" in capsys.readouterr().out
    (entry,), _ = read(study.with_name("study.lock.jsonl"))
    assert entry["inputs"].keys() == {"subjects.csv", "markers.csv"}
    assert entry["results_existed"] is False

    study.write_text("# a comment changes nothing\n" + study.read_text())
    assert main(lock) == 0
    assert "nothing has changed since" in capsys.readouterr().out

    study.write_text(study.read_text().replace("q: 0.1", "q: 0.2"))
    with (study.parent / "markers.csv").open("a") as markers:
        markers.write("\n")
    assert main(lock) == 2
    assert "has changed since: rank, file markers.csv" in capsys.readouterr().err

    assert main([*lock, "--again"]) == 0
    entries, broken = read(study.with_name("study.lock.jsonl"))
    assert len(entries) == 2
    assert broken == 0


def test_the_report_says_when_the_study_was_locked_and_what_changed_after(project):
    assert main(["lock", str(project.study), "--directory", str(project.folder.parent)]) == 0
    project.study.write_text(project.study.read_text().replace("q: 0.1", "q: 0.2"))
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    report = json.loads((project.results / "report" / "report.json").read_text())
    (reproduce,) = [section for section in report["sections"] if section["id"] == "reproduce"]
    texts = [block["text"] for block in reproduce["blocks"] if "text" in block]
    (locked,) = [text for text in texts if text["say"].startswith("reproduce.locked")]
    assert locked["say"] == "reproduce.locked_since"
    assert "rank" in json.dumps(locked["with"]["changed"])
    assert "markers.csv" not in json.dumps(locked["with"]["changed"])


def test_a_lock_made_after_the_results_says_so(study, capsys):
    assert main(["lock", str(study), "--directory", str(study.parent)]) == 0
    assert "results of this study were there already" in capsys.readouterr().out
    assert read(study.with_name("study.lock.jsonl"))[0][0]["results_existed"] is True


def test_a_lock_that_was_changed_is_refused(study, tmp_path, capsys):
    lock = ["lock", str(study), "--directory", str(tmp_path), "--again"]
    assert main(lock) == 0
    study.write_text(study.read_text().replace("q: 0.1", "q: 0.2"))
    assert main(lock) == 0
    path = study.with_name("study.lock.jsonl")
    path.write_text(path.read_text().replace("2026", "2016", 1).replace('"event"', '"Event"', 1))
    assert main(lock) == 2
    assert "line 2 was changed, or a line before it" in capsys.readouterr().err


def test_a_file_that_is_not_there_cannot_be_locked(study, tmp_path, capsys):
    (study.parent / "markers.csv").unlink()
    assert main(["lock", str(study), "--directory", str(tmp_path)]) == 2
    assert "markers.csv does not exist" in capsys.readouterr().err


# --- bundle -----------------------------------------------------------------------------------------------------------


def test_the_partner_bundle_holds_report_and_checksums_and_no_table(study, tmp_path, capsys):
    out = tmp_path / "p.zip"
    assert main(["bundle", str(study), "--directory", str(study.parent), "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        assert {"report/index.html", "report/report.json", "study.yaml", "requirements.lock", "inputs.json",
                "tables.sha256", "checksums.sha256", "ro-crate-metadata.json", "history.jsonl",
                "workflow/Snakefile"} <= names  # fmt: skip
        assert not any(name.startswith(("tables/", "report/internal/")) for name in names)
        assert archive.read("study.yaml") == study.read_bytes()
        assert "subjects: subjects.csv" in json.loads(archive.read("inputs.json"))
    assert main(["verify", str(out)]) == 0
    assert "files are as they were" in capsys.readouterr().out


def test_the_internal_bundle_holds_tables_and_nobody(study, internal):
    with zipfile.ZipFile(internal) as archive:
        names = archive.namelist()
        assert "tables/candidates.parquet" in names
        assert not any(part in name for name in names for part in ("cohort/", "/features/", "ingest/", "quarantine/"))
        assert not any(MARK.encode() in archive.read(name) for name in names)
        for name in names:
            if name.endswith(".parquet"):
                with archive.open(name) as table:
                    assert "subject_id" not in pl.read_parquet(table.read()).columns


def test_its_metadata_are_a_workflow_run_crate(internal, tmp_path):
    from rocrate.rocrate import ROCrate

    with zipfile.ZipFile(internal) as archive:
        archive.extractall(tmp_path / "crate")
    crate = ROCrate(tmp_path / "crate")
    assert crate.mainEntity.id == "workflow/Snakefile"
    (action,) = crate.get_by_type("CreateAction")
    assert action["instrument"].id == "workflow/Snakefile"
    results = {entity.id for entity in action["result"]}
    assert {"report/index.html", "tables/candidates.parquet"} <= results
    named = {entity.get("name"): entity.get("sha256") for entity in action["object"]}
    assert len(named["subjects: subjects.csv"]) == 64
    profiles = {entity.id for entity in crate.root_dataset["conformsTo"]}
    assert "https://w3id.org/ro/wfrun/workflow/0.5" in profiles


def test_equal_results_make_equal_bytes(study, internal, tmp_path):
    again = tmp_path / "again.zip"
    assert main(["bundle", str(study), "--directory", str(study.parent), "--edition", "internal",
                 "--out", str(again)]) == 0  # fmt: skip
    assert again.read_bytes() == internal.read_bytes()


def test_no_bundle_where_a_file_names_a_subject(study, tmp_path, capsys):
    study.write_text(f"# without {MARK}001\n" + study.read_text())
    out = tmp_path / "b.zip"
    assert main(["bundle", str(study), "--directory", str(study.parent), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert "study.yaml holds an identifier of a subject" in told
    assert MARK not in told
    assert not out.exists()


@pytest.mark.parametrize("harm", ["damaged", "no report"])
def test_no_bundle_of_results_that_are_not_whole(study, tmp_path, capsys, harm):
    report = study.parent / RESULTS / "report" / "index.html"
    if harm == "damaged":
        report.write_text(report.read_text() + " ")
    else:
        report.unlink()
    assert main(["bundle", str(study), "--directory", str(study.parent), "--out", str(tmp_path / "b.zip")]) == 2
    assert "First: biomarker run" in capsys.readouterr().err


# --- verify -----------------------------------------------------------------------------------------------------------


def repacked(bundle, change):
    """The bundle with its files changed."""
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = bundle.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda files: files.update({"study.yaml": b"study: {}"}), "study.yaml was changed"),
        (lambda files: files.pop("inputs.json"), "inputs.json is missing"),
        (lambda files: files.update({"more.txt": b""}), "more.txt was added"),
        (lambda files: files.pop("checksums.sha256"), "holds no checksums.sha256"),
    ],
)
def test_a_changed_bundle_is_told(internal, capsys, change, told):
    assert main(["verify", str(repacked(internal, change))]) == 2
    assert told in capsys.readouterr().err


def test_what_is_no_bundle_is_refused(tmp_path, capsys):
    (tmp_path / "x.zip").write_text("no zip")
    assert main(["verify", str(tmp_path / "x.zip")]) == 2
    assert "is no zip file" in capsys.readouterr().err


@pytest.mark.slow
def test_the_data_give_the_same_results_again(study, internal, capfd):
    assert main(["verify", str(internal), "--data", str(study.parent)]) == 0
    told = capfd.readouterr().out
    assert "input files: 2 the same" in told
    assert "0 within 1e-06, 0 not" in told
    assert not (study.parent / "again").exists()


@pytest.mark.slow
def test_other_data_are_told(study, internal, capfd):
    subjects = study.parent / "subjects.csv"
    lines = subjects.read_text().splitlines()
    lines[1] = lines[1].replace(lines[1].split(",")[1], "36", 1)
    subjects.write_text("\n".join(lines) + "\n")
    assert main(["verify", str(internal), "--data", str(study.parent)]) == 2
    told = capfd.readouterr()
    assert "subjects.csv" in told.out
    assert "candidates.parquet differs" in told.err
