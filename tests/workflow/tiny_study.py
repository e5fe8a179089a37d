"""A study so small that every job of it is mostly start-up, and ways to run it."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[2]

#: Subjects' ids begin with this word, so that one in a message can be found.
MARK = "QXID"
FILES = ("subjects.csv", "markers.csv", "labs.csv")

STUDY: dict[str, Any] = {
    "study": {"name": "tiny", "title": "A tiny trial", "seed": 7},
    "subjects": {
        "path": "subjects.csv",
        "id": "subject_id",
        "covariates": ["age"],
        "post_baseline": {"late": "measured at week 8"},
        "treatment": {"column": "arm", "active": "drug", "control": "placebo"},
    },
    "endpoints": [
        {"name": "response", "type": "binary", "column": "bor", "event": ["CR", "PR"], "non_event": ["SD", "PD"],
         "better": "event"},
        {"name": "pfs", "type": "survival", "time": "pfs_months", "unit": "months", "better": "longer",
         "event": {"column": "pfs_event", "value": [1], "censored": [0]}},
        {"name": "shrinkage", "type": "continuous", "column": "change", "unit": "%", "better": "lower"},
    ],
    "modalities": {
        "markers": {"type": "matrix", "path": "markers.csv", "id": "subject_id", "orientation": "subjects_in_rows"},
        "labs": {"type": "labs", "path": "labs.csv", "day": "day", "units": {"creatinine": "umol/L"}},
    },
    "rank": {"q": 0.1, "keep": 5},
}  # fmt: skip

#: The study with one modality: the fewest jobs.
ONE_MODALITY = {"markers": STUDY["modalities"]["markers"]}


def settings(**changes: Any) -> dict[str, Any]:
    """The tiny study's settings, with whole sections replaced; None takes a section out."""
    content = copy.deepcopy(STUDY)
    content.update(changes)
    return {name: section for name, section in content.items() if section is not None}


def write_files(folder: Path, *, subjects: int, features: int) -> None:
    """The study's three files: deterministic, with one marker that says who responds."""
    draw = np.random.default_rng(20261122)
    ids = [f"{MARK}{i:03d}" for i in range(1, subjects + 1)]
    values = draw.normal(size=(subjects, features))
    values[:, 0] = draw.permutation(np.arange(subjects) % 3 == 0)
    arm = draw.permutation(np.arange(subjects) % 2)
    score = 1.5 * values[:, 1] * arm + draw.normal(size=subjects)
    response = np.where(score > 0.8, "CR", np.where(score > 0, "PR", np.where(score > -0.8, "SD", "PD")))
    months = np.exp(1.5 + 0.4 * score + 0.5 * draw.normal(size=subjects))
    event = draw.permutation(np.arange(subjects) % 4 != 0).astype(int)
    age = draw.integers(35, 80, size=subjects)
    change = -10 * score + draw.normal(size=subjects)
    names = ["mutated", *(f"m{i:02d}" for i in range(1, features))]
    rows = [
        f"{ids[i]},{age[i]},{('placebo', 'drug')[arm[i]]},{response[i]},{months[i]:.3f},{event[i]},{change[i]:.3f}"
        for i in range(subjects)
    ]
    head = "subject_id,age,arm,bor,pfs_months,pfs_event,change"
    (folder / "subjects.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    rows = [f"{ids[i]}," + ",".join(f"{value:.4g}" for value in values[i]) for i in range(subjects)]
    (folder / "markers.csv").write_text("\n".join([",".join(["subject_id", *names]), *rows, ""]), encoding="utf-8")
    rows = [
        f"{name},{test},{value:.4g},{unit},{day}"
        for name in ids
        for test, unit, mean in (("creatinine", "umol/L", 80.0), ("albumin", "g/L", 40.0))
        for day, value in ((-7, mean * np.exp(0.1 * draw.normal())),)
    ]
    (folder / "labs.csv").write_text("\n".join(["subject_id,test,value,unit,day", *rows, ""]), encoding="utf-8")


def write_study(folder: Path, content: dict[str, Any]) -> Path:
    """The study file."""
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Run:
    """How a command ended, and what it said."""

    status: int
    out: str

    def __contains__(self, words: str) -> bool:
        return words in self.out


def command(*words: str | Path, cwd: Path, **environment: str) -> Run:
    """Run a module of this Python (``snakemake ...``, ``biomarker ...``) and wait."""
    finished = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(finished.returncode, finished.stdout)


def project_copy(folder: Path) -> Path:
    """A copy of what a run needs of the project, to be changed at will."""
    for part in ("workflow", "rules", "config", "src/biomarker"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.lock", "environment.yml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def tables(results: Path) -> dict[str, bytes]:
    """Every Parquet and TSV of a run but the times that Snakemake takes."""
    return {
        str(path.relative_to(results)): path.read_bytes()
        for ending in ("*.parquet", "*.tsv")
        for path in sorted(results.rglob(ending))
        if path.relative_to(results).parts[0] != "benchmarks"
    }


@dataclass(frozen=True)
class Project:
    """A copy of the project with the tiny study beside its results."""

    code: Path
    folder: Path

    @property
    def study(self) -> Path:
        return self.folder / "study.yaml"

    @property
    def results(self) -> Path:
        return self.folder / "results" / "tiny"

    def snakemake(self, *options: str | Path, cwd: Path | None = None) -> Run:
        """Bare Snakemake on the study file."""
        fixed = ("--snakefile", self.code / "workflow" / "Snakefile", "--configfile", self.study)
        return command("snakemake", *fixed, *options, cwd=cwd or self.folder, **self.environment)

    def biomarker(self, *words: str | Path, cwd: Path | None = None) -> Run:
        return command("biomarker", *words, cwd=cwd or self.folder, **self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.code / "src")}

    def would_run(self) -> set[str]:
        """Rules of which a dry run says that they would run."""
        dry = self.snakemake("--dry-run", "--cores", "1")
        assert dry.status == 0, dry.out
        return set(re.findall(r"^rule (\w+):$", dry.out, re.MULTILINE)) - {"all"}


def not_run_yet(finished: Project, folder: Path) -> Project:
    """The study of a finished run in a folder of its own, not run yet."""
    folder.mkdir()
    for name in (*FILES, "study.yaml"):
        shutil.copy(finished.folder / name, folder)
    return Project(finished.code, folder)
