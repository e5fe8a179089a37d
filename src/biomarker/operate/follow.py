"""Reads what Snakemake says and tells it in plain words."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from biomarker.data.files import FULL, storage_error
from biomarker.errors import StorageError
from biomarker.operate.progress import read_progress

__all__ = ["Follower", "message_of"]

QUIET_SECONDS = 10.0
#: Snakemake's own last lines that are shown where no job says what was wrong.
TAIL = 15
#: How a job of ours, or the system, names the file for which there was no room.
NAMED = re.compile(r"error: (.+) could not be written|(?:left on device|quota exceeded): '([^']+)'", re.IGNORECASE)
#: How Snakemake ends, and says so, where it does not know an option.
WRONG_OPTION, WRONG = 2, "__main__.py: error: "
KILLED = "it ended without a word: it was killed, by somebody or because memory ran out, or no log could be written"


class Follower:
    """Turns Snakemake's lines into one line a finished job, and a failure into the job's own message.

    Parameters
    ----------
    results : Path
        Folder of the study's results.
    say : callable
        Told each line for the person who watches.
    """

    def __init__(self, results: Path, say: Callable[[str], None]) -> None:
        self.results = results
        self.say = say
        self.started = time.monotonic()
        self.names: dict[str, str] = {}
        self.finished: str | None = None
        self.labels: dict[str, str] = {}
        self.done: set[str] = set()
        self.failed: list[Path] = []
        self.nothing_to_do = False
        self._rule = self._job = self._label = ""
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._full: list[str] = []
        self._in_error = False
        self._spoken = self.started

    def line(self, text: str) -> None:
        """Take a line of Snakemake's output."""
        if text.strip():
            self._tail.append(text)
        if _is_full(text):
            self._full.append(text)
        if match := re.match(r"(?:local)?rule (\w+):$", text):
            self._rule, self._label, self._in_error = match[1], "", False
        elif match := re.match(r"\s+jobid: (\d+)$", text):
            self._job = match[1]
            self.names[self._job], self.labels[self._job] = self._rule, self._label
        elif match := re.match(r"\s+wildcards: (.+)$", text):
            values = (part.partition("=")[2] for part in match[1].split(", "))
            self.names[self._job] = " ".join([self._rule, *values])
        elif text.startswith("Error in rule"):
            self._in_error = True
        elif self._in_error and (match := re.match(r"\s+log: (\S.*?)(?: \(check log file.*)?$", text)):
            self.failed.append(self.results.parents[1] / match[1])
            self._in_error = False
        elif match := re.match(r"\s+log: (\S.*)$", text):
            self._label = Path(match[1]).stem
        elif match := re.match(r"Finished job(?:id:)? (\d+)", text):
            self.finished = self.names.get(match[1], "")
            self.done.add(self.labels.get(match[1], ""))
        elif match := re.match(r"(\d+) of (\d+) steps", text):
            self._step(match[1], match[2])
        elif text.startswith("Nothing to be done"):
            self.nothing_to_do = True
            self.say("nothing to be done: all results are there and up to date")

    def look(self, now: float) -> None:
        """Say how far a long stage is, where nothing was said for a while."""
        if now - self._spoken < QUIET_SECONDS:
            return
        for far in read_progress(self.results):
            self.say(f"           {far}")
        self._spoken = now

    def verdict(self, status: int, log: Path) -> int:
        """Exit status, after saying what went wrong.

        Raises
        ------
        StorageError
            The disk was full.
        """
        if status == 0:
            if not self.nothing_to_do:
                self.say(f"done in {time.monotonic() - self.started:.0f} s")
            return 0
        if status == WRONG_OPTION and self._tail and WRONG in self._tail[-1]:
            self.say(f"error: {self._tail[-1].partition(WRONG)[2]}")
            self.say("  -> biomarker run --help names its options; any other must be one of Snakemake's.")
            return 2
        told = [(path, *message_of(path)) for path in dict.fromkeys(self.failed)]
        if (full := self._full_disk(message for _, message, _ in told)) is not None:
            raise full
        for path, message, _ in told:
            self.say(f"\n{path.stem} failed (whole log: {path})")
            self.say(message)
        if not told:
            self.say("\n".join(["", *self._tail, "", f"(whole log: {log})"]))
        self.say("Results made so far are kept; the same command goes on from there.")
        return 2 if told and not any(ours for _, _, ours in told) else 1

    def _full_disk(self, messages: Iterable[str]) -> StorageError | None:
        """The one thing to say where a disk was full, whoever of the many that write noticed it."""
        told = [words for words in (*messages, *self._full) if _is_full(words)]
        named = [match for words in told for match in NAMED.finditer(words)]
        if not told:
            return None
        file = next(filter(None, named[0].groups())) if named else ".snakemake"
        return storage_error(self.results.absolute().parents[1] / file, told[0])

    def _step(self, done: str, total: str) -> None:
        seconds = time.monotonic() - self.started
        self.say(f"[{done:>3}/{total}] {seconds:5.0f} s  {self.finished or ''}".rstrip())
        self._spoken = time.monotonic()


def _is_full(words: str) -> bool:
    return any(reason in words.lower() for reason in FULL)


def message_of(log: Path) -> tuple[str, bool]:
    """What a failed job said in its log, and whether the fault is ours (a traceback)."""
    if not log.is_file():
        return "it left no log", True
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if any(line.startswith("Traceback") for line in lines):
        return "\n".join(lines[-12:]), True
    start = next((i for i, line in enumerate(lines) if line.startswith("error: ")), None)
    if start is None:
        return "\n".join([*(line for line in lines[-12:] if " INFO " not in line), KILLED]), True
    return "\n".join(lines[start:]), False
