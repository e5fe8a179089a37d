"""One run at a time on a results folder: who holds it, and whether they are still there.

The lock is the operating system's own, on an open file: it ends with the process that has it, however that ends, and
nobody has to clear up after a kill. What the file says (process, host, since when) is for people, and for what the
system cannot know: runs on another machine, and disks that know no locks.
"""

import errno
import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from biomarker.errors import ConfigError

__all__ = ["LOCK", "Holder", "hold", "holder_of", "release"]

LOCK = ".lock"
#: Seconds that what a killed run left may take to end, and that a process may take that was killed just now.
PATIENCE, DYING = 5.0, 2.0


@dataclass(frozen=True)
class Holder:
    """Who holds a results folder.

    Attributes
    ----------
    pid : int
        0 where it is not known: a run that has just begun, or Snakemake by hand, which takes the lock and no more.
    host : str
    since : str
    ticks : str
        When the process began, as the kernel counts: a number that comes again is another process.
    """

    pid: int
    host: str
    since: str
    ticks: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}" if self.pid else "Snakemake, started by hand"

    @property
    def here(self) -> bool:
        """Whether it is, or was, a process of this machine."""
        return self.host in ("", platform.node())

    @property
    def gone(self) -> bool:
        """Whether it has ended, provably: a process of this machine that is not there any more."""
        return self.pid > 0 and self.here and _ticks(self.pid) != self.ticks


NOBODY_KNOWN = Holder(0, "", "", "")


@contextmanager
def hold(results: Path) -> Iterator[int]:
    """Hold a results folder until the block ends.

    Yields
    ------
    int
        The open file that carries the lock. A process that inherits it keeps the folder held.

    Raises
    ------
    ConfigError
        Another run holds it, or one on another machine did and never said that it ended.
    """
    with (results / LOCK).open("a+", encoding="utf-8") as handle:
        other = _take(handle)
        if other is not None:
            raise ConfigError(f"another run is at work on {results}: {other}", _advice(other))
        _write(handle, json.dumps(asdict(_myself())))
        try:
            yield handle.fileno()
        finally:
            _write(handle, "")


def _advice(other: Holder) -> str:
    if other.here:
        stop = f", or stop it: kill {other.pid}" if other.pid else ""
        return f"Wait until it has ended (`biomarker status` says how far it is){stop}"
    return (
        "Wait until it has ended, or stop it there. Only if it is certainly over, say because that machine went down: "
        "biomarker run STUDY --unlock"
    )


def holder_of(results: Path) -> tuple[bool, Holder | None]:
    """Whether a run holds the folder now, and who; or who did and ended without a word. Changes nothing."""
    try:
        with (results / LOCK).open(encoding="utf-8") as handle:
            free, holder = _try(handle, fcntl.LOCK_SH), _read(handle)
    except OSError:
        return False, None
    if free is False:
        return True, holder or NOBODY_KNOWN
    return not _over(holder, free=free), holder


def release(results: Path) -> None:
    """Forget a run that never said that it ended.

    Raises
    ------
    ConfigError
        It is still there.
    """
    if not (results / LOCK).is_file():
        return
    with (results / LOCK).open("a+", encoding="utf-8") as handle:
        free, holder = _try(handle, fcntl.LOCK_EX), _read(handle)
        if free is False or (holder is not None and holder.here and not _over(holder, free=free)):
            other = holder or NOBODY_KNOWN
            raise ConfigError(f"a run is at work on {results}: {other}", _advice(other))
        _write(handle, "")


def _take(handle: TextIO) -> Holder | None:
    """Take the lock; who has it, where that cannot be."""
    begun = time.monotonic()
    while True:
        free, holder = _try(handle, fcntl.LOCK_EX), _read(handle)
        if free is not False and _over(holder, free=free):
            return None
        known = holder or NOBODY_KNOWN
        if not known.here or time.monotonic() - begun > (DYING if known.pid and not known.gone else PATIENCE):
            return known
        time.sleep(0.1)


def _over(holder: Holder | None, *, free: bool | None) -> bool:
    """Whether the run whose name is in the file has ended: on this machine a free lock proves it."""
    return holder is None or (holder.here and free is True) or holder.gone


def _try(handle: TextIO, kind: int) -> bool | None:
    """Whether the lock was free; None where this disk knows no locks."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF):
            raise
        return None
    return True


def _read(handle: TextIO) -> Holder | None:
    handle.seek(0)
    try:
        return Holder(**json.loads(handle.read()))
    except (ValueError, TypeError):  # nobody, or one that is just writing its name
        return None


def _write(handle: TextIO, words: str) -> None:
    handle.seek(0)
    handle.truncate()
    handle.write(words)
    handle.flush()


def _myself() -> Holder:
    since = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    return Holder(os.getpid(), platform.node(), since, _ticks(os.getpid()))


def _ticks(pid: int) -> str:
    """When a process began; a word where the system does not say, and nothing where there is none."""
    try:
        state, *numbers = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if state in "ZX" else numbers[18]  # ended, though nobody has taken note yet
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "unknown"
