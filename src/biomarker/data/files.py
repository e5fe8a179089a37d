"""Files that are either complete or not there."""

import csv
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from biomarker.errors import BiomarkerError, ConfigError, StorageError

__all__ = ["PARTIAL", "atomic_path", "sha256_of", "storage_error", "write_json", "write_rows_as"]

#: What the name of an unfinished file looks like; the star before the ending is the process that writes it.
PARTIAL = ".*.*.partial"

#: Ways in which a disk says no. By text, because the tables' writers pass on the system's words without its number.
FULL = tuple(os.strerror(code).lower() for code in (errno.ENOSPC, errno.EDQUOT))
BARRED = tuple(os.strerror(code).lower() for code in (errno.EROFS, errno.EACCES, errno.EPERM))


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Path of a temporary file beside ``path`` that takes its name only when the block ends well.

    A run that is killed, a disk that fills or a power cut leaves no half-written file under the final name.

    Raises
    ------
    StorageError
        The disk is full or may not be written to.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        _to_disk(partial)
        partial.replace(path)
    except Exception as error:
        elsewhere = getattr(error, "filename", None) not in (None, str(partial), *map(str, path.parents))
        # asked before the partial file goes: its room is not enough for the whole one
        told = None if elsewhere or isinstance(error, BiomarkerError) else storage_error(path, str(error))
        if told is None:
            raise
        raise told from error
    finally:
        _forget(partial)


def _to_disk(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # nothing was written where nothing may be
        if error.errno not in (errno.EROFS, errno.EACCES, errno.ENOTDIR):
            raise


def storage_error(path: Path, words: str) -> StorageError | None:
    """What to tell of an error while ``path`` was written, where the words say that the disk was to blame."""
    full = next((reason for reason in FULL if reason in words.lower()), None)
    if full is not None:
        return StorageError(
            f"{path} could not be written: {full} ({_free(path)} free)",
            "Make room on that disk and give the same command again: it goes on from what is there.",
        )
    barred = next((reason for reason in BARRED if reason in words.lower()), None)
    if barred is not None:
        return StorageError(
            f"{path} could not be written: {barred}",
            "Make the folder writable, or choose another place with --directory.",
        )
    return None


def _free(path: Path) -> str:
    """Room on the disk of a file, in words."""
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    return f"{shutil.disk_usage(folder).free / 1e6:,.1f} MB"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; of a folder that of the names and checksums of all files in it."""
    if Path(path).is_dir():
        inside = sorted(file for file in Path(path).rglob("*") if file.is_file())
        listed = [f"{file.relative_to(path).as_posix()}\0{sha256_of(file)}" for file in inside]
        return hashlib.sha256("\n".join(listed).encode()).hexdigest()
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_json(content: Any, path: Path) -> None:
    """Write ``content`` as readable JSON with a fixed order of keys as given."""
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def write_rows_as(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Rows as text: ``.csv``, ``.tsv`` or ``.json`` by the ending of the name, numbers with all their digits.

    Raises
    ------
    ConfigError
        Another ending.
    """
    endings = {".csv": ",", ".tsv": "\t"}
    if path.suffix not in (*endings, ".json"):
        raise ConfigError(f"--out is {path}; allowed: a name that ends in .csv, .tsv or .json")
    with atomic_path(path) as partial:
        if path.suffix == ".json":
            partial.write_text(json.dumps([dict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
            return
        flat = [
            {
                name: ";".join(map(str, value)) if isinstance(value, list | tuple) else value
                for name, value in row.items()
            }
            for row in rows
        ]
        with partial.open("w", encoding="utf-8", newline="") as file:
            names = list(dict.fromkeys(name for row in flat for name in row))
            writer = csv.DictWriter(file, names, delimiter=endings[path.suffix])
            writer.writeheader()
            writer.writerows(flat)
