"""The calibration's answers as a page for people."""

from typing import Any

import numpy as np
from null_data import KINDS
from scipy import stats

__all__ = ["page", "verdict"]

#: A 99% bound fails once in a hundred by chance; beyond this many errors it is no chance, in any of all the cells.
_NO_CHANCE = float(stats.norm.isf(0.01 / 1000))
LEVELS = (0.05, 0.01, 1e-4)


def bounds(found: dict[str, Any], *, z: float) -> np.ndarray:
    """Rates that chance may reach: binomial, or of the spread between data sets where that is larger."""
    total, levels = found["tested"], np.array(LEVELS)
    binomial = np.sqrt(levels * (1 - levels) / total)
    # far out few data sets decide, so that their spread is itself uncertain: never less than the binomial error
    error = np.maximum(binomial, np.array(found.get("error", np.zeros(len(LEVELS)))))
    quantile = stats.binom.isf(stats.norm.sf(z), total, levels) / total
    return np.maximum(levels + z * error, quantile)


def verdict(found: dict[str, Any]) -> str:
    """``holds`` within a 99% bound at every level, ``at the edge`` within one for all cells together, else bold."""
    if not found["tested"]:
        return "not tested"
    rate = np.array(found["rejected"]) / found["tested"]
    if np.all(rate <= bounds(found, z=float(stats.norm.isf(0.01)))):
        return "holds"
    return "at the edge" if np.all(rate <= bounds(found, z=_NO_CHANCE)) else "too bold"


def page(stored: dict[str, Any]) -> str:
    """All tables."""
    asked: dict[str, list[tuple[list[str], dict[str, Any]]]] = {}
    for name, found in stored["cells"].items():
        question, *rest = name.split(" | ")
        asked.setdefault(question, []).append((rest, found))
    for rows in asked.values():
        rows.sort(key=lambda row: (row[0][0], *(int(part) for part in row[0][1:2]), row[0][2:]))
    parts = [_HEAD, *(_TABLES[question](asked[question]) for question in _TABLES if question in asked)]
    seconds = sum(found.get("seconds", 0) for found in stored["cells"].values())
    parts.append(f"All cells together took {seconds / 60:.0f} minutes on one core.\n")
    return "\n".join(parts)


def _rates(found: dict[str, Any]) -> list[str]:
    return [f"{count / found['tested']:.2g}" for count in found["rejected"]]


def _null(rows: list[tuple[list[str], dict[str, Any]]]) -> str:
    lines = [
        "## Features without an effect\n",
        "Share of null features with p at most the level. *Distance* is the largest distance of the p-values'"
        " distribution from the uniform one. Where a test is too bold, the last columns have the permutation p-value"
        " (`screen.permutations`, here 19,999) of 100 of the data sets.\n",
        "| Test | n | Data | Null features | .05 | .01 | .0001 | Distance | | Permutation: .05 | .01 | .0001 |",
        "|---" * 12 + "|",
    ]
    for (test, n, kind), found in rows:
        if not found["tested"]:
            lines.append(f"| {test} | {n} | {kind} | 0 |  |  |  |  | not tested: too few events or carriers |  |  |  |")
            continue
        said, beside = verdict(found), ["", "", ""]
        if (permutation := found.get("permutation")) and permutation["tested"]:
            beside = _rates(permutation)
        cells = [test, n, kind, f"{found['tested']:,}", *_rates(found), f"{found['distance']:.3f}", said, *beside]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _coverage(rows: list[tuple[list[str], dict[str, Any]]]) -> str:
    lines = [
        "## Intervals\n",
        "How often the 95% interval of an effect of 0.5 a standard deviation holds it.\n",
        "| Test | n | Data | Intervals | Coverage |",
        "|---" * 5 + "|",
    ]
    for (test, n, kind), found in rows:
        share = f"{found['held'] / found['tested']:.3f}" if found["tested"] else "no interval"
        lines.append(f"| {test} | {n} | {kind} | {found['tested']:,} | {share} |")
    return "\n".join(lines) + "\n"


def _planted(rows: list[tuple[list[str], dict[str, Any]]]) -> str:
    lines = [
        "## Planted effects\n",
        "20 of 500 features have an effect of 0.4 a standard deviation (on the treatment's effect: 0.8); called at"
        " q ≤ 0.05 by Benjamini-Hochberg. Monte-Carlo standard errors in brackets.\n",
        "| Test | n | Data | Data sets | False discovery rate | True positive rate |",
        "|---" * 6 + "|",
    ]
    for (test, n, kind), found in rows:
        cells = ["", ""]
        if found["tested"]:
            cells = [f"{m:.3f} ({e:.3f})" for m, e in zip(found["rates"], found["error"], strict=True)]
        lines.append(f"| {test} | {n} | {kind} | {found['data_sets']} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def _decoys(rows: list[tuple[list[str], dict[str, Any]]]) -> str:
    lines = [
        "## Prognostic decoys\n",
        "Share of features that are prognostic alone (four at once, 0.6 a standard deviation each) with an interaction"
        " p at most the level.\n",
        "| Test | n | Data | Tests | .05 | .01 | .0001 | |",
        "|---" * 8 + "|",
    ]
    for (test, n, kind), found in rows:
        rates = _rates(found) if found["tested"] else ["", "", ""]
        lines.append("| " + " | ".join([test, n, kind, f"{found['tested']:,}", *rates, verdict(found)]) + " |")
    return "\n".join(lines) + "\n"


def _studies(rows: list[tuple[list[str], dict[str, Any]]]) -> str:
    lines = [
        "## Real studies, subjects permuted\n",
        "The screens and the ranking on real studies whose subjects were permuted within the strata of their"
        " covariates, so that no marker goes with any outcome. Of all runs: how many had any call at `q_group` ≤ 0.05"
        " (hierarchical, each contrast at its own 5%), and in how many a family had any q ≤ 0.05: the largest over"
        " families, and how many families had more than 18 such runs (of 200 at 5%, 18 is the 99% bound).\n",
        "| Study | Runs | Families | Runs with a hierarchical call, by contrast | Most runs of one family | Families"
        " above 18 |",
        "|---" * 6 + "|",
    ]
    for (study, *_), found in rows:
        most = max(found["families"].values(), default=0)
        above = sum(count > 18 for count in found["families"].values())
        called = ", ".join(f"{contrast} {count}" for contrast, count in found["hierarchical"].items())
        counts = f"{found['runs']} | {found['asked']} | {called} | {most} | {above}"
        lines.append(f"| {study} | {counts} |")
    return "\n".join(lines) + "\n"


_TABLES = {"null": _null, "coverage": _coverage, "decoys": _decoys, "planted": _planted, "studies": _studies}
_HEAD = (
    """# Calibration

Written by `make calibrate` (`python tests/calibration/methods.py`, `python tests/calibration/real_studies.py`). The
tests are called as the screens call them, with the limits of the study file's defaults; endpoints follow two
covariates, and no feature unless said. Kinds of data:

"""
    + "\n".join(f"- **{kind}**: {words}." for kind, words in KINDS.items())
    + """

A verdict *holds* where every rate is within a 99% bound of its level (binomial, or of the spread between data sets
where that is larger), and is *at the edge* where it is within a bound that holds for all cells together: one cell in a
hundred is there by chance. *Too bold* is neither.
"""
)
