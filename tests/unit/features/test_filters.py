"""Filters: each rule by hand, the defaults keep nearly everything, and nothing but the given subjects is looked at."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from biomarker.errors import ConfigError
from biomarker.features.filters import FilterSettings, reasons

NAN = np.nan


def why(column, scale="native", **given_) -> str:
    kept, text = reasons(np.array(column, dtype=float)[:, None], FilterSettings(**given_), scale=scale)
    assert kept[0] == (text[0] == "")
    return text[0]


def test_feature_that_nobody_has():
    assert why([NAN] * 4) == "known in no subject"
    assert why([NAN] * 4, min_detection=0.0) == "known in no subject"


def test_feature_that_few_have():
    assert why([1, 2, NAN, NAN], min_detection=0.5) == ""
    assert why([1, 2, NAN, NAN], min_detection=0.51) == "known in less than 0.51 of subjects"


@pytest.mark.parametrize("scale", ["counts", "tpm", "log2_tpm"])
def test_feature_that_is_seldom_above_zero(scale):
    assert why([0, 0, 0, 5], scale, min_detection=0.25) == ""
    assert why([0, 0, 0, 5], scale, min_detection=0.26) == "above zero in less than 0.26 of subjects"


def test_zero_means_something_on_other_scales():
    assert why([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "native") == ""
    assert why([-1, -2, -3, 0], "log2", min_detection=0.9) == ""


def test_feature_that_never_varies():
    assert why([3, 3, NAN, 3]) == "the same in all subjects with a value"
    assert why([0.1, 0.1, np.nextafter(0.1, 1)]) == ""


def test_rarer_of_two_values():
    assert why([1, 0, 0, 0, NAN], min_prevalence=0.25) == ""
    assert why([1, 0, 0, 0, NAN], min_prevalence=0.26) == "rarer value in less than 0.26 of subjects"
    assert why([1, 0, 2, 0], min_prevalence=0.5) == ""


def test_variance():
    assert why([1, 2, 3], min_variance=0.99) == ""
    assert why([1, 2, 3], min_variance=1.0) == "variance not above 1"
    assert why([1e8, 1e8 + 1, 1e8 + 2], min_variance=0.99) == ""


def test_rare_mutations_are_kept_by_default():
    carriers = np.zeros(988)
    carriers[:5] = 1
    assert why(carriers) == ""


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(-2, 3).map(float)))
def test_order_of_subjects_and_of_features_does_not_matter(values):
    settings = FilterSettings(min_detection=0.3, min_prevalence=0.3, min_variance=0.5)
    kept, text = reasons(values, settings, scale="tpm")
    kept_again, text_again = reasons(values[::-1, ::-1], settings, scale="tpm")
    np.testing.assert_array_equal(kept, kept_again[::-1])
    assert text == text_again[::-1]


def test_given_values_are_not_changed():
    values = np.array([[1.0, NAN], [2.0, 1.0]])
    values.flags.writeable = False
    kept, _ = reasons(values, FilterSettings(min_variance=0.1), scale="native")
    assert kept.tolist() == [True, False]


@pytest.mark.parametrize("given_", [{"min_detection": 1.5}, {"min_prevalence": -0.1}, {"min_variance": -1}])
def test_settings_that_mean_nothing(given_):
    with pytest.raises(ConfigError):
        FilterSettings(**given_)


def test_every_setting_is_documented():
    assert all(item.metadata["doc"].endswith(".") for item in fields(FilterSettings))
