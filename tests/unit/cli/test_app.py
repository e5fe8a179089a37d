"""The command line, in this process: what it answers, how it ends, and that it never frightens."""

import json
import re

import polars as pl
import pytest
import yaml

from biomarker import __version__
from biomarker.cli import app as module
from biomarker.cli.app import main
from biomarker.data.tables import Quarantine, write_table
from biomarker.ingest.privacy import KEY
from biomarker.operate import run as run_module
from biomarker.provenance import collect
from biomarker.simulate.trial import FILES

VERBS = ("run", "check", "provenance", "simulate", "schema", "stage")


@pytest.fixture
def biomarker(capsys, monkeypatch):
    """Run a command line: exit status, stdout, stderr."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        monkeypatch.setenv(name, "1")

    def call(*argv):
        status = main([str(word) for word in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return call


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A study folder as `biomarker simulate` writes it; tests work on copies of its study file."""
    folder = tmp_path_factory.mktemp("sim") / "trial"
    assert main(["simulate", str(folder), "--genes", "200"]) == 0
    return folder


def study_of(simulated, name, *edits):
    """A copy of the study file beside its data, with values put in."""
    content = yaml.safe_load((simulated / "study.yaml").read_text(encoding="utf-8"))
    for *keys, value in edits:
        node = content
        for key in keys[:-1]:
            node = node.setdefault(key, {}) if isinstance(node, dict) else node[key]
        node[keys[-1]] = value
    path = simulated / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


# --- help -------------------------------------------------------------------------------------------------------------


def test_without_words_it_says_where_to_begin(biomarker):
    _, out, err = biomarker("--help")
    assert "Start with the demo:  biomarker run" in out
    assert err == ""
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", out, re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_teaches_itself(biomarker, verb):
    status, out, _ = biomarker(verb, "--help")
    assert status == 0
    assert out.startswith(f"Usage: biomarker {verb} ") or f" {verb} [OPTIONS]" in out.splitlines()[0]
    undescribed = [line for line in out.splitlines() if re.fullmatch(r"  --[a-z-]+( <\S+>)?", line)]
    assert undescribed == []
    sentence = out.splitlines()[2].strip()
    assert sentence[0].isupper()


def test_the_version_is_the_packages(biomarker):
    assert biomarker("--version") == (0, f"biomarker {__version__}\n", "")


@pytest.mark.parametrize("argv", [["chekc"], ["check"], ["check", "a", "b"], ["simulate", "x", "--genes", "many"]])
def test_a_mistyped_command_is_the_users_to_mend(biomarker, argv):
    status, _, err = biomarker(*argv)
    assert status == 2
    assert err.startswith("Usage: biomarker ")
    assert "Error: " in err


def test_an_interrupted_command_ends_like_an_interrupted_program(biomarker, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("biomarker.operate.check.check_study", interrupted)
    assert biomarker("check", "x.yaml")[0] == 130


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("ours")

    monkeypatch.setattr("biomarker.operate.check.check_study", broken)
    with pytest.raises(RuntimeError, match="ours"):
        main(["check", "x.yaml"])


def test_native_windows_is_refused_with_a_word(biomarker, monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "win32")
    status, _, err = biomarker("--version")
    assert status == 2
    assert "WSL2" in err


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_says_who_and_what_it_found_and_writes_nothing(biomarker, simulated):
    before = sorted(simulated.rglob("*"))
    status, out, _ = biomarker("check", simulated / "study.yaml")
    assert status == 0
    assert out.splitlines()[0] == f"{simulated / 'study.yaml'}: settings are right"
    assert "subjects: 400 subjects" in out
    assert re.search(r"endpoints: response known in \d+, pfs known in 400, shrinkage known in \d+", out)
    assert re.search(r"modalities.rna: 200 features of \d+ of 400 subjects", out)
    assert sorted(simulated.rglob("*")) == before


def test_check_tells_before_the_run_that_the_key_of_pseudonyms_is_missing(biomarker, simulated, monkeypatch):
    path = study_of(simulated, "keyed", ("privacy", "pseudonyms", True))
    monkeypatch.delenv(KEY, raising=False)
    status, _, err = biomarker("check", path)
    assert status == 2
    assert "need a key of at least" in err
    assert KEY in err
    monkeypatch.setenv(KEY, "k" * 40)
    status, out, _ = biomarker("check", path)
    assert status == 0
    assert "privacy: the key is set" in out
    assert "kkkk" not in out


def test_check_of_the_demo_does_not_simulate_it(biomarker, project):
    status, out, _ = biomarker("check", project / "config" / "config.yaml")
    assert status == 0
    assert "they are made and read when the study runs" in out


def test_settings_alone_are_checked_without_a_file(biomarker, simulated, tmp_path):
    path = tmp_path / "alone.yaml"
    path.write_text((simulated / "study.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert biomarker("check", path, "--settings-only")[0] == 0
    assert biomarker("check", path)[0] == 2


def test_check_prints_one_line_a_fault_of_the_settings(biomarker, simulated):
    path = study_of(simulated, "settings", ("rank", "q", 2), ("rank", "kep", 2), ("screen", None))
    status, out, err = biomarker("check", path)
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert lines[0] == f"error: {path}: 3 faults"
    assert sorted(line.strip().split(":")[0] for line in lines[1:4]) == ["rank.kep", "rank.q", "screen"]
    assert lines[4] == f"  -> Correct the file, then: biomarker check {path}"
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([("subjects", "path", "nobody.csv")], "nobody.csv"),
        ([("subjects", "id", "subjekt")], "subjekt"),
        ([("subjects", "treatment", "active", "Drug")], "no subject is in the arm 'Drug'"),
        ([("endpoints", 0, "column", "bor")], "bor"),
        ([("endpoints", 0, "event", ["XX"])], "response"),
        ([("modalities", "rna", "path", "no.parquet")], "no.parquet"),
        ([("screen", "prespecified", ["rna:TP53-typo"])], "rna:TP53-typo: modality rna has no such feature"),
    ],
)
def test_a_fault_in_the_files_is_named_with_advice(biomarker, simulated, edits, words):
    path = study_of(simulated, "files", *edits)
    status, _, err = biomarker("check", path)
    told = [line for line in err.splitlines() if " INFO " not in line]
    assert status == 2
    assert words in err
    assert told[0] == f"error: {path}: 1 fault in the files it names"
    assert told[-1] == f"  -> Then again: biomarker check {path}"


def test_several_faults_in_the_files_are_told_at_once(biomarker, simulated):
    edits = [
        ("endpoints", 0, "column", "bor"),
        ("modalities", "rna", "path", "a.pq"),
        ("modalities", "labs", "path", "b"),
    ]
    status, _, err = biomarker("check", study_of(simulated, "several", *edits))
    assert status == 2
    assert "3 faults in the files it names" in err
    for key in ("endpoints: ", "modalities.rna: ", "modalities.labs: "):
        assert f"\n  {key}" in err


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_study_that_is_no_file_is_said_to_be_none(biomarker, tmp_path, name):
    status, _, err = biomarker("check", tmp_path / name)
    assert status == 2
    assert len(err.splitlines()) == 2


def test_no_message_holds_a_subjects_name(biomarker, simulated, tmp_path):
    ids = pl.read_csv(simulated / "subjects.csv", infer_schema=False)["subject_id"]
    table = pl.read_csv(simulated / "subjects.csv", infer_schema=False)
    table = table.with_columns(
        subject_id=pl.when(pl.int_range(pl.len()) == 5).then(pl.lit(ids[4])).otherwise("subject_id")
    )
    table.write_csv(simulated / "twice.csv")
    status, _, err = biomarker("check", study_of(simulated, "twice", ("subjects", "path", "twice.csv")))
    assert status == 2
    assert not [name for name in ids if name in err]


# --- simulate, schema, provenance, run, stage -------------------------------------------------------------------------


def test_a_simulated_study_holds_its_truth(simulated):
    names = {path.name for path in simulated.iterdir()}
    assert {*FILES, "study.yaml"} <= names
    content = yaml.safe_load((simulated / "study.yaml").read_text(encoding="utf-8"))
    assert content["study"]["name"] == "trial"
    assert "simulate" not in content
    assert json.loads((simulated / "truth.json").read_text(encoding="utf-8"))


def test_simulate_does_not_write_over_a_study(biomarker, simulated):
    status, _, err = biomarker("simulate", simulated)
    assert status == 2
    assert "is already there" in err


def test_a_trial_too_small_for_its_markers_is_refused_with_advice(biomarker, tmp_path):
    status, _, err = biomarker("simulate", tmp_path / "small", "--subjects", "60", "--genes", "200")
    assert status == 2
    assert "->" in err


def test_schema_writes_the_stored_schema(biomarker, project, tmp_path):
    assert biomarker("schema", tmp_path / "s.json")[0] == 0
    assert (tmp_path / "s.json").read_bytes() == (project / "workflow/schemas/study.schema.json").read_bytes()


def test_provenance_shows_inputs_with_their_checksums(biomarker, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"abc")
    facts = collect({"source": tmp_path / "in.csv"}, {"rank": {"q": 0.05}}, code="c0de")
    write_table(Quarantine.create_empty(), Quarantine, tmp_path / "q.parquet", provenance=facts)
    status, out, _ = biomarker("provenance", tmp_path / "q.parquet")
    assert status == 0
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  source" in out
    for words in (facts["provenance_id"], f"biomarker {__version__}", "c0de", '"q": 0.05', "Quarantine"):
        assert words in out


def test_provenance_of_what_is_no_result_is_refused(biomarker, tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "plain.parquet")
    (tmp_path / "text.parquet").write_text("text")
    (tmp_path / "README.md").write_text("a file of the user's own")
    for name in ("plain.parquet", "text.parquet", "missing.parquet", "README.md"):
        status, _, err = biomarker("provenance", tmp_path / name)
        assert status == 2
        assert name in err
    assert "Delete" not in err, "nobody is told to delete what no run made"


@pytest.mark.parametrize(
    ("argv", "study", "options"),
    [
        (["run"], None, []),
        (["run", "a.yaml", "--cores", "2"], "a.yaml", []),
        (["run", "a.yaml", "--dry-run"], "a.yaml", ["--dry-run"]),
        (["run", "a.yaml", "--forcerun", "screen", "-k"], "a.yaml", ["--forcerun", "screen", "-k"]),
        (["run", "--dry-run"], None, ["--dry-run"]),
    ],
)  # fmt: skip
def test_run_hands_other_options_to_snakemake(biomarker, monkeypatch, argv, study, options):
    seen = []

    def fake(path, *, cores, directory, options):
        seen.append((None if path is None else str(path), options))
        return 0

    monkeypatch.setattr(run_module, "run_study", fake)
    assert biomarker(*argv)[0] == 0
    assert seen == [(study, options)]


def test_the_exit_status_of_a_run_is_handed_on(biomarker, monkeypatch):
    for status in (0, 1, 2):
        monkeypatch.setattr(run_module, "run_study", lambda *_, status=status, **__: status)
        assert biomarker("run")[0] == status


def test_a_stage_that_is_not_there_names_those_that_are(biomarker, tmp_path):
    status, _, err = biomarker("stage", "guess", "--log", tmp_path / "logs" / "guess.log")
    assert status == 2
    assert "there is no stage guess" in err
    assert "screen" in err
    assert list(tmp_path.iterdir()) == []
