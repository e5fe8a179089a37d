"""What a person is told of a run, from lines as Snakemake 9 writes them."""

import json

import pytest

from biomarker.errors import StorageError
from biomarker.operate.follow import QUIET_SECONDS, Follower
from biomarker.operate.progress import read_progress

START = """\
Building DAG of jobs...
Using shell: /usr/bin/bash
Job stats:
job          count
---------  -------
ingest           2
screen           4
total            6

Select jobs to execute...
Execute 2 jobs...
"""
TWO_JOBS = """
[Sun Nov 22 21:04:08 2026]
localrule ingest:
    input: results/demo/simulated/expression.parquet
    log: results/demo/logs/ingest.rna.log
    jobid: 8
    benchmark: results/demo/benchmarks/ingest.rna.tsv
    reason: Input files updated by another job: results/demo/simulated/expression.parquet
    wildcards: modality=rna
    resources: tmpdir=/tmp, runtime=60, mem_mb=1014
Shell command: biomarker stage ingest --settings '{"modality": "rna"}'

[Sun Nov 22 21:04:08 2026]
rule screen:
    input: results/demo/cohort/subjects.parquet
    log: results/demo/logs/screen.rna.log
    jobid: 11
    wildcards: modality=rna
Select jobs to execute...
[Sun Nov 22 21:04:10 2026]
Finished jobid: 11 (Rule: screen)
1 of 6 steps (17%) done
[Sun Nov 22 21:04:11 2026]
Finished jobid: 8 (Rule: ingest)
2 of 6 steps (33%) done
"""
FAILURE = """
[Sun Nov 22 21:04:12 2026]
rule rank:
    jobid: 3
[Sun Nov 22 21:04:12 2026]
Error in rule ingest:
    message: None
    jobid: 8
    input: results/demo/simulated/expression.parquet
    output: results/demo/ingest/rna.parquet
    log: {log} (check log file(s) for error details)
    shell:
        biomarker stage ingest
        (command exited with non-zero exit code)
Shutting down, this might take some time.
Exiting because a job execution failed. Look below for error messages
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def follower(tmp_path, said):
    return Follower(tmp_path, said.append)


def feed(follower, text):
    for line in text.splitlines():
        follower.line(line)


def verdict(follower, tmp_path, status):
    return follower.verdict(status, tmp_path / "snakemake.log")


def test_a_finished_job_is_one_line_with_its_wildcards(follower, said):
    feed(follower, START + TWO_JOBS)
    assert [(line.split("]")[0], line.split(" s  ")[1]) for line in said] == [
        ("[  1/6", "screen rna"),
        ("[  2/6", "ingest rna"),
    ]


def test_a_run_that_went_well_says_how_long_it_took(follower, said, tmp_path):
    feed(follower, START + TWO_JOBS)
    assert verdict(follower, tmp_path, 0) == 0
    assert said[-1].startswith("done in ")


def test_nothing_to_be_done_is_said_once(follower, said, tmp_path):
    feed(follower, "Building DAG of jobs...\nNothing to be done (all requested files are present and up to date).")
    assert verdict(follower, tmp_path, 0) == 0
    assert said == ["nothing to be done: all results are there and up to date"]


def test_an_option_that_nobody_knows_is_told_in_two_lines(follower, said, tmp_path):
    feed(follower, "usage: __main__.py [-h]\n    [targets ...]\n__main__.py: error: unrecognized arguments: --coers\n")
    assert verdict(follower, tmp_path, 2) == 2
    assert said[0] == "error: unrecognized arguments: --coers"
    assert len(said) == 2


def failed(follower, tmp_path, content):
    log = tmp_path / "logs" / "ingest.rna.log"
    log.parent.mkdir()
    if content is not None:
        log.write_text(content, encoding="utf-8")
    feed(follower, START + TWO_JOBS + FAILURE.format(log=log))
    return verdict(follower, tmp_path, 1)


def test_a_fault_of_the_user_is_told_in_the_jobs_own_words(follower, said, tmp_path):
    message = "error: x.csv, row 7, column ldh: not a number\n  -> Correct the cell."
    status = failed(follower, tmp_path, f"21:04:12 INFO biomarker stage ingest\n{message}\n")
    text = "\n".join(said)
    assert status == 2
    assert message in text
    assert "ingest.rna failed (whole log: " in text
    assert "INFO" not in text
    assert text.endswith("Results made so far are kept; the same command goes on from there.")


def test_a_fault_of_ours_keeps_its_traceback(follower, said, tmp_path):
    status = failed(follower, tmp_path, "Traceback (most recent call last):\n  File x\nKeyError: 'y'\n")
    assert status == 1
    assert "KeyError: 'y'" in "\n".join(said)


@pytest.mark.parametrize("content", [None, "", "Killed\n"])
def test_a_job_that_died_without_a_word_is_no_fault_of_the_user(follower, said, tmp_path, content):
    assert failed(follower, tmp_path, content) == 1
    assert "ingest.rna failed" in "\n".join(said)


def test_a_job_that_was_killed_says_what_may_have_killed_it(follower, said, tmp_path):
    assert failed(follower, tmp_path, "21:04:12 INFO    biomarker stage ingest --in x\n") == 1
    text = "\n".join(said)
    assert "it was killed, by somebody or because memory ran out" in text
    assert "INFO" not in text


@pytest.mark.parametrize(
    ("line", "file"),
    [
        (
            "error: results/x/a.parquet could not be written: no space left on device (0.0 MB free)",
            "results/x/a.parquet",
        ),
        ("OSError: [Errno 28] No space left on device: '/disk/.snakemake/metadata/y'", "/disk/.snakemake/metadata/y"),
        ("OSError: [Errno 28] No space left on device", ".snakemake"),
        ("OSError: [Errno 122] Disk quota exceeded: 'results/x/logs/a.log'", "results/x/logs/a.log"),
    ],
)
def test_a_full_disk_is_one_error_whoever_noticed_it(tmp_path, said, line, file):
    follower = Follower(tmp_path / "results" / "x", said.append)
    feed(follower, START + TWO_JOBS + line + "\n" + FAILURE.format(log=tmp_path / "a.log"))
    before = list(said)
    with pytest.raises(StorageError, match="could not be written") as caught:
        follower.verdict(1, tmp_path / "snakemake.log")
    assert said == before
    assert str(tmp_path / file) + " could not be written: " in caught.value.message
    assert "MB free" in caught.value.message
    assert "Make room" in caught.value.hint


def test_one_fault_of_ours_among_the_users_is_a_fault_of_ours(follower, tmp_path):
    for name, content in (("a", "error: wrong\n"), ("b", "Traceback (most recent call last):\nKeyError\n")):
        (tmp_path / f"{name}.log").write_text(content, encoding="utf-8")
        feed(follower, FAILURE.format(log=tmp_path / f"{name}.log"))
    assert verdict(follower, tmp_path, 1) == 1


def test_a_failure_before_any_job_shows_the_end_of_snakemakes_log(follower, said, tmp_path):
    feed(follower, "Building DAG of jobs...\n" + "\n".join(f"line {i}" for i in range(40)) + "\n\n")
    assert verdict(follower, tmp_path, 1) == 1
    text = "\n".join(said)
    assert "line 39" in text
    assert "line 20" not in text
    assert "snakemake.log" in text


def test_a_job_that_failed_twice_is_told_once(follower, said, tmp_path):
    (tmp_path / "a.log").write_text("error: wrong\n", encoding="utf-8")
    feed(follower, FAILURE.format(log=tmp_path / "a.log") * 2)
    verdict(follower, tmp_path, 1)
    assert sum("error: wrong" in line for line in said) == 1


def test_a_long_stage_says_how_far_it_is_after_some_quiet(follower, said, tmp_path):
    folder = tmp_path / "run" / "progress"
    folder.mkdir(parents=True)
    for stage, done in (("screen.rna", 500), ("empty", 0)):
        record = {"stage": stage, "done": done, "total": 4 * done}
        (folder / f"{stage}.json").write_text(json.dumps(record), encoding="utf-8")
    follower.look(follower.started + QUIET_SECONDS / 2)
    assert said == []
    follower.look(follower.started + QUIET_SECONDS + 1)
    assert [line.strip() for line in said] == ["empty: 0 of 0 (0%)", "screen.rna: 500 of 2000 (25%)"]
    (folder / "damaged.json").write_text('{"stage": "x", "do', encoding="utf-8")
    follower.look(follower.started + QUIET_SECONDS + 2)
    assert len(said) == 2


def test_a_long_stage_says_its_rate_and_the_time_left(tmp_path):
    folder = tmp_path / "run" / "progress"
    folder.mkdir(parents=True)
    times = {"started": "2026-11-22T21:00:00+00:00", "updated": "2026-11-22T21:01:40+00:00"}
    record = {"stage": "screen.rna", "done": 500, "total": 2000, **times}
    (folder / "x.json").write_text(json.dumps(record), encoding="utf-8")
    (far,) = read_progress(tmp_path)
    assert (far.rate, far.left) == (5.0, 300.0)
    assert str(far) == "screen.rna: 500 of 2000 (25%), 5.0 a second, about 5 min left"
