"""The command that a run stands for; no process is started here."""

import subprocess
import sys

import pytest

from biomarker.errors import ConfigError
from biomarker.operate import run as module
from biomarker.operate.run import run_study, snakemake_command
from biomarker.provenance import project_folder


@pytest.fixture
def started(monkeypatch):
    """Commands that would have been started, and what Snakemake would have answered."""
    commands = []

    def follow(command, results, lock):
        commands.append((command, results))
        return 0

    def call(command, check):
        commands.append((command, None))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(module, "_follow", follow)
    monkeypatch.setattr(module.subprocess, "run", call)
    return commands


def test_the_command_is_what_a_person_would_type(tmp_path):
    study = tmp_path / "my study.yaml"
    got = snakemake_command(study, cores=3, directory=tmp_path, options=["--forcerun", "screen"])
    assert got == [
        *[sys.executable, "-m", "snakemake"],
        *["--snakefile", str(project_folder() / "workflow" / "Snakefile")],
        *["--configfile", str(study.resolve()), "--cores", "3"],
        *["--directory", str(tmp_path), "--forcerun", "screen"],
    ]


def test_without_a_study_the_demo_is_run(started, capsys, tmp_path):
    assert run_study(None, cores=1, directory=tmp_path, options=[]) == 0
    ((command, results),) = started
    assert str(project_folder() / "config" / "config.yaml") in command
    assert results == tmp_path / "results" / "demo"
    assert f"report: {results / 'report' / 'index.html'}" in capsys.readouterr().out


def test_no_cores_named_are_all_there_are(started, monkeypatch, tmp_path):
    monkeypatch.setattr(module.os, "cpu_count", lambda: 7)
    run_study(None, cores=0, directory=tmp_path, options=[])
    command, _ = started[0]
    assert command[command.index("--cores") + 1] == "7"


@pytest.mark.parametrize("option", ["--dry-run", "-n", "--lint", "--dag", "--unlock", "--report"])
def test_other_modes_show_snakemakes_own_output(started, tmp_path, option, capsys):
    assert run_study(None, cores=1, directory=tmp_path, options=[option]) == 3
    ((command, results),) = started
    assert (command[-1], results) == (option, None)
    assert "report:" not in capsys.readouterr().out


def test_a_wrong_study_starts_nothing(started, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text("study: {name: x}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        run_study(study, cores=1, directory=tmp_path, options=[])
    assert started == []


def test_a_folder_that_cannot_be_written_is_the_users_to_mend(tmp_path):
    (tmp_path / "results").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        run_study(None, cores=1, directory=tmp_path, options=[])
    assert "--directory" in caught.value.hint
