"""Survival by marker group: who is in which group, what is hidden, and the curves against lifelines."""

import numpy as np
import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from numpy.testing import assert_allclose

from biomarker.data.tables import CandidateCurves
from biomarker.discovery.curves import GRID_POINTS, candidate_curves

from .conftest import make_cohort, make_study


def candidate(
    feature="g0", modality="rna", comparison="drug vs placebo", contrast="predictive", rank=1, endpoint="pfs"
):
    return {
        "candidate_id": f"{modality}:{feature}",
        "kind": "single",
        "modality": modality,
        "endpoint": endpoint,
        "comparison": comparison,
        "contrast": contrast,
        "rank": rank,
    }


def curves(cohort, *candidates, leading=3, small_cell=5):
    table = pl.DataFrame(candidates or [candidate()])
    return CandidateCurves.validate(candidate_curves(cohort, table, leading=leading, small_cell=small_cell))


def groups_by_hand(study, feature="g0", arms=("drug", "placebo")):
    """(group, arm) to (times, events), cut at the median of all who have marker, arm and endpoint."""
    rna = study.modalities["rna"]
    column = dict(zip(rna.ids, rna.values[:, rna.names.index(feature)], strict=True))
    pfs = study.endpoints["pfs"]
    people = [
        (column[s], study.arms[i], pfs["values"][i], pfs["event"][i])
        for i, s in enumerate(study.ids)
        if s in column and not np.isnan(column[s]) and study.arms[i] in arms and not np.isnan(pfs["values"][i])
    ]
    cut = float(np.median([person[0] for person in people]))
    return cut, {
        (group, arm): np.array([p[2:] for p in people if p[1] == arm and (p[0] > cut) == (group == "high")])
        for group in ("low", "high")
        for arm in arms
    }


@pytest.mark.parametrize("feature", ["g0", "g7"])
def test_groups_are_cut_at_the_median_and_curves_are_lifelines(cohort, study, feature):
    got = curves(cohort, candidate(feature))
    cut, groups = groups_by_hand(study, feature)
    assert got["cutoff"].unique().to_list() == [cut]
    assert got.height == 4 * GRID_POINTS
    for (group, arm), people in groups.items():
        part = got.filter((pl.col("group") == group) & (pl.col("arm") == arm))
        fit = KaplanMeierFitter().fit(people[:, 0], people[:, 1])
        shown = part.filter(pl.col("survival").is_not_null())
        assert_allclose(shown["survival"], fit.predict(shown["time"].to_numpy()), rtol=1e-12)
        at_risk = np.array([(people[:, 0] >= t).sum() for t in part["time"]])
        assert part["at_risk"].to_list() == [int(n) if n >= 5 else None for n in at_risk]


def test_nothing_is_shown_where_fewer_subjects_than_the_limit_are_at_risk(cohort, study):
    for small_cell in (5, 15):
        got = curves(cohort, small_cell=small_cell)
        hidden = got.filter(pl.col("at_risk").is_null())
        assert hidden.height > 0
        for column in ("survival", "ci_low", "ci_high"):
            assert hidden[column].null_count() == hidden.height
        assert got["at_risk"].min() >= small_cell


def test_a_group_below_the_limit_from_the_start_is_left_out(tmp_path, study):
    kept = [i for i, arm in enumerate(study.arms) if arm == "placebo"][6:]
    for i in kept:
        study.arms[i] = None  # six subjects of the placebo arm are left, three or so in each group
    got = curves(make_cohort(study, tmp_path))
    _, groups = groups_by_hand(study)
    large = {key for key, people in groups.items() if len(people) >= 5}
    assert len(large) < 4
    assert set(got.select("group", pl.col("arm")).iter_rows()) == large


def test_the_grid_is_one_for_all_groups(cohort):
    times = curves(cohort)["time"].unique().sort().to_numpy()
    assert len(times) == GRID_POINTS
    assert times[0] == 0
    assert_allclose(np.diff(times), times[1], rtol=1e-9)


@pytest.mark.parametrize("scale", [1.0123456, 1.0123456e-4, 1.0123456e4])
def test_the_grid_ends_at_a_round_time_and_not_at_one_subjects_follow_up(tmp_path, study, scale):
    """A follow-up with many decimals is as good as a name."""
    study.endpoints["pfs"]["values"] = study.endpoints["pfs"]["values"] * scale
    last = curves(make_cohort(study, tmp_path))["time"].max()
    longest = np.nanmax(study.endpoints["pfs"]["values"])
    assert longest < last <= 1.1 * longest
    assert last == float(f"{last:.2g}")


def test_a_prognostic_candidate_is_drawn_by_each_arm_of_the_study(tmp_path):
    study = make_study(levels=("high dose", "low dose", "placebo"))
    cohort = make_cohort(study, tmp_path, comparisons=(("high dose", "placebo"),))
    one = curves(cohort, candidate(comparison="none", contrast="prognostic"), small_cell=2)
    assert set(one["arm"]) == {"high dose", "low dose", "placebo"}
    two = curves(cohort, candidate(comparison="high dose vs placebo"), small_cell=2)
    assert set(two["arm"]) == {"high dose", "placebo"}


def test_a_single_arm_study_has_one_group_of_all(tmp_path, study):
    cohort = make_cohort(study, tmp_path, single_arm=True)
    got = curves(cohort, candidate(comparison="none", contrast="response"))
    assert set(got["arm"]) == {"all"}


def test_only_leading_candidates_of_survival_endpoints_are_drawn(cohort):
    rows = [candidate("g0"), candidate("g1", rank=2), candidate("g9", rank=3), candidate("g10", endpoint="size")]
    assert set(curves(cohort, *rows, leading=2)["candidate_id"]) == {"rna:g0", "rna:g1"}
    assert curves(cohort, *rows, leading=0).height == 0
    assert curves(cohort, candidate(endpoint="response")).height == 0


def test_a_feature_of_the_same_name_in_another_modality_is_another(cohort, study):
    labs, rna = curves(cohort, candidate("g0", modality="labs")), curves(cohort, candidate("g0"))
    assert labs["cutoff"][0] != rna["cutoff"][0]


@pytest.mark.parametrize(
    ("values", "cutoff", "high"),
    [
        pytest.param([0] * 9 + [1] * 3, 0, [1], id="rare yes"),
        pytest.param([0] * 3 + [1] * 9, 0, [1], id="frequent yes"),
        pytest.param([0] * 6 + [1] * 6, 0.5, [1], id="even"),
        pytest.param([70, 80, 90] + [100] * 9, 90, [100], id="most at the top"),
        pytest.param([1] * 9 + [2, 3, 4], 1, [2, 3, 4], id="most at the bottom"),
        pytest.param([0] * 134 + [1] * 195 + [2] * 18, 0, [1, 2], id="a performance status"),
        pytest.param([5] * 12, 5, [], id="constant"),
    ],
)
def test_ties_at_the_median_are_put_where_the_split_is_most_even(values, cutoff, high):
    from biomarker.discovery.curves import _cutoff

    found = _cutoff(np.array(values, dtype=float))
    assert found == cutoff
    assert sorted({value for value in values if value > found}) == high
