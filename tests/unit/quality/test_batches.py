"""Batches, missingness, balance: levels under the null, power where something is planted."""

import numpy as np
import pytest

from biomarker.data.endpoint import Survival
from biomarker.quality.balance import arm_balance, positivity
from biomarker.quality.batches import batch_in_values, batch_of_outcome, outcome_scores
from biomarker.quality.missingness import missing_cells, missing_subjects


def rng(seed=0):
    return np.random.default_rng(seed)


def within(share, level, n):
    return abs(share - level) < 4 * np.sqrt(level * (1 - level) / n)


def test_batches_that_shift_values_are_seen_and_others_are_not():
    draw = rng(1)
    values, batch = draw.normal(size=(120, 300)), draw.integers(0, 3, size=120)
    assert batch_in_values(values, batch, rng=draw, permutations=199).p_value > 0.05
    shifted = values + draw.normal(0, 0.4, size=(3, 300))[batch]
    found = batch_in_values(shifted, batch, rng=draw, permutations=199)
    assert found.p_value == pytest.approx(1 / 200)
    assert 0.02 < found.share < 0.2
    assert found.n_batches == 3


def test_a_share_is_that_of_an_analysis_of_variance():
    draw = rng(2)
    values, batch = draw.normal(size=(40, 5)), np.arange(40) % 2
    found = batch_in_values(values, batch, rng=draw, permutations=999)
    centred = values - values.mean(axis=0)
    between = sum((batch == k).sum() * centred[batch == k].mean(axis=0) ** 2 for k in (0, 1))
    expected = (between / (centred**2).sum(axis=0)).mean() - 1 / 39
    assert found.share == pytest.approx(max(0, expected), abs=0.004)


def test_the_level_holds_where_the_batch_goes_with_the_arm_and_the_arm_with_the_outcome():
    draw, p = rng(3), []
    for _ in range(300):
        arm = draw.integers(0, 2, size=80)
        batch = (draw.random(80) < 0.2 + 0.6 * arm).astype(int)
        outcome = arm + draw.normal(size=80)
        p.append(batch_of_outcome(outcome, batch, arm, rng=draw, permutations=99).p_value)
    assert within((np.array(p) <= 0.1).mean(), 0.1, 300)


def test_an_unknown_batch_or_outcome_is_left_out_and_one_batch_says_nothing():
    draw = rng(4)
    batch = np.array([0, 0, 1, 1, -1, -1])
    found = batch_of_outcome(np.array([0, 1, 0, 1, 1, np.nan]), batch, np.zeros(6, int), rng=draw)
    assert found.n == 4
    assert batch_of_outcome(np.arange(4.0), np.zeros(4, int), np.zeros(4, int), rng=draw) is None
    assert batch_in_values(np.ones((4, 3)), np.array([0, 0, 1, 1]), rng=draw) is None


def test_survival_scores_are_martingale_residuals():
    endpoint = Survival(
        name="pfs", label="PFS", unit="months", better="longer",
        values=np.array([1.0, 2, 2, 3, np.nan]), event=np.array([1.0, 1, 0, 1, np.nan]),
    )  # fmt: skip
    found = outcome_scores(endpoint)
    hazard = np.array([1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3 + 1])
    assert found[:4] == pytest.approx(np.array([1, 1, 0, 1]) - hazard)
    assert found[:4].sum() == pytest.approx(0)
    assert np.isnan(found[4])


def factors(draw, n):
    return {"age": draw.normal(size=(n, 1)), "site": (draw.integers(0, 4, n)[:, None] == [1, 2, 3]).astype(float)}


def test_missingness_hints_keep_their_level_with_few_missing():
    draw, hints = rng(5), []
    for _ in range(400):
        missing = np.zeros(300, dtype=bool)
        missing[draw.choice(300, 20, replace=False)] = True
        outcome = {"response": draw.integers(0, 2, size=(300, 1)).astype(float)}
        hints.append(missing_subjects(missing, factors(draw, 300), outcome, level=0.05).hint)
    assert (np.array(hints) != "no pattern").mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)


def test_missingness_says_what_it_goes_with():
    draw = rng(6)
    baseline, outcome = factors(draw, 400), {"response": draw.integers(0, 2, size=(400, 1)).astype(float)}
    by_age = baseline["age"][:, 0] > 1
    by_outcome = (outcome["response"][:, 0] == 1) & (draw.random(400) < 0.3)
    assert missing_subjects(by_age, baseline, outcome, level=0.01).factor == "age"
    assert missing_subjects(by_age, baseline, outcome, level=0.01).hint == "known factors"
    assert missing_subjects(by_outcome, baseline, outcome, level=0.01).hint == "outcome"
    assert missing_subjects(np.zeros(400, bool), baseline, outcome, level=0.01).hint == "complete"
    assert missing_subjects(np.arange(400) < 3, baseline, outcome, level=0.01).hint == "too few to tell"


def test_cells_below_a_limit_are_told_from_cells_lost_at_random():
    draw = rng(7)
    values = draw.normal(0, 1, size=(100, 60)) + np.linspace(-2, 4, 60)
    censored = np.where(values < -1, np.nan, values)
    lost = np.where(draw.random(values.shape) < 0.05, np.nan, values)
    assert missing_cells(censored, level=0.01).hint == "low values"
    assert missing_cells(lost, level=0.01).hint == "no pattern"
    assert missing_cells(censored, level=0.01, comparable=False).hint == "too few to tell"


def test_balance_keeps_its_level_and_sees_arms_that_were_not_randomised():
    draw, p = rng(8), []
    x = draw.normal(size=(100, 3))
    x[:, 2] = x[:, 1] + 0.1 * draw.normal(size=100)
    for _ in range(300):
        arm = draw.permutation(np.arange(100) % 2).astype(float)
        p.append(arm_balance(x, ("a", "b", "c"), arm, rng=draw, permutations=99).p_value)
    assert within((np.array(p) <= 0.1).mean(), 0.1, 300)
    chosen = (x[:, 0] + draw.normal(size=100) > 0).astype(float)
    found = arm_balance(x, ("a", "b", "c"), chosen, rng=draw)
    assert found.p_value == pytest.approx(0.001)
    assert found.differences["a"] > 0.5


def test_a_kind_of_patient_in_one_arm_only_is_named():
    arm = np.array([1.0] * 10 + [0.0] * 30 + [1.0] * 20)
    kinds = {"old": np.arange(60) < 10, "young": np.arange(60) >= 10, "rare": np.arange(60) < 3}
    found = positivity(kinds, arm)
    assert found.one_sided == ("old",)
    assert (found.lowest_share, found.level) == (0.0, "old")
