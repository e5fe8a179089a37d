"""Write down what a finished run of the demo found, beside what was planted: the numbers of `docs/tutorial.md`.

make tutorial
python docs/tutorial.py results/demo docs/tutorial.json
"""

import argparse
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "calibration"))

import claims
import numpy as np
from finished import LISTS, Finished, Place, Q
from scipy import special

__all__ = ["facts"]

CONTRASTS = ("prognostic", "predictive")


def facts(run: Finished) -> dict:
    """All numbers that the tutorial prints, rounded to four significant digits."""
    content = {
        "trial": run.truth["counts"] | {"hotspots_and_genes": int(_tested(run, "dna"))},
        "lists": [_list(run, *one) for one in LISTS],
        "singles": [_marker(run, record) for record in run.singles],
        "stand_ins": [
            _marker(run, r) | {"of": r["stand_in_of"], "correlation": r["correlation"]}
            for r in run.truth["planted"]
            if r["role"] == "stand-in"
        ],
        "decoys": [_decoy(run, record) for record in run.singles if record["contrast"] == "prognostic"],
        "elsewhere": _elsewhere(run),
        "threshold": _threshold(run),
        "ratio": _ratio(run),
        "subgroup": _subgroup(run),
        "faults": _faults(run),
        "trap": _trap(run),
    }
    return _rounded(content)


def _tested(run: Finished, modality: str) -> int:
    rows = run.ranked["pfs", "prognostic"]
    return (rows["modality"] == modality).sum()


def _list(run: Finished, endpoint: str, contrast: str) -> dict:
    """How a list begins and what is called in it."""
    tested = run.ranked[endpoint, contrast].height
    return {
        "endpoint": endpoint,
        "contrast": contrast,
        "tested": tested,
        "needed_by_the_first": _normal(Q / tested),
        "called": {name: run.truly(name, endpoint, contrast) for name in run.called(endpoint, contrast)},
    }


def _marker(run: Finished, record: dict) -> dict:
    """What was expected of a planted feature and what it showed in its own list."""
    place = run.place(record)
    tested = run.ranked[record["endpoint"], record["contrast"]].height
    own = {key: record[key] for key in ("feature_id", "modality", "endpoint", "contrast", "direction")}
    return own | {
        "shape": record.get("shape"),
        "expected": record["noncentrality"],
        **_place(place),
        "needed": _normal(Q * place.rank / tested),
    }


def _decoy(run: Finished, record: dict) -> dict:
    """What a prognostic marker shows when it is asked whether it is predictive."""
    own = {key: record[key] for key in ("feature_id", "modality", "endpoint")}
    return own | {contrast: _place(run.place(record, contrast=contrast)) for contrast in CONTRASTS}


def _elsewhere(run: Finished) -> dict:
    """Planted features in the lists of the endpoints that are not theirs."""
    places = [
        run.place(record, endpoint=endpoint, contrast=contrast)
        for record in run.truth["planted"]
        for endpoint, contrast in LISTS
        if endpoint != record["endpoint"]
    ]
    return {
        "tests": len(places),
        "called": sum(place.called for place in places),
        "below_005": sum(place.p_value < 0.05 for place in places),
    }


def _threshold(run: Finished) -> dict:
    """The threshold marker, tested as a number and as above or below its threshold."""
    record = next(r for r in run.singles if r["shape"] == "threshold")
    feature = run.trial.feature(record)
    above = np.where(np.isfinite(feature), feature > record["threshold"], np.nan)
    return {
        "feature_id": record["feature_id"],
        "threshold": record["threshold"],
        "expected": record["noncentrality"],
        "expected_above": record["expected_statistic_of_the_threshold"]["predictive"],
        "statistic": run.place(record).statistic,
        "statistic_above": run.trial.statistic(above, record["endpoint"], "predictive"),
    }


def _parts(run: Finished, pair: dict) -> list[dict]:
    return [
        {"feature_id": record["feature_id"], "expected": record["noncentrality"], **_place(run.place(record))}
        for record in run.truth["planted"]
        if record.get("part_of") == pair["pair_id"]
    ]


def _ratio(run: Finished) -> dict:
    pair = run.pair("log_ratio")
    a, b = (run.trial.feature({"modality": "rna", "feature_id": name}) for name in pair["features"])
    there = np.isfinite(a + b)
    return {
        "formula": pair["formula"],
        "correlation": np.corrcoef(a[there], b[there])[0, 1],
        "expected": pair["noncentrality"],
        "statistic": run.oracle("log_ratio"),
        "strongest_single": run.strongest("response", "prognostic"),
        "parts": _parts(run, pair),
    }


def _subgroup(run: Finished) -> dict:
    pair = run.pair("both_high")
    inside, outside = claims.subgroup_differences(run)
    return {
        "features": pair["features"],
        "cuts": pair["cuts"],
        "share": pair["share_of_subjects"],
        "expected": pair["noncentrality"],
        "statistic": run.oracle("both_high"),
        "expected_given_its_parts": pair["given_its_parts"]["predictive"],
        "statistic_given_its_parts": run.oracle("both_high", given_parts=True),
        "strongest_single": run.strongest("shrinkage", "predictive"),
        "parts": _parts(run, pair),
        "inside": inside,
        "outside": outside,
    }


def _faults(run: Finished) -> dict:
    faults = run.truth["faults"]
    here, elsewhere = claims.drift_ratios(run)
    contradicted = claims.against_sex(run)
    return {
        "swap": {
            "contradicted": len(contradicted),
            "exchanged": len(set(contradicted) & set(faults["sample_swap"]["subjects"])),
        },
        "drift": {key: faults["lab_drift"][key] for key in ("test", "site", "from", "factor")}
        | {"here": here, "elsewhere": elsewhere},
        "batch": faults["batch"] | {"share_of_genes": claims.batch_share(run)},
    }


def _trap(run: Finished) -> dict:
    correlation, p = claims.trap_correlation(run)
    place = run.place_of("labs:CEA.baseline", "shrinkage", "prognostic")
    return {"correlation": correlation, "p_value": p, "baseline": _place(place)}


def _place(place: Place) -> dict:
    return {
        "statistic": place.statistic,
        "p_value": place.p_value,
        "q_value": place.q_value,
        "rank": place.rank,
        "called": place.called,
    }


def _normal(p: float) -> float:
    """Absolute standard normal with this two-sided p."""
    return float(-special.ndtri(p / 2))


def _rounded(node: object) -> object:
    """Four significant digits: the last bits of a processor are not for a page."""
    if isinstance(node, dict):
        return {key: _rounded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_rounded(value) for value in node]
    if isinstance(node, (bool, int, str)) or node is None:
        return node
    return 0.0 if node == 0 else round(float(node), 3 - math.floor(math.log10(abs(node))))


def main() -> None:
    """Read a finished run of the demo and write its facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    content = facts(Finished(given.results))
    given.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
