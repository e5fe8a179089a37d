"""What the tutorial says of the demo: its numbers are those that `make tutorial` and `make calibrate` wrote down."""

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pieces import code, table

__all__ = ["claims", "tutorial"]

DOCS = Path(__file__).resolve().parents[1]
ENDPOINTS = {"response": "response", "pfs": "PFS", "shrinkage": "tumour change"}
SHAPES = {
    "linear": "the higher, the more",
    "threshold": "acts above a threshold",
    "mutated": "mutated or not",
}
MODALITIES = {"rna": "gene", "dna": "mutation", "labs": "laboratory", "protein": "protein"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def tutorial(part: str) -> str:
    """One part of what the demo's run found."""
    return PARTS[part](_facts())


def claims() -> str:
    """Which claims hold in how many of the unseen trials, and whether the code is still the same."""
    if (calibration := str(DOCS.parent / "tests" / "calibration")) not in sys.path:
        sys.path.append(calibration)
    from calibrate import code_digest

    stored = json.loads((DOCS / "claims.json").read_text(encoding="utf-8"))
    seeds = list(stored["seeds"].values())
    rows = [[sentence, f"{sum(held[name] for held in seeds)} of {len(seeds)}"] for name, sentence in
            stored["claims"].items()]  # fmt: skip
    since = "" if stored["code"] == code_digest() else ", which has changed since"
    return f"{table(['Claim', 'Holds in'], rows)}\n\nMade with version {code(stored['code'])} of the code{since}."


@cache
def _facts() -> dict[str, Any]:
    return json.loads((DOCS / "tutorial.json").read_text(encoding="utf-8"))


# --- parts ------------------------------------------------------------------------------------------------------------


def _trial(facts: dict[str, Any]) -> str:
    n = facts["trial"]
    responders = n["best_response"]["CR"] + n["best_response"]["PR"]
    return (
        f"{n['subjects']} subjects are randomised, {n['drug']} to the drug and {n['placebo']} to placebo. {responders} "
        f"respond, {n['pfs_events']} progress or die while they are followed. {n['profiles']} have an "
        "expression profile "
        f"of {n['genes']:,} genes, {n['sequenced']} were sequenced, {n['protein_samples']} have a protein "
        "sample, and the "
        f"laboratory sent {n['lab_rows']:,} results."
    )


def _lists(facts: dict[str, Any]) -> str:
    rows = []
    for one in facts["lists"]:
        roles = list(one["called"].values())
        true = sum(role is not None for role in roles)
        rows.append(
            [
                f"{ENDPOINTS[one['endpoint']]}, {one['contrast']}",
                f"{one['tested']:,}",
                str(len(roles)),
                str(true),
                str(len(roles) - true),
                ", ".join(name.partition(":")[2] for name in one["called"]) or "none",
            ]
        )
    return table(["List", "Features tested", "Called", "of these planted", "of these null", "In this order"], rows)


def _singles(facts: dict[str, Any]) -> str:
    rows = [
        [
            code(one["feature_id"]),
            f"{MODALITIES[one['modality']]}; {SHAPES[one['shape']]}",
            f"{ENDPOINTS[one['endpoint']]}, {one['contrast']}",
            f"{one['expected']:.1f}",
            f"{one['statistic']:.1f}",
            str(one["rank"]),
            _q(one["q_value"]),
            "yes" if one["called"] else "**no**",
        ]
        for one in facts["singles"]
    ]
    called = sum(one["called"] for one in facts["singles"])
    strengths = [abs(one["expected"]) for one in facts["singles"]]
    head = ["Planted", "What it is", "List", "Expected statistic", "Shown", "Rank", "q", "Called"]
    return (
        f"{table(head, rows)}\n\nThe expected statistics lie between {min(strengths):.1f} and {max(strengths):.1f}. "
        f"{NUMBERS[called].capitalize()} of the {NUMBERS[len(rows)]} are called."
    )


def _missed(facts: dict[str, Any]) -> str:
    missed = [one for one in facts["singles"] if not one["called"]]
    needed = max(one["needed_by_the_first"] for one in facts["lists"])
    chance = (
        f"To be called as the first of its list, a feature needs a statistic of {needed:.2f}: a marker that is "
        "expected to show 5 does not always reach that."
    )
    if not missed:
        return f"In this trial none is missed. {chance}"
    sentences = [
        f"{code(one['feature_id'])} ({ENDPOINTS[one['endpoint']]}, {one['contrast']}) was planted to show "
        f"{abs(one['expected']):.2f} and shows {abs(one['statistic']):.2f}; the difference is chance. "
        f"At rank {one['rank']} of its list it would have needed {one['needed']:.2f} to be called; its q is "
        f"{_q(one['q_value'])}."
        for one in missed
    ]
    return " ".join([*sentences, chance])


def _stand_ins(facts: dict[str, Any]) -> str:
    rows = [
        [
            code(one["feature_id"]),
            code(one["of"]),
            f"{one['correlation']:.2f}",
            f"{one['expected']:.1f}",
            f"{one['statistic']:.1f}",
            str(one["rank"]),
            "yes" if one["called"] else "no",
        ]
        for one in facts["stand_ins"]
    ]
    return table(["Stand-in", "Of", "Correlation", "Expected statistic", "Shown", "Rank", "Called"], rows)


def _decoys(facts: dict[str, Any]) -> str:
    rows = [
        [
            code(one["feature_id"]),
            ENDPOINTS[one["endpoint"]],
            *(f"{one[contrast]['statistic']:.1f}" for contrast in ("prognostic", "predictive")),
            "**yes**" if one["predictive"]["called"] else "no",
        ]
        for one in facts["decoys"]
    ]
    return table(["Prognostic marker", "Endpoint", "Prognostic statistic", "Predictive", "Called predictive"], rows)


def _elsewhere(facts: dict[str, Any]) -> str:
    one = facts["elsewhere"]
    return (
        f"On the endpoints that are not theirs, planted features and stand-ins were tested {one['tests']} times: "
        f"{one['called'] or 'none'} of these tests is called, and {one['below_005']} have p below 0.05, where "
        "chance alone "
        f"would give about {one['tests'] * 0.05:.0f}."
    )


def _null_called(facts: dict[str, Any]) -> str:
    null = [
        f"{code(name.partition(':')[2])} ({ENDPOINTS[one['endpoint']]}, {one['contrast']})"
        for one in facts["lists"]
        for name, role in one["called"].items()
        if role is None
    ]
    called = sum(len(one["called"]) for one in facts["lists"])
    if not null:
        return f"None of the {called} features called is null."
    return f"Of the {called} features called, null are: {', '.join(null)}."


def _threshold(facts: dict[str, Any]) -> str:
    one = facts["threshold"]
    return (
        f"{code(one['feature_id'])} acts above {one['threshold']:.2f}. Tested as a number it was expected to show "
        f"{abs(one['expected']):.1f} and shows {abs(one['statistic']):.1f}; tested as above or below, "
        f"{abs(one['expected_above']):.1f} and {abs(one['statistic_above']):.1f}."
    )


def _ratio(facts: dict[str, Any]) -> str:
    one = facts["ratio"]
    alone = " and ".join(
        f"{code(part['feature_id'])} shows {abs(part['statistic']):.1f} (rank {part['rank']:,})"
        for part in one["parts"]
    )
    return (
        f"{code(one['formula'])} on the log scale decides response with an expected statistic of "
        f"{abs(one['expected']):.1f}. The two genes are correlated by {one['correlation']:.2f}; what they share means "
        f"nothing, and it hides their difference. Alone, {alone}: nobody would look at them. Their difference, "
        "computed "
        f"by someone who knows the truth, shows {abs(one['statistic']):.1f}, where the strongest single feature of the "
        f"list shows {one['strongest_single']:.1f}."
    )


def _subgroup(facts: dict[str, Any]) -> str:
    one = facts["subgroup"]
    a, b = one["features"]
    alone = " and ".join(
        f"{code(part['feature_id'])} shows {abs(part['statistic']):.1f} (rank {part['rank']:,}, "
        f"{'called' if part['called'] else 'not called'})"
        for part in one["parts"]
    )
    return (
        f"Where {code(a)} is above {one['cuts'][0]:.2f} and {code(b)} above {one['cuts'][1]:.2f}, in "
        f"{one['share']:.0%} "
        f"of subjects, the mean tumour change on the drug less that on placebo is {one['inside']:.0f} points; "
        "elsewhere it "
        f"is {one['outside']:.0f}. Alone, {alone}. The subgroup itself shows {abs(one['statistic']):.1f}, where the "
        f"strongest single feature shows {one['strongest_single']:.1f}; given its two genes and their own interactions "
        f"with treatment {abs(one['statistic_given_its_parts']):.1f} are left."
    )


def _faults(facts: dict[str, Any]) -> str:
    swap, drift, batch = (facts["faults"][name] for name in ("swap", "drift", "batch"))
    shares = batch["share_of_b_by_site"].values()
    return "\n".join(
        [
            f"- **Swap**: XIST against RPS4Y1 contradicts the recorded sex of {NUMBERS[swap['contradicted']]} "
            "subjects; "
            f"{NUMBERS[swap['exchanged']]} of them are the two whose profiles were exchanged.",
            f"- **Drift**: at {drift['site']}, {drift['test']} is {drift['here'] - 1:.0%} higher from "
            f"{drift['from']} on "
            f"than before ({drift['factor'] - 1:.0%} were planted); at the other sites it moves by "
            f"{abs(drift['elsewhere'] - 1):.1%}.",
            f"- **Batch**: {batch['share_of_genes']:.0%} of the genes differ between the two batches by more "
            "than three "
            f"standard errors. Of the profiles of a site, between {min(shares):.0%} and {max(shares):.0%} are of the "
            "second batch.",
        ]
    )


def _trap(facts: dict[str, Any]) -> str:
    one = facts["trap"]
    return (
        f"At week 12, CEA goes with the tumour's change (rank correlation {one['correlation']:.2f}, p "
        f"{one['p_value']:.0e}): it follows the tumour. The workflow reads the last value at or before day 0, "
        "which shows "
        f"{abs(one['baseline']['statistic']):.1f} (rank {one['baseline']['rank']:,})."
    )


PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "decoys": _decoys,
    "elsewhere": _elsewhere,
    "faults": _faults,
    "lists": _lists,
    "missed": _missed,
    "null_called": _null_called,
    "ratio": _ratio,
    "singles": _singles,
    "stand_ins": _stand_ins,
    "subgroup": _subgroup,
    "threshold": _threshold,
    "trap": _trap,
    "trial": _trial,
}


def _q(value: float | None) -> str:
    if value is None:
        return "not listed"
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
