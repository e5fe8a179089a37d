"""Settings that cannot be drawn are refused with the key and what is possible."""

from dataclasses import fields

import pytest

from biomarker.errors import ConfigError
from biomarker.simulate.settings import TrialSettings, check_settings


def test_the_default_trial_is_accepted():
    check_settings(TrialSettings())


def test_every_setting_is_documented_and_plain():
    for one in fields(TrialSettings):
        assert one.metadata["doc"].endswith("."), one.name
        assert type(one.default) in (int, float), one.name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subjects", 39),
        ("subjects", 10_000),
        ("genes", 10),
        ("pathways", 0),
        ("noncentrality", -1.0),
        ("noncentrality", float("nan")),
        ("stand_ins", 4),
        ("response_drug", 1.0),
        ("hazard_ratio", 0.0),
        ("events", 0.99),
        ("missing", -0.1),
        ("without_rna", 0.5),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(key, value):
    with pytest.raises(ConfigError, match=f"simulate.{key} is {value}") as caught:
        check_settings(TrialSettings(**{key: value}))
    assert f"simulate.{key}" in caught.value.hint


def test_effects_beyond_half_of_the_events_are_refused_with_the_highest_that_is_possible():
    # 240 x 0.675 = 162 events, three markers: sqrt(162 / 2 / 3) = 5.196
    check_settings(TrialSettings(noncentrality=5.19))
    with pytest.raises(ConfigError, match=r"3 markers of pfs in 162 expected events allow less than 5\.20"):
        check_settings(TrialSettings(noncentrality=5.20))


def test_a_small_trial_cannot_carry_the_default_effects():
    with pytest.raises(ConfigError) as caught:
        check_settings(TrialSettings(subjects=100))
    assert "noncentrality" in caught.value.message
    assert "subjects" in caught.value.hint
