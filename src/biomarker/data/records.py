"""What each job leaves in ``run/``: how it ran, and size and checksum of every file that it made."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarker.data.files import sha256_of
from biomarker.errors import DataError

__all__ = ["Made", "describe", "made", "read_records", "require_as_made"]


@dataclass(frozen=True)
class Made:
    """One result file as a job left it.

    Attributes
    ----------
    path : Path
    job : str
        Label of the job that made it.
    size : int
        Bytes.
    sha256 : str
    mtime_ns : int
        Time stamp, in nanoseconds.
    """

    path: Path
    job: str
    size: int
    sha256: str
    mtime_ns: int


def describe(outputs: Iterable[Path], results: Path) -> dict[str, dict[str, Any]]:
    """Size, checksum and time stamp of each file, under its path below the results folder."""
    facts = {}
    for path in outputs:
        if path.is_relative_to(results):
            stat = path.stat()
            name = path.relative_to(results).as_posix()
            facts[name] = {"bytes": stat.st_size, "sha256": sha256_of(path), "mtime_ns": stat.st_mtime_ns}
    return facts


def read_records(results: Path) -> dict[Path, dict[str, Any] | None]:
    """Every job's record; None where it is damaged."""
    return {path: _read(path) for path in sorted((results / "run").glob("*.json"))}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        whole = isinstance(record["stage"], str) and all(
            isinstance(facts[key], kind)
            for facts in record.get("outputs", {}).values()
            for key, kind in (("bytes", int), ("sha256", str), ("mtime_ns", int))
        )
    except (ValueError, TypeError, KeyError, AttributeError):  # cut short, no text, or somebody else's
        return None
    return record if whole else None


def made(results: Path) -> dict[Path, Made]:
    """What the jobs made, by path: of two that made one file, the later. A record without outputs says nothing."""
    found = {}
    for record in sorted(filter(None, read_records(results).values()), key=lambda record: record.get("started", "")):
        for name, facts in record.get("outputs", {}).items():
            path = results / name
            found[path] = Made(path, record["stage"], facts["bytes"], facts["sha256"], facts["mtime_ns"])
    return found


def require_as_made(checksums: Mapping[Path, str], results: Path) -> None:
    """Refuse inputs that are no longer what the job before made of them.

    Parameters
    ----------
    checksums : mapping of Path to str
        SHA-256 of the files that a job is about to read.
    results : Path
        Folder of the study's results.

    Raises
    ------
    DataError
        A file was changed or damaged after it was made.
    """
    known = made(results)
    for path, checksum in checksums.items():
        if path in known and known[path].sha256 != checksum:
            raise DataError(
                f"{path} is not what the job {known[path].job} made: it was changed or damaged since",
                "`biomarker run` with the study file notices that and makes it again.",
            )
