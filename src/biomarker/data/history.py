"""What was run or locked when, with which digests: files to which lines are only ever added.

A line holds the digest of the line before it, so that one that was changed or taken out later shows. Standard library
only and nothing of this package: the workflow runs this very file where the science packages may be absent.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["append", "differences", "lock_file", "read", "since_locked", "state"]

#: Sections that change no result.
INERT = ("compute",)
GENESIS = "0" * 64


def state(content: Mapping[str, Any], package: Path, project: Path) -> dict[str, Any]:
    """Digests of a study file's content as it was given, and of the code that would run it.

    Parameters
    ----------
    content : mapping
        The study file's sections before defaults are filled in: comments and layout do not count.
    package, project : Path
        Folder of the package's source; folder that holds ``workflow/``, ``rules/`` and the lock of dependencies.

    Returns
    -------
    dict
        ``sections`` (name to SHA-256), ``code`` (of package, rules and workflow), ``requirements``.
    """
    sections = {name: _digest(json.dumps(content[name], sort_keys=True)) for name in sorted(content)}
    code = hashlib.sha256()
    for folder in (package, project / "workflow", project / "rules"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and _is_code(path, folder)):
            code.update(f"{folder.name}/{path.relative_to(folder).as_posix()}\0".encode())
            code.update(path.read_bytes())
    requirements = project / "requirements.lock"
    return {
        "sections": {name: digest for name, digest in sections.items() if name not in INERT},
        "code": code.hexdigest(),
        "requirements": _digest(requirements.read_text(encoding="utf-8")) if requirements.is_file() else "",
    }


def _is_code(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(("_project", "__pycache__", ".")) for part in path.relative_to(folder).parts)
    return not hidden and path.suffix != ".pyc"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lock_file(study_file: Path) -> Path:
    """Where the locks of a study file are kept: beside it."""
    return study_file.with_name(f"{study_file.stem}.lock.jsonl")


def append(path: Path, event: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Add a line to a log; returns what it says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        lines = log.read().splitlines()
        entry = {
            "event": event,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            **facts,
            "before": _digest(lines[-1]) if lines else GENESIS,
        }
        log.write(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
        log.flush()
        os.fsync(log.fileno())
    return entry


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """A log's lines, and the number of the first line that was changed or follows one taken out (0: none)."""
    entries: list[dict[str, Any]] = []
    broken, before = 0, GENESIS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or entry.get("before") != before:
            broken = broken or number
        if isinstance(entry, dict):
            entries.append(entry)
        before = _digest(line)
    return entries, broken


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of what differs between two states: sections of the study file, ``code``, ``requirements``."""
    sections = sorted({*then["sections"], *now["sections"]})
    changed = [name for name in sections if then["sections"].get(name) != now["sections"].get(name)]
    return changed + [name for name in ("code", "requirements") if then[name] != now[name]]


def since_locked(path: Path, now: Mapping[str, Any], files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each lock of a study, and what is not as it was then.

    Parameters
    ----------
    path : Path
        The study's locks.
    now : mapping
        As `state` gives it.
    files : mapping of "what: file name" to SHA-256
        The study's own files as they were read.

    Returns
    -------
    list of dict
        ``time``; ``changed`` (names of sections, ``code``, ``requirements``, file names); ``after_results`` where
        results were there already; ``intact``, false where a line of the locks was changed later.
    """
    entries, broken = read(path)
    found = []
    for entry in entries:
        known = set(entry["inputs"].values())  # empty where the study's files are simulated
        others = {name.partition(": ")[2] for name, checksum in files.items() if known and checksum not in known}
        changed = [*differences(entry, now), *sorted(others)]
        seen = bool(entry["results_existed"])
        found.append({"time": entry["time"], "changed": changed, "after_results": seen, "intact": not broken})
    return found
