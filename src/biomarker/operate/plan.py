"""What is still to do, and why: Snakemake's own plan, in plain words."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from biomarker.errors import BiomarkerError

__all__ = ["UNFINISHED", "NoPlanError", "plan"]

UNFINISHED = "it was stopped before it was done"

_DIGEST = re.compile(r"'[0-9a-f]{16}'")


class NoPlanError(BiomarkerError):
    """Snakemake could not plan the run."""


def plan(command: Sequence[str]) -> dict[str, str]:
    """Jobs that a run would do, by label, each with the reason.

    Parameters
    ----------
    command : sequence of str
        The run, as Snakemake takes it. A plan writes nothing but Snakemake's own empty folders.

    Raises
    ------
    NoPlanError
        With Snakemake's last words.
    """
    asked = subprocess.run(
        [*command, "--dry-run", "--nolock"],
        env={**os.environ, "BIOMARKER_CHECKED": "yes"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    lines = asked.stdout.splitlines()
    if asked.returncode != 0:
        raise NoPlanError("\n".join([line for line in lines if line.strip()][-6:]))
    return dict(_jobs(lines))


def _jobs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    label = ""
    for line in lines:
        if re.match(r"(?:local)?rule \w+:$", line):
            label = ""
        elif match := re.match(r"\s+log: (\S.*)$", line):
            label = Path(match[1]).stem
        elif (match := re.match(r"\s+reason: (.+)$", line)) and label:
            yield label, in_words(match[1])


def in_words(reason: str) -> str:
    """One of Snakemake's reasons for a job, in plain words."""
    if match := re.search(r"Updated input files: ([^;]+)", reason):
        return f"{match[1].strip()} is newer"
    if "Params have changed" in reason:
        before, _, now = reason.partition(" now: ")
        coded = set(_DIGEST.findall(before)) != set(_DIGEST.findall(now))
        settings = "'{" in reason
        return "its " + " and its ".join(["settings"] * settings + ["code"] * coded or ["command"]) + " changed"
    if "Code has changed" in reason or "Software environment" in reason:
        return "its command or its environment changed"
    if "Set of input files has changed" in reason:
        return "it reads other files than before"
    if "Forced execution" in reason or "Incomplete" in reason:
        return UNFINISHED
    if match := re.search(r"Missing output files: ([^;]+)", reason):
        return f"{_few(match[1])} not there"
    if "Input files updated by another job" in reason:
        return "what it reads is made again"
    return reason


def _few(files: str) -> str:
    names = files.strip().split(", ")
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more + (" is" if len(names) == 1 else " are")
