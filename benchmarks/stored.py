"""The product's own screen of a matrix on disk: time and memory with hundreds of thousands of features.

``python -m benchmarks.stored`` prints the rows that `make bench` has; 2 GB of a temporary folder are needed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.cases import problem
from benchmarks.measure import ROOT, peak_megabytes
from biomarker.arrays import choose_device
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Endpoint, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.method import Limits
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings, screen_modality
from biomarker.features.filters import FilterSettings

__all__ = ["stored_screens"]

#: Subjects, features, and which endpoints are screened.
SIZES = (
    (500, 500_000, ("continuous",)),
    (1000, 250_000, ("continuous", "survival")),
    (1000, 500_000, ("continuous", "binary", "survival")),
)
_AT_A_TIME = 1000


def stored_screens() -> list[dict[str, object]]:
    """Seconds and peak memory of each screen, in a process of its own that reads the matrix from its file."""
    rows = []
    for n, p, endpoints in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "matrix.parquet"
            _write(path, n, p)
            for endpoint in endpoints:
                command = [sys.executable, "-m", "benchmarks.stored", str(path), endpoint]
                environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
                done = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
                ).stdout
                rows.append({"n": n, "p": p, "endpoint": endpoint, **json.loads(done)})
    return rows


def _write(path: Path, n: int, p: int) -> None:
    """A matrix of normal features, made a piece at a time."""

    def pieces() -> Iterator[npt.NDArray[np.float32]]:
        rng = np.random.default_rng(4)
        for start in range(0, p, _AT_A_TIME):
            yield rng.standard_normal((min(_AT_A_TIME, p - start), n), dtype=np.float32).T

    names = [f"f{j}" for j in range(p)]
    features = pl.DataFrame({"feature_id": names, "label": names, "unit": [""] * p})
    FeatureMatrix.write(path, pieces(), features=features, subject_ids=[f"s{i}" for i in range(n)], scale="native")


def _endpoint(kind: str, n: int) -> tuple[Endpoint, pl.DataFrame]:
    """An endpoint and the four covariates of the other benchmarks."""
    d = problem(n, 1)
    covariates = pl.DataFrame({f"c{k}": d.covariates[:, k] for k in range(1, d.covariates.shape[1])})
    if kind == "continuous":
        return Continuous("y", "y", d.continuous), covariates
    if kind == "binary":
        return Binary("y", "y", d.outcome), covariates
    return Survival("y", "y", d.time, event=d.event), covariates


def main() -> None:
    """Screen one stored matrix and say how long it took and the most memory the process ever had, as JSON."""
    if len(sys.argv) == 1:
        print(json.dumps(stored_screens(), indent=1))
        return
    matrix = FeatureMatrix.open(Path(sys.argv[1]))
    endpoint, covariates = _endpoint(sys.argv[2], matrix.n_subjects)
    settings = ScreenSettings(
        limits=Limits(min_group=4, min_events=10),
        filters=FilterSettings(min_detection=0.1, min_prevalence=0.0, min_variance=0.0),
        refit=20,
        prespecified=frozenset(),
        moderated="auto",
        strata=(),
        permutations=PermutationSettings(count=0, seed=1),
        device=choose_device("cpu"),
    )
    cohort = Cohort(
        subject_ids=matrix.subject_ids, covariates=covariates, endpoints=(endpoint,), matrices={"features": matrix}
    )
    begun = time.perf_counter()
    table, _ = screen_modality(cohort, "features", "response", settings=settings)
    seconds = time.perf_counter() - begun
    tested = int((table["status"] == "ok").sum())
    print(json.dumps({"tested": tested, "seconds": seconds, "peak_mb": peak_megabytes()}))


if __name__ == "__main__":
    main()
