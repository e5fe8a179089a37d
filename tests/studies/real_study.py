"""Run a real study beside copies of its files, and look at its tables."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from scipy import special

from biomarker.data.matrix import FeatureMatrix

HERE = Path(__file__).parent
#: An estimate and its 95% limits, in standard errors.
LIMITS = np.array([0.0, -1.0, 1.0]) * special.ndtri(0.975)

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Study:
    """A finished run."""

    results: Path

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.results / f"{name}.parquet")

    def screen(self, contrast: str, modality: str) -> pl.DataFrame:
        """One row a feature, endpoint and comparison."""
        return self.table(f"screen/{contrast}.{modality}")

    def features(self, modality: str, feature: str) -> pl.DataFrame:
        """``subject_id`` and ``value`` of a feature, as the screens see it."""
        matrix = FeatureMatrix.open(self.results / "features" / f"{modality}.parquet")
        column = matrix.feature_ids.index(feature)
        return pl.DataFrame({"subject_id": matrix.subject_ids, "value": matrix.values[:, column].astype(float)})

    def report(self) -> dict[str, Any]:
        return json.loads((self.results / "report" / "report.json").read_text(encoding="utf-8"))

    def page(self) -> str:
        return (self.results / "report" / "index.html").read_text(encoding="utf-8")


def one(table: pl.DataFrame, **key: str) -> dict[str, Any]:
    """The only row with these values."""
    return table.filter(**key).row(0, named=True) if table.filter(**key).height == 1 else _not_one(table, key)


def _not_one(table: pl.DataFrame, key: dict[str, str]) -> dict[str, Any]:
    raise AssertionError(f"{table.filter(**key).height} rows have {key}")


def as_printed(values: Iterable[float], printed: str) -> None:
    """Values are the printed ones, each to within half of its last printed digit (and the 1e-5 programs differ by)."""
    numbers = printed.split()
    found = [float(value) for value in values]
    assert len(found) == len(numbers)
    for value, text in zip(found, numbers, strict=True):
        half = 0.5 * 10.0 ** -len(text.partition(".")[2])
        assert abs(value - float(text)) <= half + 1e-5 * abs(value), f"{found} are not {printed}"


def lay_out(folder: Path, study: Path, data: Path | None, files: tuple[str, ...], change: Change | None) -> Path:
    """A copy of a study file, changed where a test asks for another analysis, beside copies of its files."""
    content = yaml.safe_load(study.read_text(encoding="utf-8"))
    if change is not None:
        change(content)
    for name in files:
        assert data is not None
        shutil.copyfile(data / name, folder / name)
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def run(path: Path) -> Study:
    """`biomarker run` on two cores."""
    clock = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "biomarker", "run", path.name, "--cores", "2"],
        cwd=path.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    name = yaml.safe_load(path.read_text(encoding="utf-8"))["study"]["name"]
    print(f"\n{name}: {time.monotonic() - clock:.0f} s from study file to report")
    return Study(path.parent / "results" / name)
