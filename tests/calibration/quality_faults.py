"""Whether the quality stage finds what is wrong with a simulated trial, and keeps quiet where nothing is.

    python tests/calibration/quality_faults.py

Twenty trials of the demo's settings with a swapped pair of profiles, a batch and a drifting analyser, and twenty twins
without them. Each trial's answers are stored as soon as they are known: an interrupted run goes on where it stopped.
With another version of the package it begins anew. The last part tries control rules on runs with the components of
variation of an EP05 experiment.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from biomarker.config.file import StudyFile
from biomarker.data.files import write_json
from biomarker.quality.findings import TABLES
from biomarker.quality.laboratory.charts import cusum, ewma
from biomarker.quality.laboratory.westgard import multirule
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.trial import write_trial
from biomarker.stages import endpoints as endpoints_stage
from biomarker.stages import ingest as ingest_stage
from biomarker.stages import quality as quality_stage
from biomarker.stages import subjects as subjects_stage
from biomarker.stages.job import Job

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config" / "config.yaml"
RESULTS = ROOT / "docs" / "quality.json"
SEEDS = tuple(range(8_600_001, 8_600_021))
MADE_OF = ("quality", "simulate")
#: Repeatability, run and day SD (dataEP05A2_2 of the package VCA, CLSI EP05-A2), as shares of the within-laboratory SD.
COMPONENTS = (1.929 / 2.898, 1.681 / 2.898, 1.362 / 2.898)
SHIFTS = (0.0, 1.0, 1.5, 2.0, 3.0)
#: Growth a run, in the same units, from the first of the runs on.
RAMPS = (0.05, 0.1, 0.2)
HORIZON = 20
WITHOUT = {"batch": False, "sample_swap": False, "lab_drift": False}


def judged(folder: Path, seed: int, settings: TrialSettings) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Quality tables of a simulated trial, and its truth."""
    write_trial(folder, settings, seed=seed)
    content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    study = StudyFile.model_validate({k: v for k, v in content.items() if k != "simulate"})
    whole = json.loads(study.model_dump_json(by_alias=True))
    out = folder / "out"

    def job(stage: str, inputs: dict[str, Path], outputs: dict[str, Path], given: dict[str, Any]) -> dict[str, Path]:
        modules = {
            "subjects": subjects_stage, "endpoints": endpoints_stage, "ingest": ingest_stage, "quality": quality_stage,
        }  # fmt: skip
        modules[stage].run(Job(stage, out, inputs, outputs, given, "", stage))
        return outputs

    subjects = job(
        "subjects",
        {"sources.0": folder / "subjects.csv"},
        {name: out / f"subjects.{name}.parquet" for name in ("subjects", "quarantine", "flow", "privacy")},
        {"subjects": whole["subjects"], "dates": ["randomised_on"]},
    )["subjects"]
    endpoints = job(
        "endpoints",
        {"sources.0": folder / "subjects.csv", "subjects": subjects},
        {name: out / f"endpoints.{name}.parquet" for name in ("endpoints", "flow")},
        {"subjects": whole["subjects"], "endpoints": content["endpoints"]},
    )["endpoints"]
    contents = {}
    for name, given in content["modalities"].items():
        further = {"sources.1": folder / given["tested"]["path"]} if "tested" in given else {}
        outputs = {key: out / f"{name}.{key}.parquet" for key in ("content", "quarantine", "flow", "privacy")}
        inputs = {"sources.0": folder / given["path"], **further}
        contents[f"content.{name}"] = job(
            "ingest", inputs, outputs, {"modality": name, "source": given, "post_baseline": {}}
        )["content"]
    tables = {name: out / f"{name}.parquet" for name in TABLES}
    inputs = {"subjects": subjects, "endpoints": endpoints, **contents}
    inputs |= {f"quarantine.{name}": out / f"{name}.quarantine.parquet" for name in content["modalities"]}
    inputs |= {
        f"sources.{k}": folder / name
        for k, name in enumerate(("subjects.csv", "expression_samples.csv", "controls.csv"))
    }
    given = {"subjects": whole["subjects"], "quality": content["quality"], "modalities": content["modalities"]}
    job("quality", inputs, tables, {**given, "privacy": {}, "seed": seed})
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {name: pl.read_parquet(path) for name, path in tables.items()}, truth


def answers(seed: int) -> dict[str, Any]:
    """What is found in a trial with faults, and what in its twin without."""
    with tempfile.TemporaryDirectory() as folder:
        faulty, truth = judged(Path(folder) / "faulty", seed, TrialSettings())
        clean, _ = judged(Path(folder) / "clean", seed, TrialSettings(**WITHOUT))
    faults = truth["faults"]
    swap, drift = faults["sample_swap"], faults["lab_drift"]
    flagged = faulty["drift"].filter(pl.col("flagged"))
    hit = flagged.filter(test=drift["test"], group=drift["site"], source="patients")
    seen = flagged.filter(test=drift["test"], group=drift["site"], source="controls")
    loud = pl.col("severity") == "loud"
    return {
        "seed": seed,
        "swap": set(swap["subjects"]) <= set(faulty["samples"].filter(check="sex")["subject_id"]),
        "drift": hit.height == 1,
        "drift_onset_off_days": _days(hit["onset"][0], drift["from"]) if hit.height else None,
        "controls": seen.height == 1,
        "controls_onset_off_days": _days(seen["onset"][0], drift["from"]) if seen.height else None,
        "drift_factor": hit["change"][0] if hit.height else None,
        "batch": bool(faulty["batches"].filter(check="batch_values")["flagged"][0]),
        "also_flagged": flagged.height - hit.height - seen.height,
        "clean_swap": clean["samples"].filter(check="sex").height > 0,
        "clean_drift": bool(clean["drift"].filter(source="patients")["flagged"].any()),
        "clean_controls": bool(clean["drift"].filter(source="controls")["flagged"].any())
        or clean["findings"].filter(loud, check="control_runs").height > 0,
        "clean_runs_rejected_per_1000": 1000
        * clean["findings"].filter(pl.col("item").is_null(), check="control_runs")["statistic"][0],
        "clean_batch": bool(clean["batches"].filter(check="batch_values")["flagged"][0]),
        "clean_batch_outcome": bool(clean["batches"].filter(check="batch_outcome")["flagged"].any()),
        "clean_missing": clean["findings"]
        .filter(pl.col("check") == "missing_subjects", pl.col("n_flagged") > 0)
        .height,
        "clean_balance": bool((clean["balance"]["p_omnibus"] <= 0.01).any()),
        "clean_samples": clean["samples"].height,
    }


def _days(found: str, true: str) -> int:
    return int((np.datetime64(found) - np.datetime64(true)).astype(int))


def rules(generator: np.random.Generator, *, trials: int = 2_000) -> list[dict[str, Any]]:
    """Share of shifts and ramps that each rule sees within twenty runs, and runs that it rejects in control, per 1,000.

    A run has two levels whose error is a day's, a run's and a repetition's (one day a run), all in units of the
    within-laboratory SD, by which the limits are set.
    """
    rows = []
    order = np.arange(1, HORIZON + 1)[:, None]
    scenarios = [("shift_sd", size, np.full_like(order, size, dtype=float)) for size in SHIFTS]
    for kind, size, moved in [*scenarios, *(("ramp_sd", size, size * order) for size in RAMPS)]:
        seen = dict.fromkeys(("1_3s", "multirule", "ewma", "cusum"), 0)
        for _ in range(trials):
            z = controls(generator, HORIZON) + moved
            mean = z.mean(axis=1) / np.sqrt((1 + COMPONENTS[1] ** 2 + COMPONENTS[2] ** 2) / 2)
            seen["1_3s"] += bool((np.abs(z) > 3).any())
            seen["multirule"] += any(verdict.rejected for verdict in multirule(z))
            seen["ewma"] += len(ewma(mean, target=0, sigma=1, weight=0.2, width=3.0).signals) > 0
            seen["cusum"] += len(cusum(mean, target=0, sigma=1).signals) > 0
        rows.append({kind: size, **{rule: n / trials for rule, n in seen.items()}})
    z = controls(generator, 100_000)
    rejected = {"1_3s": float((np.abs(z) > 3).any(axis=1).mean())}
    rejected["multirule"] = float(np.mean([verdict.rejected for verdict in multirule(z[:20_000])]))
    mean = z.mean(axis=1) / np.sqrt((1 + COMPONENTS[1] ** 2 + COMPONENTS[2] ** 2) / 2)
    rejected["ewma"] = len(ewma(mean, target=0, sigma=1, weight=0.2, width=3.0).signals) / len(mean)
    rejected["cusum"] = len(cusum(mean[:20_000], target=0, sigma=1).signals) / 20_000
    rows.append({"shift_sd": None, **{rule: 1000 * share for rule, share in rejected.items()}})
    return rows


def controls(generator: np.random.Generator, runs: int) -> np.ndarray:
    """Two levels (runs, 2) in units of the within-laboratory SD; day and run are common to both."""
    repetition, run, day = COMPONENTS
    common = np.hypot(run, day) * generator.standard_normal((runs, 1))
    return common + repetition * generator.standard_normal((runs, 2))


def code_digest() -> str:
    """Of the package files that the answers depend on, and the demo's study file."""
    digest = hashlib.sha256(DEMO.read_bytes())
    for part in MADE_OF:
        for path in sorted((ROOT / "src" / "biomarker" / part).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> None:
    code = code_digest()
    stored = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    trials = stored.get("trials", []) if stored.get("code") == code else []
    found = rules(np.random.default_rng(20261122))
    for seed in SEEDS:
        if seed not in {trial["seed"] for trial in trials}:
            trials.append(answers(seed))
            write_json({"code": code, "trials": trials, "rules": found}, RESULTS)
            print(trials[-1], flush=True)
    write_json({"code": code, "trials": trials, "rules": found}, RESULTS)


if __name__ == "__main__":
    main()
