"""The laboratory table has what makes real ones hard, and one trap."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

UCUM = {"mg/dL", "umol/L", "g/L", "g/dL", "U/L", "10*9/L", "mg/L", "ug/L"}


@pytest.fixture(scope="module")
def labs(trial) -> pl.DataFrame:
    """The table with the number, the subject's site, sex and arm, and the day relative to randomisation."""
    subject = trial.subjects.select("subject_id", "site", "sex", "arm", "randomised_on", "pfs_months", "tumour_change")
    return trial.labs.join(subject, on="subject_id").with_columns(
        number=pl.col("value").cast(pl.Float64, strict=False),
        day=(pl.col("date").str.to_date() - pl.col("randomised_on").str.to_date()).dt.total_days(),
    )


def test_twelve_tests_in_ucum_units(labs):
    assert labs["test"].n_unique() == 12
    assert set(labs["unit"]) <= UCUM


def test_everybody_has_a_screening_and_a_day_zero(trial, labs):
    before = labs.filter((pl.col("day") >= -21) & (pl.col("day") < 0))
    assert before.height == labs.filter(pl.col("day") == 0).height == 12 * trial.subjects.height
    assert labs["day"].min() >= -21


def test_later_visits_fall_on_weeks_four_eight_and_twelve_while_the_subject_is_followed(labs):
    later = labs.filter(pl.col("day") > 0)
    nearest = np.abs(later["day"].to_numpy()[:, None] - np.array([28, 56, 84])).min(axis=1)
    assert nearest.max() <= 3
    assert (later["day"] < later["pfs_months"] * 30.4375).all()
    assert 0.5 < later.height / (3 * 12 * 400) < 1


def test_one_site_sends_creatinine_and_another_haemoglobin_in_a_unit_of_its_own(labs):
    for test, unit, factor in (("creatinine", "mg/dL", 88.40), ("haemoglobin", "g/dL", 10.0)):
        table = labs.filter(pl.col("test") == test)
        local = table.filter(pl.col("unit") == unit)
        common = table.filter(pl.col("unit") != unit)
        assert local["site"].n_unique() == 1
        assert set(local["site"]).isdisjoint(common["site"])
        assert common["unit"].n_unique() == 1
        # molar mass of creatinine 113.12 g/mol: 1 mg/dL = 88.40 umol/L
        assert local["number"].median() * factor == pytest.approx(common["number"].median(), rel=0.15)
        ratio = (
            common.filter(pl.col("sex") == "m")["ref_high"].max() / local.filter(pl.col("sex") == "m")["ref_high"].max()
        )
        assert ratio == pytest.approx(factor, rel=0.01)


def test_reference_ranges_depend_on_sex_where_they_should(labs):
    ranges = labs.filter(pl.col("site") == "S01").group_by("test").agg(pl.struct("ref_low", "ref_high").n_unique())
    several = {test for test, n in ranges.iter_rows() if n == 2}
    assert several == {"ALT", "AST", "haemoglobin", "creatinine"}
    assert (labs["ref_low"] < labs["ref_high"]).all()


def test_unreadable_results_are_haemolysis_and_values_below_detection(labs):
    unreadable = labs.filter(pl.col("number").is_null() & pl.col("value").is_not_null())
    spoiled = unreadable.filter(pl.col("value") == "hemolysed")
    below = unreadable.filter(pl.col("value") == "<0.6")
    assert spoiled.height + below.height == unreadable.height
    assert set(spoiled["test"]) <= {"AST", "LDH"}
    assert set(below["test"]) <= {"CRP"}
    assert labs.filter(pl.col("test") == "CRP")["number"].min() >= 0.6


def test_results_are_positive_and_most_lie_near_their_range(labs):
    assert labs["number"].min() > 0
    within = labs.select(((pl.col("number") >= pl.col("ref_low")) & (pl.col("number") <= pl.col("ref_high"))).mean())
    assert 0.55 < within.item() < 0.95


def test_the_drug_lowers_neutrophils_on_treatment_and_not_before(labs):
    table = labs.filter(pl.col("test") == "neutrophils")

    def p_value(days: pl.Expr) -> float:
        chosen = table.filter(days).drop_nulls("number")
        arms = [chosen.filter(pl.col("arm") == arm)["number"].to_numpy() for arm in ("drug", "placebo")]
        return stats.mannwhitneyu(*arms, alternative="less").pvalue

    assert p_value(pl.col("day") > 70) < 1e-3
    assert p_value(pl.col("day") == 0) > 1e-3


def test_cea_follows_the_tumour_on_treatment_and_is_null_before(labs):
    table = labs.filter(pl.col("test") == "CEA").drop_nulls(["number", "tumour_change"])

    def correlation(days: pl.Expr) -> tuple[float, float]:
        chosen = table.filter(days)
        return tuple(stats.spearmanr(chosen["number"], chosen["tumour_change"]))

    assert correlation(pl.col("day") > 70)[0] > 0.3
    assert correlation(pl.col("day") == 0)[1] > 1e-3


def test_one_analyser_reads_albumin_higher_from_a_day_on_and_nothing_else_drifts(simulated):
    settings = {"subjects": 4000, "genes": 40, "noncentrality": 0.0, "noncentrality_pairs": 0.0}
    drifted, steady = simulated(7, **settings), simulated(7, lab_drift=False, **settings)
    assert steady.truth["faults"]["lab_drift"] is None
    fault = drifted.truth["faults"]["lab_drift"]
    site = dict(drifted.subjects.select("subject_id", "site").iter_rows())
    hit = (
        (pl.col("test") == fault["test"])
        & (pl.col("subject_id").replace_strict(site) == fault["site"])
        & (pl.col("date") >= fault["from"])
    )
    assert drifted.labs.filter(~hit).equals(steady.labs.filter(~hit))
    number = pl.col("value").cast(pl.Float64)
    ratio = drifted.labs.filter(hit).select(number).to_series() / steady.labs.filter(hit).select(number).to_series()
    assert ratio.len() > 1000
    # values are whole numbers near 40: rounding moves a ratio by up to 2.5%
    assert ratio.mean() == pytest.approx(fault["factor"], abs=0.002)
    assert ratio.min() > 1.08
