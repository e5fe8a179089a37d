"""One zip that holds what a study found and what is needed to check and to repeat it."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from biomarker.config.load import load_study
from biomarker.data.files import atomic_path, sha256_of, write_json
from biomarker.data.history import lock_file
from biomarker.data.identifiers import searchable
from biomarker.data.records import made
from biomarker.errors import ConfigError, DataError
from biomarker.operate.crate import describe_crate
from biomarker.operate.facts import facts_of
from biomarker.provenance import project_folder

__all__ = ["CHECKSUMS", "EDITIONS", "INPUTS", "STUDY", "TABLES", "bundle_study"]

EDITIONS = ("partner", "internal")
STUDY, CHECKSUMS, TABLES, INPUTS = "study.yaml", "checksums.sha256", "tables.sha256", "inputs.json"
#: Folders of results with a row a subject, or a line of a file that a subject can be found by.
OF_SUBJECTS = ("cohort", "features", "ingest", "simulated", "quarantine", "set-aside")
#: Columns that name a subject.
NAMES_SUBJECTS = frozenset({"subject_id", "sample_id", "patient_id", "subject", "sample", "patient"})
#: Every file in the zip carries this date: the same results make the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def bundle_study(study: Path, *, directory: Path, edition: str, out: Path | None) -> Iterator[str]:
    """Make the zip, and say in lines what went in and what did not.

    The partner edition holds the report, the study file, the code that ran, checksums of every table and of the input
    files, and RO-Crate metadata. The internal edition holds the result tables too, and the internal report. Neither
    holds a row a subject.

    Parameters
    ----------
    study : Path
        The study file.
    directory : Path
        Where ``results/`` is.
    edition : str
        ``partner`` or ``internal``.
    out : Path or None
        The zip; by default ``<study name>-<edition>.zip`` in the results' folder.

    Raises
    ------
    ConfigError
        The study has no finished report.
    DataError
        A result is not as its job made it, or a file that would go in holds a subject's identifier.
    """
    settings = load_study(study)
    results = directory / "results" / settings.study.name
    if not (results / "report" / "index.html").is_file():
        raise ConfigError(f"{results} holds no report", f"First: biomarker run {study}")
    facts = facts_of(results)
    files = made(results)
    damaged = [file.path for file in files.values() if not file.path.is_file() or sha256_of(file.path) != file.sha256]
    if damaged:
        raise DataError(
            f"{damaged[0]} is not what its job made ({len(damaged)} such files)", f"First: biomarker run {study}"
        )
    target = out or results / f"{settings.study.name}-{edition}.zip"
    with tempfile.TemporaryDirectory(prefix="biomarker-bundle-") as temporary:
        crate = Path(temporary)
        left_out = _fill(crate, results, edition=edition)
        shutil.copyfile(study, crate / STUDY)
        if lock_file(study).is_file():
            shutil.copyfile(lock_file(study), crate / lock_file(Path(STUDY)).name)
        if (results / "run" / "history.jsonl").is_file():
            shutil.copyfile(results / "run" / "history.jsonl", crate / "history.jsonl")
        _copy_code(crate)
        write_json(dict(sorted(facts.inputs.items())), crate / INPUTS)
        (crate / TABLES).write_text(_lines({_below(p, results): f.sha256 for p, f in files.items()}), encoding="utf-8")
        describe_crate(crate, title=settings.study.title or settings.study.name, facts=facts, seed=settings.study.seed)
        _refuse_identifiers(crate, results)
        members = {_below(p, crate): sha256_of(p) for p in sorted(crate.rglob("*")) if p.is_file()}
        (crate / CHECKSUMS).write_text(_lines(members), encoding="utf-8")
        with atomic_path(target) as partial:
            _zip(crate, [*members, CHECKSUMS], partial)
    yield f"{target}: {len(members) + 1} files, {target.stat().st_size / 1e6:.1f} MB, {edition} edition"
    yield from (f"left out: {name} ({why})" for name, why in left_out)
    yield f"to check it: biomarker verify {target}"


def _fill(crate: Path, results: Path, *, edition: str) -> list[tuple[str, str]]:
    """Copy the report, and tables of the internal edition; returns what was left out and why."""
    left_out = []
    for path in sorted(made(results)):
        name = _below(path, results)
        folder = name.split("/")[0]
        if folder == "report":
            if edition == "internal" or not name.startswith("report/internal/"):
                _copy(path, crate / name)
        elif edition == "internal" and folder not in OF_SUBJECTS:
            if path.suffix == ".parquet" and NAMES_SUBJECTS & set(pl.read_parquet_schema(path)):
                left_out.append((name, "a row a subject"))
            else:
                _copy(path, crate / "tables" / name)
    if edition == "internal":
        left_out += [(f"{folder}/", "rows of subjects") for folder in OF_SUBJECTS if (results / folder).is_dir()]
    return left_out


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _copy_code(crate: Path) -> None:
    project = project_folder()
    for folder in ("workflow", "rules"):
        shutil.copytree(project / folder, crate / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copyfile(project / "requirements.lock", crate / "requirements.lock")


def _refuse_identifiers(crate: Path, results: Path) -> None:
    """No subject's identifier in any file, compressed ones looked into."""
    subjects = pl.read_parquet(results / "cohort" / "subjects.parquet", columns=["subject_id", "patient"])
    ids = sorted(searchable(name for column in subjects for name in column if name is not None))
    for path in sorted(path for path in crate.rglob("*") if path.is_file()):
        texts = pl.Series([content.decode("utf-8", "replace") for content in _contents(path)], dtype=pl.String)
        if ids and texts.str.contains_any(ids).any():
            raise DataError(
                f"{_below(path, crate)} holds an identifier of a subject: no bundle was made",
                "Take the identifiers out of the study file and of names of features, then run again.",
            )


def _contents(path: Path) -> Iterator[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif path.suffix == ".parquet":
        table = pl.read_parquet(path)
        texts = table.select(pl.col(pl.String), pl.col(pl.List(pl.String)).list.join(";"))
        yield texts.write_csv().encode()
    else:
        yield path.read_bytes()


def _zip(crate: Path, members: list[str], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), (crate / name).read_bytes(), zipfile.ZIP_DEFLATED)


def _lines(checksums: dict[str, Any]) -> str:
    return "".join(f"{checksum}  {name}\n" for name, checksum in sorted(checksums.items()))


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
