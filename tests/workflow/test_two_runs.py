"""Two runs at a time, and what a run says of itself: at work, after it was killed, after a job failed."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
import tiny_study
import yaml
from processes import all_gone, awaited, kill, of_session, start, workers
from tiny_study import not_run_yet, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_second_run_on_the_same_results_is_refused_and_another_study_beside_it_is_not(finished, tmp_path):
    project = not_run_yet(finished, tmp_path / "study")
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    content["study"]["name"] = "other"
    (project.folder / "other.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    first = start(project, "run", "study.yaml", "--cores", "1", out=tmp_path / "first.txt")
    (job,) = awaited(lambda: workers(first.pid), first)
    kill(job, signal.SIGSTOP)  # held up for as long as others look at it
    beside = start(project, "run", "other.yaml", "--cores", "1", out=tmp_path / "beside.txt")

    second = project.biomarker("run", "study.yaml", "--cores", "1")
    assert second.status == 2
    assert re.search(rf"^error: another run is at work on results/tiny: process {first.pid} on \S+, since ", second.out)
    assert "Traceback" not in second
    bare = project.snakemake("--cores", "1")
    assert bare.status == 1
    assert "another run is at work on results/tiny" in bare
    unlock = project.biomarker("run", "study.yaml", "--unlock")
    assert unlock.status == 2
    assert "a run is at work" in unlock
    status = project.biomarker("status", "study.yaml")
    assert status.status == 0
    assert f"a run is at work: process {first.pid} on " in status
    assert "running (1)" in status
    assert "not started (" in status

    kill(job, signal.SIGCONT)
    assert first.wait(timeout=240) == 0, (tmp_path / "first.txt").read_text()
    assert beside.wait(timeout=240) == 0, (tmp_path / "beside.txt").read_text()
    assert tables(project.results) == tables(finished.results)
    theirs = tables(project.folder / "results" / "other")
    assert theirs.keys() == tables(project.results).keys()
    assert project.biomarker("run", "other.yaml").out.startswith("nothing to be done")


def test_snakemake_by_hand_holds_the_results_too_and_when_it_is_killed_nobody_has_to_unlock(finished, tmp_path):
    project = not_run_yet(finished, tmp_path / "study")
    fixed = ("--snakefile", project.code / "workflow" / "Snakefile", "--configfile", project.study, "--cores", "1")
    bare = start(project, *fixed, module="snakemake")
    awaited(lambda: workers(bare.pid), bare)
    refused = project.biomarker("run", "study.yaml")
    assert refused.status == 2
    assert "another run is at work on results/tiny: Snakemake, started by hand" in refused
    kill(bare.pid)
    bare.wait()
    assert all_gone(bare.pid, within=15), f"left behind: {of_session(bare.pid)}"
    assert list((project.folder / ".snakemake" / "locks").iterdir()) != []
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    assert tables(project.results) == tables(finished.results)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_asked_to_stop_says_one_line_and_can_go_on(finished, tmp_path, number, status):
    project = not_run_yet(finished, tmp_path / "study")
    run = start(project, "run", "study.yaml", "--cores", "2", out=tmp_path / "out.txt")
    awaited(lambda: workers(run.pid), run)
    kill(run.pid, number)
    assert run.wait(timeout=60) == status
    assert all_gone(run.pid, within=1)
    *steps, last = (tmp_path / "out.txt").read_text().splitlines()
    assert last == "stopped; the same command goes on from here"
    assert all(line.startswith("[") for line in steps)
    assert list(project.results.rglob("*.partial")) == []
    said = project.biomarker("status", "study.yaml")
    assert "no run is at work\n" in said
    assert "stopped (" in said
    assert "how to go on: biomarker run study.yaml" in said


def test_a_job_without_a_driver_that_ends_late_changes_nothing(project, finished):
    """The job is started from its log as a person would, so that no driver is watched, and held up meanwhile."""
    log = (project.results / "logs" / "screen.markers.log").read_text(encoding="utf-8")
    words = shlex.split(re.search(r"biomarker (stage .*)", log)[1])
    late = subprocess.Popen(
        [sys.executable, "-m", "biomarker", *words],
        cwd=project.folder,
        env={**os.environ, **project.environment},
        stderr=subprocess.DEVNULL,
    )
    os.kill(late.pid, signal.SIGSTOP)
    path = project.results / "screen" / "prognostic.markers.parquet"
    before = path.stat().st_ino
    path.unlink()
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    between = path.stat().st_ino
    os.kill(late.pid, signal.SIGCONT)
    assert late.wait(timeout=60) == 0
    assert len({before, between, path.stat().st_ino}) >= 2
    assert path.stat().st_ino != between, "it did end late"
    assert tables(project.results) == tables(finished.results)
    assert project.biomarker("run", "study.yaml").out.startswith("nothing to be done")


def test_status_tells_what_failed_and_why_and_what_is_out_of_date(project, tmp_path):
    path = project.folder / "markers.csv"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("subject_id", "subject", 1), encoding="utf-8")
    failed = project.biomarker("run", "study.yaml", "--cores", "2")
    assert failed.status == 2
    status = project.biomarker("status", "study.yaml")
    assert status.status == 0
    assert "failed (1)\n  ingest.markers: error: " in status
    assert "subject_id" in status
    assert "how to go on: mend what failed, then biomarker run study.yaml" in status

    path.write_text(right, encoding="utf-8")
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    tiny_study.write_study(project.folder, content | {"rank": {"q": 0.2, "keep": 5}})
    assert project.biomarker("run", "study.yaml", "--cores", "2").status == 0
    tiny_study.write_study(project.folder, content)
    found = json.loads(project.biomarker("status", "study.yaml", "--json").out)
    states = {job["job"]: (job["state"], job["why"]) for job in found["jobs"]}
    assert states["rank"] == ("out of date", "its settings changed")
    assert states["report"][0] == "out of date"
    assert states["ingest.markers"] == ("done", "")
    assert (found["running"], found["unknown"]) == (False, "")


def test_status_has_an_answer_for_a_folder_in_which_everything_is_damaged(project):
    results = project.results
    for path in (*results.glob("run/*.json"), results / "logs" / "snakemake.log", results / ".lock"):
        path.write_bytes(b"\xff\xfe{")
    (results / "run" / "progress").mkdir(exist_ok=True)
    (results / "run" / "progress" / "x.json").write_bytes(b"[")
    for path in (project.folder / ".snakemake" / "metadata").iterdir():
        path.write_bytes(b"\x00")
    status = project.biomarker("status", "study.yaml")
    assert (status.status, "Traceback" in status) == (0, False)
    assert "run/rank.json cannot be read" in status
    assert "how to go on: " in status
    (project.folder / "markers.csv").unlink()
    (results / "ingest" / "markers.parquet").unlink()
    status = project.biomarker("status", "study.yaml")
    assert (status.status, "Traceback" in status) == (0, False)
    assert "what is to do cannot be told: " in status
    assert "markers.csv" in status


def test_status_before_any_run_says_so_and_leaves_nothing(finished, tmp_path):
    project = not_run_yet(finished, tmp_path / "study")
    status = project.biomarker("status", "study.yaml")
    assert status.status == 0
    assert "nothing of this study was run here yet" in status
    assert "how to go on: biomarker run study.yaml" in status
    assert not (project.folder / "results").exists()
    assert not (project.folder / ".snakemake").exists()
