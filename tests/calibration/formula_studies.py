"""Power and error of the search for formulas on simulated studies: `python tests/calibration/formula_studies.py`.

Each replicate is stored as soon as it is known: an interrupted run goes on where it stopped; with other code it begins
anew. ``--minutes`` ends a run in time. Writes docs/formula-calibration.json and .md.
"""
# ruff: noqa: E501 (lines of a page)

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
from formula_cells import ERROR, POWER, REAL, TUMOURS, null_study, power_study, real_study
from threadpoolctl import threadpool_limits

__all__ = ["RESULTS", "code_digest", "page"]

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "formula-calibration.json"
MADE_OF = ("stats/pairs", "discovery/formula")
#: What the cells have no use for: tables, and the study around the search.
NOT_OF = ("applied.py", "conclude.py", "rows.py", "study.py")


def code_digest() -> str:
    """Digest of the search and of the cells."""
    files = [Path(__file__).with_name("formula_cells.py")]
    for name in MADE_OF:
        files += [p for p in (ROOT / "src" / "biomarker" / name).rglob("*.py") if p.name not in NOT_OF]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def page(stored: dict) -> str:
    """The tables for people."""
    cells = stored["cells"]
    lines = [
        "# Search for formulas: power and error\n",
        "Written by `python tests/calibration/formula_studies.py` and `python tests/calibration/formula_seeds.py`. The number"
        f" of replicates is in the tables: with few, a share says little. Code {stored['code']}.\n",
        "## One planted formula\n",
        "Correlated features (a common factor and modules of 20), two thirds searched, the first 20 tried in the held-out third."
        " *Parts*: either true feature is significant among all single features (Bonferroni, 5%, all subjects). *First*: the"
        " true features lead the list, in whatever shape. *Confirmed*: they hold in held-out subjects at 5% by Holm."
        " *Statistic*: median score in the searched subjects where listed. *Predictive*: half of the subjects are treated, and the"
        " outcome rises by 3.6 standard deviations where both are high, among the treated alone; its parts are judged by the"
        " transformed outcome.\n",
        "| planted | subjects | decoys | replicates | parts | first | listed | confirmed | statistic |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, found in cells.items():
        kind, _, rest = key.partition(" ")
        if kind != "power":
            continue
        shape, decoys = rest.split()
        rows = list(found.values())
        shares = [f"{sum(r[name] for r in rows)}" for name in ("parts", "first", "listed", "confirmed")]
        scores = sorted(r["statistic"] for r in rows if r["statistic"] is not None)
        middle = f"{scores[len(scores) // 2]:.1f}" if scores else "-"
        lines.append(
            f"| {shape} | {POWER[shape].n} | {decoys} | {len(rows)} | " + " | ".join(shares) + f" | {middle} |"
        )
    if rows := list(cells.get("power predictive 1000", {}).values()):
        own, true = (float(np.median([r[k] for r in rows])) for k in ("of_d", "of_true_d"))
        lines.append(
            "\nPredictive: what the true formula, as it is, adds to its parts in the searched subjects, median t:"
            f" {own:.1f} by the doubly robust outcome, {true:.1f} by the one made of the true expectations in either arm"
            f" (1,000 decoys, {len(rows)} replicates)."
        )
    lines += _real(cells)
    lines += [
        "\n## Nothing planted\n",
        "200 subjects, correlated features; every other study has a skewed outcome. *Called*: anything at 5% family-wise. Of"
        " 200 studies at most 18 may have one.\n",
        "| route | features | studies | called |", "|---|---|---|---|",
    ]  # fmt: skip
    for key, found in cells.items():
        kind, _, route = key.partition(" ")
        if kind == "error":
            lines.append(f"| {route} | {ERROR[route]} | {len(found)} | {sum(r['called'] for r in found.values())} |")
    if seeds := stored.get("seeds"):
        done = list(seeds.values())
        lines += [
            "\n## The demo's trial with unseen seeds\n",
            "The demo's study file with seeds nobody has looked at: whether the planted log-ratio (response, prognostic) and the"
            " planted subgroup (change in tumour size, predictive) are among the first 20 formulas of their list, where, and"
            " whether they hold in held-out subjects at 5% by Holm.\n",
            "| planted | seeds | listed | first | confirmed |", "|---|---|---|---|---|",
        ]  # fmt: skip
        for name in ("log_ratio", "both_high"):
            own = [one[name] for one in done]
            listed, first, held = (sum(bool(o[k]) for o in own) for k in ("listed", "first", "confirmed"))
            lines.append(f"| {name} | {len(own)} | {listed} | {first} | {held} |")
        lines.append(f"\nCode of these runs {stored['seeds_code']}.")
    if spent := stored.get("seconds"):
        lines.append(f"\nThe studies above took {sum(spent.values()) / 60:.0f} processor minutes.")
    return "\n".join(lines) + "\n"


def _real(cells: dict) -> list[str]:
    """The table of formulas planted in real expression."""
    keys = [key for key in cells if key.startswith("real ")]
    if not keys:
        return []
    lines = [
        "\n## One planted formula in real expression\n",
        "150 breast tumours (TCGA), 526 levels of genes, microRNAs and proteins as measured; the outcome is planted on two genes"
        " that are drawn anew in each replicate (log-ratio: two that correlate by 0.6 to 0.9; others: by less than 0.3). 100"
        " tumours are searched, 50 held out.\n",
        "| planted | strength | replicates | parts | first | listed | confirmed |",
        "|---|---|---|---|---|---|---|",
    ]
    for key in keys:
        rows, shape = list(cells[key].values()), key.partition(" ")[2]
        shares = [f"{sum(r[name] for r in rows)}" for name in ("parts", "first", "listed", "confirmed")]
        lines.append(f"| {shape} | {REAL[shape]} | {len(rows)} | " + " | ".join(shares) + " |")
    return lines


def load(path: Path) -> dict:
    """What is known, without replicates of other code."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    digest = code_digest()
    if stored.get("code") != digest:
        stored = {"code": digest, "cells": {}, **{k: v for k, v in stored.items() if k in ("seeds", "seeds_code")}}
    return stored


def write(stored: dict, path: Path) -> None:
    """Keep what is known."""
    path.write_text(json.dumps(stored, indent=0, sort_keys=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page(stored), encoding="utf-8")


def main() -> None:
    """Answer for the replicates that are not answered yet, round by round over all cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--power", type=int, default=50, help="replicates a shape at 1,000 decoys")
    parser.add_argument("--large", type=int, default=5, help="replicates a shape at 5,000 decoys")
    parser.add_argument("--real", type=int, default=50, help="replicates a shape in real expression")
    parser.add_argument("--error", type=int, default=200, help="studies a route")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    stored, begun = load(asked.out), time.monotonic()
    planned = [(f"power {shape} 1000", lambda s, c=shape: power_study(c, 1000, s), asked.power) for shape in POWER]
    planned += [(f"error {route}", lambda s, r=route: null_study(r, s), asked.error) for route in ERROR]
    if TUMOURS.exists():
        planned += [(f"real {shape}", lambda s, c=shape: real_study(c, s), asked.real) for shape in REAL]
    planned += [(f"power {shape} 5000", lambda s, c=shape: power_study(c, 5000, s), asked.large) for shape in POWER]
    with threadpool_limits(1):
        for turn in range(max(10 * asked.large, *(count for _, _, count in planned))):
            for key, work, count in planned:
                if (time.monotonic() - begun) / 60 > asked.minutes:
                    return
                large = key.endswith(" 5000")  # one of these after ten of the others
                if large and turn % 10 != 9:
                    continue
                seed = turn // 10 if large else turn
                if seed < count and str(seed) not in stored["cells"].get(key, {}):
                    begun_one = time.process_time()
                    found = work(seed)
                    stored["cells"].setdefault(key, {})[str(seed)] = found
                    spent = stored.setdefault("seconds", {})
                    spent[key] = round(spent.get(key, 0.0) + time.process_time() - begun_one, 1)
                    write(stored, asked.out)


if __name__ == "__main__":
    main()
