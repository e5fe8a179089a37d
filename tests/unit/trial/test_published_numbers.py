"""Every published case is reproduced within its stated tolerance."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve()
GOLDEN = HERE.parents[2] / "golden" / "trial" / "cases.json"
# Where the reference data lie beside the repository, the validation cases lie beside them
SHARED = HERE.parents[4] / "shared" / "validation" / "cases.json"

_spec = importlib.util.spec_from_file_location("published", HERE.with_name("published.py"))
published = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(published)


def tolerance_of(name: str, value: float, tolerance: float | dict[str, float]) -> float:
    """Absolute tolerance of one number: that of its name, of the quantity its name begins with, or the case's own."""
    if isinstance(tolerance, dict):
        if name in ("r1", "n1", "r", "n") and "integers" in tolerance:
            return tolerance["integers"]
        keys = [key for key in tolerance if name == key] or [
            key for key in tolerance if name.lower().startswith(key.lower())
        ]
        return tolerance[keys[0]] if keys else 1e-3 * max(1.0, abs(value))
    return tolerance if tolerance >= 1e-3 or tolerance == 0 else tolerance * max(1.0, abs(value))


def compare(got, expected, tolerance, name=""):
    """Every expected number, in lists and groups, with the one that was computed."""
    if isinstance(expected, dict):
        missing = set(expected) - set(got)
        assert not missing, f"{name}: {missing} not computed"
        for key, value in expected.items():
            compare(got[key], value, tolerance, key if not key.lstrip("-").isdigit() else name)
    elif isinstance(expected, list):
        assert len(got) == len(expected), f"{name}: {len(got)} numbers instead of {len(expected)}"
        for one, other in zip(got, expected, strict=True):
            compare(one, other, tolerance, name)
    elif expected is None:
        assert got is None or np.isnan(got), f"{name}: {got} where nothing is defined"
    elif isinstance(expected, bool):
        assert bool(got) == expected, name
    else:
        allowed = tolerance_of(name, expected, tolerance)
        assert abs(float(got) - expected) <= allowed, f"{name}: {float(got)!r} instead of {expected!r} +- {allowed:g}"


def all_cases():
    """The project's own copy, and what the shared file has beyond it."""
    own = json.loads(GOLDEN.read_text(encoding="utf-8"))
    shared = json.loads(SHARED.read_text(encoding="utf-8")) if SHARED.exists() else []
    return own + [case for case in shared if case["topic"].startswith("1") and case not in own]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in all_cases()])
def test_a_published_case_is_reproduced(case):
    assert case["id"] in published.COMPUTE, "nothing computes this case"
    compare(published.COMPUTE[case["id"]](case["inputs"]), case["expected"], case["tolerance"])
