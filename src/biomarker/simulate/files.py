"""Files written whole or not at all, in bytes that depend on their content only."""

import io
import json
import os
import tempfile
from pathlib import Path

import polars as pl

__all__ = ["write_csv", "write_json", "write_parquet"]


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a table as UTF-8 CSV; an empty cell is a missing value."""
    _replace(path, table.write_csv().encode())


def write_parquet(path: Path, table: pl.DataFrame) -> None:
    """Write a table as Parquet."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    _replace(path, buffer.getvalue())


def write_json(path: Path, content: dict) -> None:
    """Write JSON that a person can read; NaN is refused because JSON has none."""
    _replace(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and move into place: a reader sees the old file or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
