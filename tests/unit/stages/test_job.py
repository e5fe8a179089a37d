"""A job refuses what is not as it was made, leaves a record of what it made, and ends with the run that started it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from biomarker.data.files import sha256_of
from biomarker.errors import DataError
from biomarker.stages import job as module
from biomarker.stages.job import Job, run_job

#: A job in the middle of writing a file.
WRITES = """
import sys, time
from pathlib import Path
from biomarker.data.files import atomic_path
from biomarker.cli.stage import _end_with_driver
try:
    _end_with_driver()
    with atomic_path(Path(sys.argv[1])) as partial:
        partial.write_text("half")
        print("writing", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.fixture
def stage(monkeypatch):
    """A stage that copies its input."""
    monkeypatch.setattr(
        module, "_stage", lambda _name: lambda job: job.outputs["b"].write_bytes(job.inputs["a"].read_bytes())
    )


def job(results, label, source, target):
    return Job("copy", results, {"a": source}, {"b": results / target}, {}, "c0de", label)


def test_the_record_holds_size_and_checksum_of_every_output(tmp_path, stage):
    (tmp_path / "in.csv").write_text("a,b\n")
    run_job(job(tmp_path, "first", tmp_path / "in.csv", "x.parquet"))
    outputs = json.loads((tmp_path / "run" / "first.json").read_text())["outputs"]
    path = tmp_path / "x.parquet"
    assert outputs == {
        "x.parquet": {"bytes": 4, "sha256": sha256_of(path), "mtime_ns": path.stat().st_mtime_ns},
    }


def test_an_input_that_is_not_as_its_job_made_it_is_refused_by_name(tmp_path, stage):
    (tmp_path / "in.csv").write_text("a,b\n")
    run_job(job(tmp_path, "first", tmp_path / "in.csv", "x.parquet"))
    run_job(job(tmp_path, "second", tmp_path / "x.parquet", "y.parquet"))
    (tmp_path / "x.parquet").write_text("a;b\n")
    with pytest.raises(DataError, match=r"x\.parquet is not what the job first made") as caught:
        run_job(job(tmp_path, "second", tmp_path / "x.parquet", "y.parquet"))
    assert "biomarker run" in caught.value.hint
    (tmp_path / "in.csv").write_text("c,d\n")  # the user's own files may change
    run_job(job(tmp_path, "first", tmp_path / "in.csv", "x.parquet"))
    run_job(job(tmp_path, "second", tmp_path / "x.parquet", "y.parquet"))
    assert (tmp_path / "y.parquet").read_text() == "c,d\n"


def writing(path, driver):
    """A job that is writing, told that a process drives it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)],
        env={**os.environ, "BIOMARKER_DRIVER": str(driver)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "writing\n"
    return process


def test_a_job_ends_with_its_driver_and_puts_its_unfinished_file_away(tmp_path):
    driver = subprocess.Popen(["sleep", "60"])
    process = writing(tmp_path / "x", driver.pid)
    assert len(list(tmp_path.glob(".x.*.partial"))) == 1
    time.sleep(0.2)
    assert process.poll() is None
    driver.kill()
    driver.wait()
    assert process.communicate(timeout=10)[0] == "stopped\n"
    assert list(tmp_path.iterdir()) == []


def test_a_job_ends_on_sigterm_and_puts_its_unfinished_file_away(tmp_path):
    process = writing(tmp_path / "x", os.getpid())
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10)[0] == "stopped\n"
    assert list(tmp_path.iterdir()) == []


def test_a_job_whose_driver_ended_before_it_began_does_not_begin(tmp_path):
    driver = subprocess.Popen(["true"])
    driver.wait()
    ended = subprocess.run(
        [sys.executable, "-c", WRITES, str(tmp_path / "x")],
        env={**os.environ, "BIOMARKER_DRIVER": str(driver.pid)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout == "stopped\n"


@pytest.mark.parametrize("driver", ["", "0", "1", "no number"])
def test_a_job_that_was_told_of_no_driver_runs_to_its_end(tmp_path, driver):
    process = writing(tmp_path / "x", driver)
    time.sleep(0.2)
    assert process.poll() is None
    process.kill()
    process.communicate()
