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
        assert type(one.default) in (int, float, bool, tuple), one.name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subjects", 39),
        ("subjects", 100_001),
        ("genes", 10),
        ("pathways", 0),
        ("noncentrality", -1.0),
        ("noncentrality", float("nan")),
        ("noncentrality_pairs", -1.0),
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


def test_effects_beyond_two_thirds_of_the_events_are_refused_with_what_they_sum_to():
    # 400 x 0.675 = 270 events; a prognostic gene, LDH, a mutation, and a threshold gene whose own statistic is
    # sqrt(0.24) / 0.3863 = 1.268 times the one asked: 4.608 z^2 < 180, z < 6.25
    check_settings(TrialSettings(noncentrality=6.24, noncentrality_pairs=4.0))
    with pytest.raises(ConfigError, match=r"planted on pfs sum to 181, and 270 expected events .* 180") as caught:
        check_settings(TrialSettings(noncentrality=6.26, noncentrality_pairs=4.0))
    assert "subjects" in caught.value.hint


def test_pairs_count_with_the_single_markers_of_their_endpoint():
    # shrinkage: 400 x 0.95 x 2/3 = 253.3; three single markers use 75, which leaves 178.3 = (1.3 x 10.27)^2
    check_settings(TrialSettings(noncentrality_pairs=10.26))
    with pytest.raises(ConfigError, match=r"planted on shrinkage sum to 254, and 380 evaluable subjects"):
        check_settings(TrialSettings(noncentrality_pairs=10.28))


def test_the_default_effects_need_four_hundred_subjects():
    with pytest.raises(ConfigError) as caught:
        check_settings(TrialSettings(subjects=350))
    assert "noncentrality" in caught.value.message
    assert "subjects" in caught.value.hint
