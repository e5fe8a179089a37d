"""Is a bundle whole, and do the data give the same results again?"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from biomarker.config.load import load_study
from biomarker.data.files import sha256_of
from biomarker.data.records import made
from biomarker.errors import ConfigError, DataError
from biomarker.operate.bundle import CHECKSUMS, INPUTS, STUDY, TABLES
from biomarker.operate.facts import facts_of
from biomarker.operate.run import run_study

__all__ = ["verify_bundle"]

#: Relative difference below which numbers of another class of processor count as the same.
TOLERANCE = 1e-6
#: Columns that tell where a row came from: equal only where code, settings and files are.
ORIGIN = ("provenance_id",)
#: Results that hold times, or the numbers of tables drawn for people.
NOT_COMPARED = ("report/", "run/", "benchmarks/", "logs/")


def verify_bundle(bundle: Path, *, data: Path | None, cores: int) -> Iterator[str]:
    """Recompute the checksums of a bundle; with the data, run the study again and compare every table.

    Parameters
    ----------
    bundle : Path
        What ``biomarker bundle`` made.
    data : Path or None
        Folder in which the study file stood, with the files that it names; nothing is written there. The study file
        is the bundle's. For a simulated study any folder will do.
    cores : int
        For the run.

    Raises
    ------
    ConfigError
        It is no bundle.
    DataError
        A file is not as it was when the bundle was made, or the data give other results.
    """
    yield from _check(bundle)
    if data is None:
        return
    with tempfile.TemporaryDirectory(prefix="biomarker-verify-") as temporary, zipfile.ZipFile(bundle) as archive:
        folder = Path(temporary)
        for entry in data.resolve().iterdir():
            if entry.name not in (STUDY, "results", ".snakemake"):
                (folder / entry.name).symlink_to(entry)
        (folder / STUDY).write_bytes(archive.read(STUDY))
        name = load_study(folder / STUDY).study.name
        status = run_study(folder / STUDY, cores=cores, directory=folder / "again", options=["--quiet"])
        if status != 0:
            raise DataError("the study did not run to its end on these data", "Its messages are above.")
        yield from _compare(archive, folder / "again" / "results" / name)


def _check(bundle: Path) -> Iterator[str]:
    if not zipfile.is_zipfile(bundle):
        raise ConfigError(f"{bundle} is no zip file", "Give what `biomarker bundle` made.")
    with zipfile.ZipFile(bundle) as archive:
        members = set(archive.namelist())
        if CHECKSUMS not in members:
            raise ConfigError(f"{bundle} holds no {CHECKSUMS}", "Give what `biomarker bundle` made.")
        noted = _checksums(archive, CHECKSUMS)
        faults = [f"{name} is missing" for name in sorted(noted.keys() - members)]
        faults += [f"{name} was added" for name in sorted(members - noted.keys() - {CHECKSUMS})]
        for name in sorted(noted.keys() & members):
            if hashlib.sha256(archive.read(name)).hexdigest() != noted[name]:
                faults.append(f"{name} was changed")
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise DataError(f"{bundle} is not as it was made: {len(faults)} faults\n{lines}", "Ask for it again.")
    yield f"{bundle}: {len(noted)} files are as they were when it was made"


def _checksums(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    lines = archive.read(name).decode().splitlines()
    return {path: checksum for checksum, _, path in (line.partition("  ") for line in lines)}


def _compare(archive: zipfile.ZipFile, results: Path) -> Iterator[str]:
    then, now = json.loads(archive.read(INPUTS)), dict(facts_of(results).inputs)
    differing = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    # a file that several stages read is one; its contents tell it from another of the same name
    alike = {(name.partition(": ")[2], then[name]) for name in then.keys() - set(differing)}
    yield f"input files: {len(alike)} the same" + (
        f", {len(differing)} differ: {', '.join(differing)}" if differing else ""
    )
    noted = {n: c for n, c in _checksums(archive, TABLES).items() if not n.startswith(NOT_COMPARED)}
    again = {path.relative_to(results).as_posix() for path in made(results)}
    same, close, faults = 0, 0, []
    for name, checksum in sorted(noted.items()):
        if name not in again:
            faults.append(f"{name} was not made again")
        elif sha256_of(results / name) == checksum:
            same += 1
        elif _close(archive, f"tables/{name}", results / name):
            close += 1
        else:
            faults.append(f"{name} differs")
    yield f"tables: {same} the same to the byte, {close} within {TOLERANCE:g}, {len(faults)} not"
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise DataError(
            f"{len(faults)} tables are not the bundle's\n{lines}",
            "Other input files, another version or another class of processor: `biomarker compare` tells what changed.",
        )


def _close(archive: zipfile.ZipFile, member: str, path: Path) -> bool:
    """Whether a table that the bundle carries holds the same rows, whatever made them."""
    if path.suffix != ".parquet" or member not in archive.namelist():
        return False
    with archive.open(member) as stored:
        before = pl.read_parquet(stored.read()).drop(ORIGIN, strict=False)
    try:
        assert_frame_equal(before, pl.read_parquet(path).drop(ORIGIN, strict=False), rel_tol=TOLERANCE, abs_tol=0.0)
    except AssertionError:
        return False
    return True
