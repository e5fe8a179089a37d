"""Tiny files for the tests of reading."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a text under a name and give its path; ``.gz`` and ``.zst`` are packed as their ending says."""

    def _write(text: str | bytes, name: str = "table.csv") -> Path:
        data = text.encode() if isinstance(text, str) else text
        if name.endswith(".gz"):
            data = gzip.compress(data)
        if name.endswith(".zst"):
            data = pa.compress(data, codec="zstd", asbytes=True)
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return _write


@pytest.fixture
def in_every_format(tmp_path: Path) -> Callable[[pl.DataFrame], list[Path]]:
    """One table in every format that can be read."""

    def _write(frame: pl.DataFrame) -> list[Path]:
        texts = {".csv": frame.write_csv(), ".tsv": frame.write_csv(separator="\t")}
        paths = []
        for ending, text in texts.items():
            data = text.encode()
            packed = pa.compress(data, codec="zstd", asbytes=True)
            for more, content in (("", data), (".gz", gzip.compress(data)), (".zst", packed)):
                paths.append(tmp_path / f"table{ending}{more}")
                paths[-1].write_bytes(content)
        paths.append(tmp_path / "table.parquet")
        frame.write_parquet(paths[-1])
        return paths

    return _write
