"""Processes of a run, as a person or a machine may end them; and a disk that is too small."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_study import Project


def start(project: Project, *words: str | Path, out: Path | None = None, module: str = "biomarker"):
    """Start a command in a session of its own, as in a terminal; its words go to a file, where one is named."""
    with out.open("w") if out else contextlib.nullcontext(subprocess.DEVNULL) as stdout:
        return subprocess.Popen(
            [sys.executable, "-m", module, *map(str, words)],
            cwd=project.folder,
            env={**os.environ, **project.environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def of_session(session: int) -> dict[int, str]:
    """Command lines of the processes of a session that have not ended, by process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                state, _parent, _group, its, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(its) == session and state not in "ZX":
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def workers(session: int) -> list[int]:
    """Jobs at work."""
    return [pid for pid, words in of_session(session).items() if "-m biomarker stage " in words and "bash" not in words]


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal, where there is anybody to send it to."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def all_gone(session: int, *, within: float) -> bool:
    """Whether every process of a session ends by itself."""
    end = time.monotonic() + within
    while of_session(session):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def awaited(what, process: subprocess.Popen[bytes], *, seconds: float = 120):
    """Wait until a question has an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        assert process.poll() is None, "the run ended before"
        time.sleep(0.02)
    raise AssertionError("it did not come")


class Disk:
    """A disk of a size of one's choice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def again(self, options: str) -> None:
        """Change its size, or whether it may be written to."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[Disk]:
    """A small disk at a folder; where nobody may make one the test is skipped, in CI it fails."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        reason = f"a small disk cannot be made here, which takes root: {made.stderr.strip()}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
