"""Whatever ends a run, and whenever: the same command goes on, and ends with the same bytes."""

from __future__ import annotations

import random
import signal
import time

import pytest
from processes import all_gone, kill, of_session, start, workers
from tiny_study import Project, not_run_yet, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 20
#: A run that goes on is shorter: its end is drawn from what is left, and from no less than this share of a whole run.
LEAST = 0.7
#: How often each happens: the machine goes down; somebody kills what was started, with a signal or Ctrl-C; a job dies.
WAYS = ["machine"] * 6 + ["driver"] * 5 + ["worker"] * 4 + ["SIGTERM"] * 3 + ["SIGINT"] * 2


def turn(project: Project) -> None:
    """Turn the rows of the markers around: nearly every job has to run again."""
    path = project.folder / "markers.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *reversed(rows), ""]), encoding="utf-8")


def end(way: str, session: int, draw: random.Random) -> None:
    """End a run in one of the ways."""
    if way == "machine":
        for pid in of_session(session):
            kill(pid)
    elif way == "driver":
        kill(session)
    elif way == "worker":
        kill(draw.choice(workers(session) or [session]))
    else:
        kill(session, signal.Signals[way])


def test_a_run_killed_twenty_times_at_random_ends_with_the_same_bytes(finished, tmp_path):
    """First from nothing; then, whenever it got to its end all the same, again and again after a changed input."""
    project = not_run_yet(finished, tmp_path / "killed")
    other = not_run_yet(finished, tmp_path / "undisturbed")
    turn(other)
    clock = time.monotonic()
    assert other.biomarker("run", "study.yaml", "--cores", "2").status == 0
    duration = time.monotonic() - clock
    expected, next_expected = tables(finished.results), tables(other.results)
    draw = random.Random(20261122)
    ways = WAYS.copy()
    draw.shuffle(ways)
    kills, left = 0, duration
    while kills < KILLS:
        run = start(project, "run", "study.yaml", "--cores", "2", out=tmp_path / "out.txt")
        begun = time.monotonic()
        moment = begun + draw.uniform(0, left)
        while time.monotonic() < moment and run.poll() is None:
            time.sleep(0.02)
        if run.poll() is None:
            end(ways[kills], run.pid, draw)
            kills += 1
            left = max(left - (moment - begun), LEAST * duration)
        status = run.wait(timeout=120)
        said = (tmp_path / "out.txt").read_text(encoding="utf-8")
        print(f"{kills:>2} {ways[kills - 1] if status else 'to its end':10} {status:>4}  {said.splitlines()[-1:]}")
        assert all_gone(run.pid, within=15), f"left behind: {of_session(run.pid)}"
        for path in project.results.rglob("*.parquet"):
            assert path.read_bytes()[-4:] == b"PAR1", f"{path} is not whole"
        if status == 0:
            assert tables(project.results) == expected
            duration = left = min(duration, time.monotonic() - begun)  # the machine may have been busier before
            turn(project)
            expected, next_expected = next_expected, expected
    last = project.biomarker("run", "study.yaml", "--cores", "2")
    assert last.status == 0, last.out
    assert tables(project.results) == expected
    assert list(project.results.rglob("*.partial")) == []
    assert (project.results / ".lock").read_text() == ""
    assert project.biomarker("run", "study.yaml").out.startswith("nothing to be done")
