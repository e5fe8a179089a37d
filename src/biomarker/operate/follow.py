"""Reads what Snakemake says and tells it in plain words."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["Follower"]

QUIET_SECONDS = 10.0


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
        self.failed: list[Path] = []
        self.nothing_to_do = False
        self._rule = self._job = ""
        self._in_error = False
        self._spoken = self.started

    def line(self, text: str) -> None:
        """Take a line of Snakemake's output."""
        if match := re.match(r"(?:local)?rule (\w+):$", text):
            self._rule, self._in_error = match[1], False
        elif match := re.match(r"\s+jobid: (\d+)$", text):
            self._job = match[1]
            self.names[self._job] = self._rule
        elif match := re.match(r"\s+wildcards: (.+)$", text):
            values = (part.partition("=")[2] for part in match[1].split(", "))
            self.names[self._job] = " ".join([self._rule, *values])
        elif text.startswith("Error in rule"):
            self._in_error = True
        elif self._in_error and (match := re.match(r"\s+log: (\S.*?)(?: \(check log file.*)?$", text)):
            self.failed.append(self.results.parents[1] / match[1])
            self._in_error = False
        elif match := re.match(r"Finished job(?:id:)? (\d+)", text):
            self.finished = self.names.get(match[1], "")
        elif match := re.match(r"(\d+) of (\d+) steps", text):
            self._step(match[1], match[2])
        elif text.startswith("Nothing to be done"):
            self.nothing_to_do = True
            self.say("nothing to be done: all results are there and up to date")

    def look(self, now: float) -> None:
        """Say how far a long stage is, where nothing was said for a while."""
        if now - self._spoken < QUIET_SECONDS:
            return
        for path in sorted((self.results / "run" / "progress").glob("*.json")):
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:  # the stage has just ended
                continue
            share = record["done"] / record["total"] if record["total"] else 0.0
            self.say(f"           {record['stage']}: {record['done']} of {record['total']} ({share:.0%})")
        self._spoken = now

    def verdict(self, status: int, log: Path) -> int:
        """Exit status, after saying what went wrong."""
        if status == 0:
            if not self.nothing_to_do:
                self.say(f"done in {time.monotonic() - self.started:.0f} s")
            return 0
        mendable = bool(self.failed)
        for path in dict.fromkeys(self.failed):
            message, ours = _message(path)
            self.say(f"\n{path.stem} failed (whole log: {path})")
            self.say(message)
            mendable &= not ours
        if not self.failed:
            tail = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()][-15:]
            self.say("\n".join(["", *tail, "", f"(whole log: {log})"]))
        self.say("Results made so far are kept; the same command goes on from there.")
        return 2 if mendable else 1

    def _step(self, done: str, total: str) -> None:
        seconds = time.monotonic() - self.started
        self.say(f"[{done:>3}/{total}] {seconds:5.0f} s  {self.finished or ''}".rstrip())
        self._spoken = time.monotonic()


def _message(path: Path) -> tuple[str, bool]:
    """What a failed job said, and whether the fault is ours (a traceback)."""
    if not path.is_file():
        return "it left no log", True
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if any(line.startswith("Traceback") for line in lines):
        return "\n".join(lines[-12:]), True
    start = next((i for i, line in enumerate(lines) if line.startswith("error: ")), max(0, len(lines) - 12))
    return "\n".join(lines[start:]), start == 0 and not any(line.startswith("error: ") for line in lines)
