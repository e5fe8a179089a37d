"""One run at a time on a results folder, and nobody has to clear up after one that was killed."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from biomarker.errors import ConfigError
from biomarker.operate import hold as module
from biomarker.operate.hold import LOCK, hold, holder_of, release

HOLDS = (
    "import sys, time; from pathlib import Path; from biomarker.operate.hold import hold\n"
    "with hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def written(folder: Path, **facts: object) -> None:
    """What a run leaves that never said that it ended."""
    content = {"pid": 1, "host": platform.node(), "since": "2026-11-22 21:04:08+00:00", "ticks": "1", **facts}
    (folder / LOCK).write_text(json.dumps(content), encoding="utf-8")


def test_who_holds_it_is_written_down_while_it_lasts(tmp_path):
    assert holder_of(tmp_path) == (False, None)
    with hold(tmp_path):
        running, holder = holder_of(tmp_path)
        assert running
        assert (holder.pid, holder.host) == (os.getpid(), platform.node())
        assert holder.ticks == Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    assert holder_of(tmp_path) == (False, None)


def test_a_second_one_is_refused_with_process_host_and_time(tmp_path, other):
    with (
        pytest.raises(ConfigError, match=f"process {other.pid} on {platform.node()}, since 2") as caught,
        hold(tmp_path),
    ):
        pass
    assert f"kill {other.pid}" in caught.value.hint
    assert holder_of(tmp_path)[0], "the first was not disturbed"


def test_after_a_kill_the_next_one_just_goes_on(tmp_path, other):
    other.kill()
    with hold(tmp_path):  # before anybody took note of its end
        pass


def test_after_a_kill_it_is_known_who_held_it(tmp_path, other):
    other.kill()
    other.wait()
    running, holder = holder_of(tmp_path)
    assert (running, holder.pid) == (False, other.pid)


def test_a_process_that_inherits_the_lock_keeps_it(tmp_path):
    with hold(tmp_path) as lock:
        heir = subprocess.Popen(["sleep", "60"], pass_fds=[lock])
    try:
        assert holder_of(tmp_path)[0]
    finally:
        heir.kill()
        heir.wait()
    assert not holder_of(tmp_path)[0]


def test_a_run_on_another_machine_is_never_taken_for_gone(tmp_path):
    written(tmp_path, host="elsewhere", pid=4711)
    assert holder_of(tmp_path)[0]
    with pytest.raises(ConfigError, match="process 4711 on elsewhere, since 2026-11-22") as caught, hold(tmp_path):
        pass
    assert "biomarker run STUDY --unlock" in caught.value.hint
    release(tmp_path)
    with hold(tmp_path):
        pass


def test_what_is_held_cannot_be_released(tmp_path, other):
    with pytest.raises(ConfigError, match="a run is at work"):
        release(tmp_path)
    assert holder_of(tmp_path)[0]


def test_nothing_to_release_is_no_error(tmp_path):
    release(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_a_disk_knows_no_locks_process_and_its_start_decide(tmp_path, monkeypatch):
    def unknown(_handle, _kind):
        raise OSError(module.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", unknown)
    alive = subprocess.Popen(["sleep", "60"])
    try:
        ticks = module._ticks(alive.pid)
        written(tmp_path, pid=alive.pid, ticks=ticks)
        with pytest.raises(ConfigError, match=f"process {alive.pid} on "), hold(tmp_path):
            pass
        written(tmp_path, pid=alive.pid, ticks=str(int(ticks) - 1))  # its number came again
        with hold(tmp_path):
            pass
        written(tmp_path, pid=alive.pid, ticks=ticks)
        alive.kill()  # not awaited: it has ended, and is still listed
        while module._ticks(alive.pid):
            pass
        with hold(tmp_path):
            pass
    finally:
        alive.wait()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"pid": 1}', b"null"])
def test_a_damaged_file_is_nobody(tmp_path, content):
    (tmp_path / LOCK).write_bytes(content)
    assert holder_of(tmp_path) == (False, None)
    with hold(tmp_path):
        pass
