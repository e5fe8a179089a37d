"""Does the score find more than the p-value? `python tests/calibration/ranking.py` writes docs/ranking.json and .md.

Trials with weak planted markers and seeds that nobody has looked at, run from files to candidates. The share of planted
markers among the first of their list: by p-value, by score, by rank, and by rank with one part of the score left out.
Stored trial by trial: an interrupted run goes on where it stopped.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from calibrate import code_digest, finished_run
from finished import Finished

from biomarker.discovery.score import WEIGHTS

__all__ = ["FIRST", "PAGE", "RESULTS", "page", "recalls"]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "ranking.json"
PAGE = RESULTS.with_suffix(".md")
SEEDS = tuple(range(8_300_001, 8_300_021))
#: Weak markers with several stand-ins each: with those of the demo every order finds nearly all.
SIMULATE = (("genes", 600), ("noncentrality", 3.5), ("stand_ins", 3))
FIRST = (3, 10, 20)
KEY = ["candidate_id", "endpoint", "comparison", "contrast"]
RANK = "rank (score, stand-ins aside)"
LIST = ["endpoint", "comparison", "contrast"]


def recalls(run: Finished, scores: pl.DataFrame) -> dict[str, list[float]]:
    """By order, the share of planted single markers among the first 3, 10 and 20 of their lists."""
    table = run.candidates
    parts = scores.pivot("part", index=KEY, values="value")
    table = table.drop("stability").join(parts, on=KEY, how="left")
    aside = (pl.col("leader_id") != pl.col("candidate_id")) | (pl.col("tier").cast(pl.String) == "C")
    orders = {"p-value": [pl.col("log10_p")], "score alone": [-pl.col("score"), pl.col("log10_p")]}
    orders[RANK] = [pl.col("rank")]
    known = [name for name in WEIGHTS if name in table.columns]
    for left_out in known:
        rest = {name: WEIGHTS[name] for name in known if name != left_out}
        total = pl.sum_horizontal(*(pl.col(n).is_not_null().cast(pl.Float64) * w for n, w in rest.items()))
        score = pl.sum_horizontal(*(pl.col(n).fill_null(0.0) * w for n, w in rest.items())) / total
        orders[f"rank without {left_out}"] = [aside, -score, pl.col("log10_p")]
    found = {}
    for name, order in orders.items():
        ranked = table.sort(order).with_columns(place=pl.int_range(1, pl.len() + 1).over(LIST))
        places = [_place(ranked, record) for record in run.singles]
        if name.startswith("rank (") or name == "p-value":
            groups = [min(_place(ranked, one) for one in run.related(record)) for record in run.singles]
            found[f"{name}; the marker or a stand-in"] = [
                float(np.mean([g <= first for g in groups])) for first in FIRST
            ]
        found[name] = [float(np.mean([place <= first for place in places])) for first in FIRST]
    return found


def _place(ranked: pl.DataFrame, record: dict) -> float:
    """Place of a planted marker in its list, infinite where it is not kept; a laboratory test by its baseline."""
    name = f"{record['modality']}:{record['feature_id']}"
    own = pl.col("candidate_id").is_in([name, f"{name}.baseline"])
    rows = ranked.filter(own, endpoint=record["endpoint"], contrast=record["contrast"])
    return float(rows["place"][0]) if rows.height else np.inf


def page(stored: dict) -> str:
    """The table as it stands in the documentation."""
    trials = list(stored["seeds"].values())
    markers = stored["markers"]
    simulated = dict(SIMULATE)
    lines = [
        "# Order by score and by p-value",
        "",
        "Share of the planted single markers among the first of their list, with its standard error over "
        f"{len(trials)} simulated trials ({markers / len(trials):.0f} markers a trial with {simulated['stand_ins']} "
        f"stand-ins each, expected statistic {simulated['noncentrality']:g}). Made by "
        "`python tests/calibration/ranking.py`.",
        "",
        "| Order | " + " | ".join(f"first {first}" for first in FIRST) + " |",
        "|---|" + "---|" * len(FIRST),
    ]
    for name in trials[0]:
        values = np.array([trial[name] for trial in trials])
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.zeros(len(FIRST))
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(values.mean(axis=0), error, strict=True)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_compared(trials)]) + "\n"


def _compared(trials: list[dict]) -> list[str]:
    """Whether the order of the report finds more than that by p-value, in words; trial by trial."""
    lines = []
    for what in ("", "; the marker or a stand-in"):
        gain = np.array([np.subtract(t[f"{RANK}{what}"], t[f"p-value{what}"]) for t in trials])
        error = gain.std(axis=0, ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.full(len(FIRST), np.inf)
        told = []
        for first, mean, one in zip(FIRST, gain.mean(axis=0), error, strict=True):
            word = "more" if mean > 2 * one else "less" if mean < -2 * one else "no difference that these trials show"
            told.append(f"first {first}: {mean:+.3f} ± {one:.3f} ({word})")
        lines += [f"By rank against by p-value{what}: " + "; ".join(told) + ".", ""]
    return lines[:-1]


def main() -> None:
    """Run the trials that are not stored yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=len(SEEDS))
    count = parser.parse_args().trials
    stored = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    digest = code_digest()
    if stored.get("code") != digest:
        stored = {"code": digest, "markers": 0, "seeds": {}}
    for seed in SEEDS[:count]:
        if str(seed) in stored["seeds"]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            run = finished_run(seed, Path(folder), SIMULATE)
            results = next(Path(folder).glob("results/*"))
            stored["seeds"][str(seed)] = recalls(run, pl.read_parquet(results / "candidate_scores.parquet"))
            stored["markers"] += len(run.singles)
        RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(stored), encoding="utf-8")
        print(f"seed {seed}: {stored['seeds'][str(seed)]}", flush=True)


if __name__ == "__main__":
    main()
