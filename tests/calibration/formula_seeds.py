"""Whether the demo's planted formulas are found with unseen seeds: `python tests/calibration/formula_seeds.py`.

Runs the jobs of the demo up to the formulas, of the endpoints that have a planted one. Each seed's answer is stored as
soon as it is known. Writes into docs/formula-calibration.json and .md.
"""

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path

import calibrate
import polars as pl
from formula_studies import RESULTS, load, write
from threadpoolctl import threadpool_limits

from biomarker.cli.app import main as main_of_biomarker

SEEDS = tuple(range(8_400_001, 8_400_021))
STAGES = ("simulate", "subjects", "endpoints", "ingest", "quality", "features", "formula_search", "formula")


def answer(seed: int) -> dict[str, dict[str, object]]:
    """Where the planted formulas of one trial come, and whether they hold."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), threadpool_limits(1):
        for words in calibrate.stage_commands():
            if words[1] not in STAGES:
                continue
            at = words.index("--settings") + 1
            settings = json.loads(words[at])
            if "seed" in settings:
                settings["seed"] = seed
            if "formula" in settings:
                settings["formula"] |= {"endpoints": ["response", "shrinkage"]}
            if main_of_biomarker([*words[:at], json.dumps(settings), *words[at + 1 :]]) != 0:
                raise RuntimeError(f"seed {seed}: {words[1]} failed")
        results = Path("results") / calibrate.NAME
        truth = json.loads((results / "simulated" / "truth.json").read_text(encoding="utf-8"))
        formulas = pl.read_parquet(results / "formula" / "formulas.parquet").filter(pl.col("leader"))
        found = {}
        for pair in truth["pairs"]:
            own = formulas.filter(
                pl.col("endpoint") == pair["endpoint"], pl.col("contrast").cast(str) == pair["contrast"]
            )
            true = {f"rna:{name}" for name in pair["features"]}
            ranked = own.sort("statistic", descending=True)
            places = [k for k, features in enumerate(ranked["features"].to_list(), start=1) if set(features) == true]
            row = ranked.row(places[0] - 1, named=True) if places else {}
            found[pair["shape"]] = {
                "listed": bool(places), "first": bool(places and places[0] == 1),
                "place": places[0] if places else None,
                "confirmed": bool(places and row["p_heldout"] <= 0.05), "shape": row.get("shape"),
                "statistic": row.get("statistic"), "heldout": row.get("heldout_statistic"),
            }  # fmt: skip
        return found


def main() -> None:
    """Answer for the seeds that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked, begun = parser.parse_args(), time.monotonic()
    digest = calibrate.code_digest()
    for seed in SEEDS:
        stored = load(asked.out)
        if stored.get("seeds_code") != digest:
            stored |= {"seeds_code": digest, "seeds": {}}
        if str(seed) in stored["seeds"]:
            continue
        if (time.monotonic() - begun) / 60 > asked.minutes:
            return
        one = answer(seed)
        stored = load(asked.out)  # another command may have written meanwhile
        if stored.get("seeds_code") != digest:
            stored |= {"seeds_code": digest, "seeds": {}}
        stored["seeds"][str(seed)] = one
        write(stored, asked.out)
        print(seed, {k: (v["place"], v["confirmed"]) for k, v in one.items()}, flush=True)


if __name__ == "__main__":
    main()
