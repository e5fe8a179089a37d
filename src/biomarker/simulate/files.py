"""Files written whole or not at all, piece by piece, in bytes that depend on their content only."""

import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["write_bytes", "write_csv", "write_json", "write_matrix"]

ROW_GROUP = 5000


def write_csv(path: Path, tables: Iterable[pl.DataFrame], *, separator: str = ",", head: str = "") -> None:
    """Write tables one below the other as UTF-8 text; an empty cell is a missing value.

    Parameters
    ----------
    path : pathlib.Path
        Compressed where its name ends in ``.gz``.
    tables : iterable of polars.DataFrame
        With equal columns; at least one.
    separator : str
    head : str
        Text above the line of column names.
    """
    with _replacing(path) as stream, _compressing(stream, path) as text:
        text.write(head.encode())
        for number, table in enumerate(tables):
            text.write(table.write_csv(separator=separator, include_header=number == 0).encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes; compressed where the name ends in ``.gz``."""
    with _replacing(path) as stream, _compressing(stream, path) as packed:
        packed.write(data)


def write_matrix(path: Path, columns: list[str], parts: Iterable[tuple[list[str], np.ndarray]]) -> None:
    """Write a matrix with subjects in rows as Parquet; NaN becomes a missing value.

    Parameters
    ----------
    path : pathlib.Path
    columns : list of str
        Names of the column of subjects and of the features.
    parts : iterable of (list of str, ndarray (n_rows, n_features) of float32)
        Consecutive rows with their subjects.
    """
    kinds = [pa.string(), *[pa.float32()] * (len(columns) - 1)]
    schema = pa.schema(list(zip(columns, kinds, strict=True)))
    with (
        _replacing(path) as stream,
        pq.ParquetWriter(
            stream, schema, compression="zstd", use_dictionary=columns[:1], write_statistics=False
        ) as writer,
    ):
        for subjects, values in _row_groups(parts):
            arrays = [pa.array(subjects), *(pa.array(column, from_pandas=True) for column in values.T)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def write_json(path: Path, content: dict) -> None:
    """Write JSON that a person can read; NaN is refused because JSON has none."""
    with _replacing(path) as stream:
        stream.write((json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def _row_groups(parts: Iterable[tuple[list[str], np.ndarray]]) -> Iterator[tuple[list[str], np.ndarray]]:
    """Rows gathered: each row group costs a footer entry for every column."""
    subjects: list[str] = []
    held: list[np.ndarray] = []
    for names, values in parts:
        subjects += names
        held.append(values)
        if len(subjects) >= ROW_GROUP:
            yield subjects, _stacked(held)
            subjects, held = [], []
    if subjects:
        yield subjects, _stacked(held)


def _stacked(held: list[np.ndarray]) -> np.ndarray:
    """All rows with each column in one piece; empties the list on the way."""
    stacked = np.empty((sum(map(len, held)), held[0].shape[1]), dtype=np.float32, order="F")
    start = 0
    while held:
        values = held.pop(0)
        stacked[start : start + len(values)] = values
        start += len(values)
    return stacked


@contextmanager
def _compressing(stream: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """The stream itself, or one that compresses; without a time stamp, which would change the bytes."""
    if path.suffix != ".gz":
        yield stream
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as compressed:
        yield compressed


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write beside the file and move into place: a reader sees the old file or the new one, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
