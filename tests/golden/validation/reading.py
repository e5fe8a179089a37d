"""Numerical cases by id, from this folder and from the shared list where present, and how close is close enough."""

import csv
import functools
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def shared_folder() -> Path | None:
    """The folder of shared cases beside the reference data, or None where it is absent."""
    named = os.environ.get("BIOMARKER_TEST_DATA")
    folder = (Path(named).parent if named else ROOT.parent / "shared") / "validation"
    return folder if (folder / "cases.json").is_file() else None


@functools.cache
def cases(topic: str) -> dict[str, dict[str, Any]]:
    """Cases of a topic by ``where/id``, the project's own and the shared ones."""
    name = topic.partition("-")[2]
    own = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    found = {f"own/{case['id']}": case for case in own}
    folder = shared_folder()
    if folder is not None:
        shared = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
        found |= {f"shared/{case['id']}": case for case in shared if case["topic"] == topic}
    return found


def assert_close(got: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Equal within a bare tolerance: absolute from 0.001 up, below it times max(1, |expected|); None is NaN."""
    want = np.array([np.nan if v is None else v for v in np.ravel(np.array(expected, dtype=object))], dtype=float)
    have = np.ravel(np.asarray(got, dtype=float))
    assert have.shape == want.shape, what
    allowed = np.full(want.shape, tolerance) if tolerance >= 0.001 else tolerance * np.maximum(1.0, np.abs(want))
    both = np.isnan(want) & np.isnan(have)
    off = ~both & ~(np.abs(have - want) <= np.nan_to_num(allowed))
    assert not off.any(), f"{what}: got {have[off]}, expected {want[off]} within {tolerance}"


@functools.cache
def synthetic_patients() -> dict[str, np.ndarray]:
    """The 80 synthetic patients, column by column."""
    with (HERE / "prognostic_synth80.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@functools.cache
def r_data(package: str, name: str, code: str | None = None) -> dict[str, np.ndarray]:
    """A data set of an R package, column by column, text as text; skips the test where R or the package is absent.

    `code` is an expression in R for the table, where the data set itself is none.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip(
            f"{package}::{name} comes with an R package and R is not installed (its data stay outside the project)"
        )
    old = f"get(utils::data(list='{name}', package='{package}')[1])"
    table = code or f"tryCatch({package}::{name}, error = function(e) {old})"
    done = subprocess.run(
        [rscript, "-e", f"write.csv({table}, row.names=FALSE)"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"{package}::{name} is not installed in R (its data stay outside the project)")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    return {column: _numbers([row[column] for row in rows]) for column in rows[0]}


def _numbers(values: list[str]) -> np.ndarray:
    try:
        return np.array([np.nan if v == "NA" else float(v) for v in values])
    except ValueError:
        return np.array(values)
