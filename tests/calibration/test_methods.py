"""The committed calibration is the page's, holds what it must, and is still what the code gives."""

import datetime
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cells import LEVELS, coverage, null, probe
from closure import code_digest
from method_page import page, verdict
from method_tests import CELLS, TESTS
from methods import RESULTS, answered

from biomarker.discovery.registry import CLUSTERED_METHODS, METHODS, MODERATED_METHODS

BY_NAME = {cell.name: cell for cell in CELLS}
FIXED = (
    "null | logistic score test, saddlepoint tail | 100 | skewed",
    "null | Cox score test, saddlepoint tail | 100 | tied",
)
FRESH = 20


@pytest.fixture(scope="module")
def stored() -> dict:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_every_registered_method_is_asked_in_both_contrasts():
    asked = {test.name for test in TESTS}
    for method in (*METHODS.values(), *CLUSTERED_METHODS.values()):
        assert {method.name, method.name_interaction} <= asked
    assert {method.name for method in MODERATED_METHODS.values()} <= asked


def test_the_page_is_that_of_the_stored_answers(stored):
    assert RESULTS.with_suffix(".md").read_text(encoding="utf-8") == page(stored), "run: make calibrate"


def test_cells_are_those_that_are_asked_and_no_cell_takes_twenty_minutes(stored):
    cells = {name: found for name, found in stored["cells"].items() if not name.startswith("studies")}
    assert set(cells) <= set(BY_NAME)
    assert max(found["seconds"] for found in cells.values()) < 20 * 60


def test_a_row_that_is_too_bold_says_so_and_carries_the_permutation_p_where_the_product_has_one(stored):
    for name, found in stored["cells"].items():
        if name.startswith("null") and verdict(found) == "too bold" and BY_NAME[name].test.residual is not None:
            permutation = found["permutation"]
            rate = np.array(permutation["rejected"]) / permutation["tested"]
            error = np.sqrt(np.array(LEVELS) / permutation["tested"])
            assert np.all(rate <= np.array(LEVELS) * 1.1 + 4 * error), name


def test_tests_of_binary_ordinal_and_survival_endpoints_are_nowhere_too_bold(stored):
    bold = [
        name for name, found in stored["cells"].items() if name.startswith("null |") and verdict(found) == "too bold"
    ]
    assert [name for name in bold if "linear" not in name and "moderated" not in name and "interaction" not in name
            and "clustered" not in name] == []  # fmt: skip


def test_a_digest_is_of_the_code_and_not_of_its_words(tmp_path):
    first = code_digest(["biomarker.stats.rank_sum"])
    assert first == code_digest(["biomarker.stats.rank_sum"])
    assert first != code_digest(["biomarker.stats.cox"])
    assert first != code_digest(["biomarker.stats.rank_sum"], [Path(__file__)])


def test_an_answer_stays_while_the_code_gives_the_same_numbers(monkeypatch):
    cell = BY_NAME["coverage | linear t-test, permutation tail | 100 | plain"]
    monkeypatch.setattr("methods.answer", lambda _: {"data_sets": 1, "tested": 1, "held": 0})
    stored = {"held": 7, "code": "of before", "probe": probe(cell)}
    assert answered(cell, stored)["held"] == 7
    assert answered(cell, stored)["code"] != "of before"
    of_other_numbers = {**stored, "probe": [2.0, 0.0, 0.0]}
    assert answered(cell, of_other_numbers)["held"] == 0
    assert answered(cell, of_other_numbers, only_check=True) is None


def rotating(stored: dict) -> str:
    """Another cell every day, of those that are quick and whose data sets are seldom refused as too few."""
    quick = sorted(
        name for name, found in stored["cells"].items()
        if name.startswith("null |") and found["tested"] > 50 * found["data_sets"] and found["seconds"] < 120
    )  # fmt: skip
    return quick[datetime.date.today().toordinal() % len(quick)]


@pytest.mark.slow
@pytest.mark.parametrize("which", [*FIXED, "rotating"])
def test_stored_error_rates_are_still_those_of_the_code(stored, which):
    name = rotating(stored) if which == "rotating" else which
    before = stored["cells"][name]
    fresh = null(BY_NAME[name], data_sets=FRESH, run="check")
    assert fresh["tested"] > 0, name
    for k, level in enumerate(LEVELS[:2]):
        rate = before["rejected"][k] / before["tested"]
        error = max(fresh["error"][k], np.sqrt(rate * (1 - rate) / fresh["tested"]))
        assert abs(fresh["rejected"][k] / fresh["tested"] - rate) <= 4 * error + 0.002, (name, level)


@pytest.mark.slow
def test_stored_coverage_is_still_that_of_the_code(stored):
    name = min(name for name, found in stored["cells"].items() if name.startswith("coverage") and found["tested"])
    before, fresh = stored["cells"][name], coverage(BY_NAME[name], data_sets=200, run="check")
    share = before["held"] / before["tested"]
    low, high = stats.binom.interval(0.9999, fresh["tested"], share)
    assert low <= fresh["held"] <= high
