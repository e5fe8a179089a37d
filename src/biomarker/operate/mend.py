"""Before a run: what earlier ones left unfinished is removed, and a result that is not as it was made is made again."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from biomarker.config.file import StudyFile
from biomarker.data.files import PARTIAL, sha256_of
from biomarker.data.records import Made, made, read_records
from biomarker.data.tables import CONTRASTS

__all__ = ["SET_ASIDE", "Fault", "asked", "faults", "left_over", "mend", "sweep"]

SET_ASIDE = "set-aside"
#: Bytes of results whose checksums are computed before a run, smallest files first: about two seconds.
CHECKED_BYTES = 2 << 30


@dataclass(frozen=True)
class Fault:
    """A file that is not as a job left it, and how; ``job`` makes it again (none, where it is only a job's record)."""

    path: Path
    job: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}" + (f": {self.job} makes it again" if self.job else "")


def faults(results: Path, study: StudyFile, *, limit: int = CHECKED_BYTES) -> Iterator[Fault]:
    """Result files that are not as their jobs left them.

    Every file's size is compared. Checksums are computed of ``limit`` bytes of results, smallest files first; of what
    is beyond, where the time stamp is not the one that the job left.
    """
    for path, record in read_records(results).items():
        if record is None:
            yield Fault(path, "", "cannot be read: what that job made cannot be compared")
    budget = limit
    for file in sorted(made(results).values(), key=lambda file: (file.size, file.path)):
        if not _asked_file(file, study):
            continue
        budget -= file.size
        what = _fault(file, thorough=budget >= 0)
        if what:
            yield Fault(file.path, file.job, what)


def _fault(file: Made, *, thorough: bool) -> str:
    if not file.path.is_file():
        return "is missing"
    stat = file.path.stat()
    if stat.st_size < file.size:
        return f"is damaged: {stat.st_size:,} bytes of {file.size:,}"
    if stat.st_size > file.size:
        return "was changed since it was made"
    if (thorough or stat.st_mtime_ns != file.mtime_ns) and sha256_of(file.path) != file.sha256:
        return "was changed or damaged since it was made"
    return ""


def asked(job: str, study: StudyFile) -> bool:
    """Whether the study still asks for a job: its file may have named other modalities before."""
    stage, *parts = job.split(".")
    if stage in ("formula", "formula_search"):
        return study.formula is not None and all(int(part) < study.formula.parts for part in parts)
    if stage in ("screen", "landmark"):
        return all(_when(study, name) == ("baseline" if stage == "screen" else "on-treatment") for name in parts)
    return (stage != "simulate" or study.simulate is not None) and set(parts) <= set(study.modalities)


def _when(study: StudyFile, modality: str) -> str | None:
    """When the values of a modality were taken; None where the study does not have it any more."""
    return study.modalities[modality].get("when", "baseline") if modality in study.modalities else None


def left_over(results: Path, study: StudyFile) -> list[Path]:
    """Result files that the study no longer asks for: whoever reads a whole folder would mix two analyses.

    A screen with other arms, or none, asks for other contrasts and keeps no record of what it made before, so that its
    files are looked for by name.
    """
    known = {path for path, file in made(results).items() if not _asked_file(file, study)}
    screens = {*results.glob("screen/*.parquet"), *results.glob("flow/screen.*.parquet")}
    return sorted(path for path in known | {p for p in screens if not _asked_screen(p, study)} if path.is_file())


def _asked_file(file: Made, study: StudyFile) -> bool:
    return _asked_screen(file.path, study) if _of_a_screen(file.path) else asked(file.job, study)


def _of_a_screen(path: Path) -> bool:
    return path.parent.name == "screen" or (path.parent.name == "flow" and path.name.startswith("screen."))


def _asked_screen(path: Path, study: StudyFile) -> bool:
    contrast, _, modality = path.stem.removeprefix("screen.").partition(".")
    asked_for = CONTRASTS[:2] if study.subjects.treatment is not None else CONTRASTS[2:]
    return contrast in asked_for and _when(study, modality) == "baseline"


def mend(results: Path, study: StudyFile, say: Callable[[str], None]) -> None:
    """Set aside what is not as it was made, and say so: the workflow then misses it and makes it again.

    Nothing is deleted: a changed file may hold somebody's notes.
    """
    for fault in list(faults(results, study)):
        kept = f", set aside as {_set_aside(fault.path, results)}" if os.path.lexists(fault.path) else ""
        say(f"{fault}{kept}")


def _set_aside(path: Path, results: Path) -> Path:
    folder = results / SET_ASIDE / path.relative_to(results).parent
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while os.path.lexists(target := folder / f"{path.name}.{number}"):
        number += 1
    return path.rename(target)


def sweep(results: Path) -> None:
    """Remove unfinished files, and words about the progress, of jobs that are not there any more."""
    for path in results.rglob(PARTIAL):
        if not _alive(path.name.split(".")[-2]):
            path.unlink(missing_ok=True)
    for path in (results / "run" / "progress").glob("*.json"):
        path.unlink(missing_ok=True)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True
