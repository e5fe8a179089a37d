"""Real studies with their subjects permuted: how often is anything called? `make calibrate`, where the data are.

``python tests/calibration/real_studies.py`` adds a row a study to docs/calibration.json and docs/calibration.md. Each
run is stored as it is known: an interrupted one goes on where it stopped, with another code it begins anew.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from closure import code_digest
from methods import RESULTS, read, write
from threadpoolctl import threadpool_limits

from biomarker.arrays import choose_device
from biomarker.data.cohort import Cohort
from biomarker.data.cohort_files import read_cohort
from biomarker.discovery.analysis import strata_of
from biomarker.discovery.method import Limits
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings, screen_modality
from biomarker.features.filters import FilterSettings
from biomarker.rng import stream
from biomarker.stats.multiplicity import benjamini_hochberg, grouped_q_values

__all__ = ["STUDIES", "permuted_cohort", "prepared", "run"]

ROOT = Path(__file__).resolve().parents[2]
RUNS = 200
LEVEL = 0.05
#: Study file, and its folder in the reference data.
STUDIES = {
    "actg175": (ROOT / "tests" / "studies" / "actg175.yaml", "actg175"),
    "gbsg2": (ROOT / "config" / "studies" / "gbsg2.yaml", None),
    "gdsc": (ROOT / "tests" / "studies" / "gdsc.yaml", "gdsc_v17"),
    "imvigor210": (ROOT / "tests" / "studies" / "imvigor210.yaml", "imvigor210"),
}
MODULES = tuple(f"biomarker.discovery.methods.{name}" for name in ("cox", "linear", "logistic"))
#: A stratum of fewer subjects moves with all other small ones.
_SMALL = 5
FAMILY = ("endpoint", "comparison", "contrast", "prespecified")


def prepared(name: str, data: Path | None, folder: Path) -> tuple[Cohort, dict[str, Any]]:
    """The study up to its features, by its own workflow, and its settings."""
    file, place = STUDIES[name]
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if place is not None and data is not None:
        for path in (data / place).iterdir():
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "biomarker", "run", study.name, "--cores", "1", "--until", "endpoints", "features"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    results = folder / "results" / content["study"]["name"]
    matrices = {modality: results / "features" / f"{modality}.parquet" for modality in content["modalities"]}
    cohort = read_cohort(results / "cohort" / "subjects.parquet", results / "cohort" / "endpoints.parquet", matrices)
    return cohort, content


def permuted_cohort(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    """Features of others: ids are permuted within strata of the covariates with levels; all else stays together."""
    levels = [name for name, dtype in cohort.covariates.schema.items() if dtype == pl.String]
    strata = strata_of(cohort, levels)
    small = np.bincount(strata)[strata] < _SMALL
    strata = np.where(small, -1, strata)
    ids = np.array(cohort.subject_ids)
    for value in np.unique(strata):
        rows = np.flatnonzero(strata == value)
        ids[rows] = ids[rng.permutation(rows)]
    return replace(cohort, subject_ids=tuple(ids.tolist()))


def run(cohort: Cohort, content: dict[str, Any], rng: np.random.Generator) -> tuple[set[str], list[str]]:
    """In which contrasts anything has ``q_group`` at most `LEVEL`, and which families have such a q-value."""
    screen = content.get("screen") or {}
    settings = ScreenSettings(
        limits=Limits(min_group=screen.get("min_group", 4), min_events=screen.get("min_events", 10)),
        filters=FilterSettings(min_detection=0.1, min_prevalence=0.0, min_variance=0.0),
        refit=0,
        prespecified=frozenset(screen.get("prespecified", ())),
        moderated="auto",
        strata=tuple(screen.get("strata", ())),
        permutations=PermutationSettings(count=0, seed=1),
        device=choose_device("cpu"),
    )
    moved = permuted_cohort(cohort, rng)
    parts = [screen_modality(moved, m, c, settings=settings)[0] for m in cohort.matrices for c in contrasts(cohort)]
    tested = pl.concat(parts).filter(pl.col("status") == "ok")
    families, groups = [], {}
    for key, family in sorted(tested.group_by(FAMILY)):
        q_values = benjamini_hochberg(family["p_value"].to_numpy())
        groups.setdefault(key[2:], []).append(q_values)
        if q_values.min() <= LEVEL:
            families.append(" / ".join(str(part) for part in key))
    called = {key[0] for key, group in groups.items() if min(q.min() for q in grouped_q_values(group)) <= LEVEL}
    return called, families


def contrasts(cohort: Cohort) -> tuple[str, ...]:
    """Those that are asked."""
    return ("response",) if cohort.treatment is None else ("prognostic", "predictive")


def runs(name: str, data: Path | None, found: dict[str, Any], wanted: int) -> Iterator[dict[str, Any]]:
    """Go on from what was found; yields after each run."""
    with tempfile.TemporaryDirectory() as folder:
        cohort, content = prepared(name, data, Path(folder))
        comparisons = 0 if cohort.treatment is None else len(cohort.treatment.comparisons)
        found["asked"] = len(cohort.endpoints) * (1 + comparisons)
        found["hierarchical"] = dict.fromkeys(contrasts(cohort), 0) | found["hierarchical"]
        for index in range(found["runs"], wanted):
            begun = time.monotonic()
            called, families = run(cohort, content, stream(20261201, "permuted", name, index))
            found["runs"] += 1
            for contrast in called:
                found["hierarchical"][contrast] += 1
            for family in families:
                found["families"][family] = found["families"].get(family, 0) + 1
            found["seconds"] = round(found["seconds"] + time.monotonic() - begun, 1)
            yield found


def main() -> None:
    """Run what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    parser.add_argument("--data", type=Path, default=None, help="folder of the reference data")
    parser.add_argument("--studies", nargs="*", default=list(STUDIES), choices=list(STUDIES))
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    digest = code_digest(MODULES, [Path(__file__)])
    for name in asked.studies:
        if STUDIES[name][1] is not None and asked.data is None:
            print(f"{name}: needs --data, the folder of the reference data", flush=True)
            continue
        key = f"studies | {name}"
        stored = read(asked.out).get(key, {})
        if stored.get("code") == digest and stored["runs"] >= asked.runs:
            continue
        start = stored if stored.get("code") == digest else {"code": digest, "runs": 0, "hierarchical": {},
                                                             "families": {}, "seconds": 0.0}  # fmt: skip
        with threadpool_limits(1):
            for found in runs(name, asked.data, start, asked.runs):
                if found["runs"] % 10 == 0 or found["runs"] == asked.runs:
                    write(asked.out, {**read(asked.out), key: found})
        print(f"{key}: {start['hierarchical']} of {start['runs']} runs with a hierarchical call", flush=True)


if __name__ == "__main__":
    main()
