"""The scoreboard's settings have the truth they claim, and its committed answers are still those of the code."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

sys.path.insert(0, str(Path(__file__).resolve().parent))

from calls import answer, proportions
from scoreboard import RESULTS, page
from uni_cate import SETTINGS, expected, population


@pytest.fixture(scope="module", params=["A kinked", "B nonlinear"])
def people(request):
    return population(request.param)


def test_the_slope_of_the_effect_is_zero_for_exactly_the_markers_that_are_said_to_have_none(people):
    markers = people.markers.astype(np.float64)
    active, control = expected(people.setting, markers)
    effect = active - control
    z = (markers - markers.mean(axis=0)) / markers.std(axis=0)
    t = z.T @ (effect - effect.mean()) / effect.std() / np.sqrt(len(z))
    assert np.abs(t[~people.marginal]).max() < 4.5
    assert np.abs(t[people.marginal]).min() > 15
    assert set(np.flatnonzero(people.modifiers)) <= set(np.flatnonzero(people.marginal))


def test_samples_are_their_own_and_reproducible(people):
    first, again, other = people.study(50, 0), people.study(50, 0), people.study(50, 1)
    assert first.outcome.tobytes() == again.outcome.tobytes()
    assert not np.array_equal(first.outcome, other.outcome)
    assert np.unique(first.markers, axis=0).shape[0] == 50


def test_proportions_count_false_and_true_calls():
    called, true = np.array([1, 1, 0, 0, 1], dtype=bool), np.array([1, 0, 1, 0, 0], dtype=bool)
    assert_allclose(proportions(called, true), [2 / 3, 0.5])
    assert_allclose(proportions(~(called | True), true), [0.0, 0.0])


def test_the_page_is_that_of_the_stored_answers():
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert RESULTS.with_suffix(".md").read_text(encoding="utf-8") == page(stored)
    assert {name.rsplit(" ", 1)[0] for name in stored["cells"]} == set(SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["A linear", "B linear"])
def test_stored_answers_are_still_given(setting):
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))["cells"][f"{setting} 250"]
    people = population(setting)
    fresh = [answer(people, 250, replicate) for replicate in range(4)]
    for name in ("marginal, BH", "conditional, BH"):
        before = np.mean([stored[str(r)][name] for r in range(4)], axis=0)
        assert_allclose(np.mean([one[name] for one in fresh], axis=0), before, atol=0.1, err_msg=name)
