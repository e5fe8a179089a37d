"""Error rates and power of predictive calls beside the published ones, by setting and size.

``python tests/calibration/scoreboard.py --replicates 200`` answers for the replicates that are not answered yet and
writes docs/scoreboard.json and docs/scoreboard.md. An interrupted run goes on where it stopped; with other code it
begins anew.
"""

import argparse
import json
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
from calls import CALLS, LEVEL, answer, code_digest
from threadpoolctl import threadpool_limits
from uni_cate import PUBLISHED, SETTINGS, SIZES, population

from biomarker.data.files import atomic_path

__all__ = ["RESULTS", "page"]

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "scoreboard.json"
ROUND = 8


def page(stored: dict) -> str:
    """The table for people."""
    lines = [
        "# Scoreboard of predictive markers\n",
        "Written by `python tests/calibration/scoreboard.py`. Each cell: false discovery rate and true positive rate at"
        f" {LEVEL:.0%}, means over replicates, with the Monte-Carlo standard error in brackets. Settings and published"
        " numbers: Boileau et al. 2022, [doi.org/10.1093/biostatistics/kxac029]"
        "(https://doi.org/10.1093/biostatistics/kxac029); the correlation of B is a surrogate (modules of 20 genes with"
        " correlation 0.36). Marginal calls are scored against markers whose slope is not zero (A: 50, B: the 20 of the"
        " first module), conditional calls against the markers that the effect is made of (A: 50, B: 4). The published"
        " calls of B were scored against those 4.\n",
        f"The number of replicates is in the table: with few, read the errors in brackets. Code {stored['code']}.\n",
        "| Setting | n | Replicates | Published | " + " | ".join(CALLS) + " |",
        "|---" * (4 + len(CALLS)) + "|",
    ]
    for setting in SETTINGS:
        for size, (fdr, tpr) in zip(SIZES, PUBLISHED[setting], strict=True):
            cell = stored["cells"].get(f"{setting} {size}", {})
            answers = [cell[replicate] for replicate in sorted(cell, key=int)]
            if not answers:
                continue
            cells = [f"{fdr:.3f} / {tpr:.3f}"]
            for name in CALLS:
                rates = np.array([one[name] for one in answers])
                error = rates.std(axis=0, ddof=1) / np.sqrt(len(rates)) if len(rates) > 1 else np.full(2, np.nan)
                cells.append(" / ".join(f"{m:.3f} ({e:.3f})" for m, e in zip(rates.mean(axis=0), error, strict=True)))
            lines.append(f"| {setting} | {size} | {len(answers)} | " + " | ".join(cells) + " |")
    lines.append("\n" + "\n".join(f"- **{name}**: {words}." for name, words in CALLS.items()))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Answer for the replicates that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--settings", nargs="*", default=SETTINGS, choices=SETTINGS)
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    asked = parser.parse_args()
    stored = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
    digest = code_digest()
    if stored.get("code") != digest:
        stored = {"code": digest, "cells": {}}
    people = {setting: population(setting) for setting in asked.settings}
    # Rounds over all cells: what is stored when time runs out says something of each
    with threadpool_limits(1):
        for first in range(0, asked.replicates, ROUND):
            for setting, size in product(asked.settings, asked.sizes):
                cell = stored["cells"].setdefault(f"{setting} {size}", {})
                begun = time.monotonic()
                wanted = [r for r in range(first, min(first + ROUND, asked.replicates)) if str(r) not in cell]
                for replicate in wanted:
                    rates = answer(people[setting], size, replicate)
                    cell[str(replicate)] = {k: [round(x, 6) for x in v] for k, v in rates.items()}
                if wanted:
                    with atomic_path(asked.out) as path:
                        path.write_text(
                            json.dumps(stored, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
                        )
                    asked.out.with_suffix(".md").write_text(page(stored), encoding="utf-8")
                    took = time.monotonic() - begun
                    print(f"{setting}, {size} subjects: {len(cell)} done, {took:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
