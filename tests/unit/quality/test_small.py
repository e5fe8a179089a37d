"""Groups too small to learn from."""

from __future__ import annotations

import numpy as np

from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.quality.small import rare_values, small_groups, too_few

ALL = np.ones(8, dtype=bool)


def test_groups_below_the_limit_are_counted_and_a_missing_one_is_no_group():
    assert small_groups(["a", "b", None, "a", "c", "b", "a"], least=3) == {"b": 2, "c": 1}
    assert small_groups(["a", None], least=1) == {}


def test_events_and_non_events_of_a_binary_endpoint():
    endpoint = Binary("r", "r", np.array([1, 1, 1, 0, np.nan, np.nan, np.nan, np.nan]))
    assert too_few(endpoint, ALL, least=1) == ""
    assert too_few(endpoint, ALL, least=2) == "1 non-event"
    assert too_few(endpoint, ALL, least=4) == "3 events"
    assert too_few(endpoint, np.arange(8) > 3, least=1) == "no event"


def test_events_of_a_survival_endpoint_and_nothing_of_numbers():
    endpoint = Survival("s", "s", np.arange(1.0, 9), event=np.array([1, 1, 0, 0, 0, 0, 0, 0.0]))
    assert too_few(endpoint, ALL, least=2) == ""
    assert too_few(endpoint, ALL, least=3) == "2 events"
    assert too_few(Continuous("c", "c", np.arange(8.0)), ALL, least=100) == ""


def test_rare_values_are_those_of_two_valued_features():
    values = np.array([[0, 0, 1.5, 7], [0, 0, 2.5, 7], [1, 0, 3.5, 7], [np.nan, 1, 3.5, 7], [1, 0, 3.5, 7]])
    assert [rare_values(values, least=least) for least in (1, 2, 3)] == [0, 1, 2]
