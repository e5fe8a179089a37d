"""Simulation with known answer: what is planted is as strong as truth.json says, decoys and the rest are null.

Slow: 64 trials of the default size, each analysed marker by marker with statsmodels and lifelines.
"""

import numpy as np
import polars as pl
import pytest
from scipy import stats

pytestmark = pytest.mark.slow

SEEDS = range(200, 264)
ENDPOINTS = ("response", "pfs", "shrinkage")
CONTRASTS = ("prognostic", "predictive")
# The mean of 64 statistics of unit spread has a standard error of 0.125: the band is four of them, as two dozen means
# are looked at. It is no allowance for an error of the effect sizes.
BAND = 0.5
SINGLES = [
    (endpoint, role, modality)
    for endpoint, role, modality in (
        *((endpoint, role, "rna") for endpoint in ENDPOINTS for role in CONTRASTS),
        ("pfs", "predictive", "labs"),
        ("pfs", "prognostic", "dna"),
        ("shrinkage", "prognostic", "protein"),
    )
]


@pytest.fixture(scope="module")
def trials(simulated):
    return [simulated(seed, genes=60) for seed in SEEDS]


def _statistics(trials, endpoint, role, modality, contrast):
    """Statistics of one planted marker over the trials, and what the truth expects, both turned to the planted sign."""
    found = []
    for trial in trials:
        for record in trial.truth["planted"]:
            if (record["endpoint"], record["role"], record["modality"]) == (endpoint, role, modality):
                statistic = trial.statistic(trial.feature(record), endpoint, contrast)
                expected = record["expected_statistic"][contrast]
                found.append((record["sign"] * statistic, record["sign"] * expected))
    assert len(found) == len(SEEDS)
    return np.array(found).T


@pytest.mark.parametrize(("endpoint", "role", "modality"), SINGLES)
def test_mean_statistic_of_a_planted_marker_is_the_one_that_the_truth_expects(trials, endpoint, role, modality):
    statistics, expected = _statistics(trials, endpoint, role, modality, role)
    assert abs(expected.mean() - 5.0) < 0.15  # a batch takes 1% off what is asked
    assert abs((statistics - expected).mean()) < BAND
    assert 0.5 < statistics.std() < 1.5


@pytest.mark.parametrize(
    ("pair_id", "asked"), [("response.log_ratio", (9.5, 10.1)), ("shrinkage.both_high", (11.6, 13.1))]
)
def test_mean_statistic_of_a_planted_pair_is_the_one_that_the_truth_expects(trials, pair_id, asked):
    pairs = [next(p for p in trial.truth["pairs"] if p["pair_id"] == pair_id) for trial in trials]
    contrast, endpoint = pairs[0]["contrast"], pairs[0]["endpoint"]
    expected = np.array([pair["sign"] * pair["noncentrality"] for pair in pairs])
    statistics = np.array(
        [p["sign"] * t.statistic(t.formula(p), endpoint, contrast) for t, p in zip(trials, pairs, strict=True)]
    )
    assert asked[0] < expected.mean() < asked[1]  # two cuts, each blurred by the batch, take up to 5%
    assert abs((statistics - expected).mean()) < BAND
    assert 0.4 < statistics.std() < 1.6


def test_each_gene_of_the_log_ratio_alone_shows_next_to_nothing(trials):
    alone, expected = [], []
    for trial in trials:
        for record in trial.truth["planted"]:
            if record.get("part_of") == "response.log_ratio":
                expected.append(abs(record["noncentrality"]))
                alone.append(record["sign"] * trial.statistic(trial.feature(record), "response", "prognostic"))
    assert len(alone) == 2 * len(SEEDS)
    assert np.quantile(expected, 0.95) < 2.0
    assert abs(np.mean(alone) - np.mean(expected)) < BAND


def test_a_pair_given_its_parts_is_as_strong_as_the_truth_says(trials):
    differences = []
    for trial in trials:
        pair = next(p for p in trial.truth["pairs"] if p["shape"] == "both_high")
        parts = [trial.feature({"modality": "rna", "feature_id": name}) for name in pair["features"]]
        given = np.column_stack([*parts, *(part * trial.drug for part in parts)])
        statistic = trial.statistic(trial.formula(pair), "shrinkage", "predictive", given=given)
        differences.append(pair["sign"] * (statistic - pair["given_its_parts"]["predictive"]))
    assert abs(np.mean(differences)) < BAND


def test_the_threshold_of_a_threshold_marker_shows_more_than_its_linear_test(trials):
    gains, differences = [], []
    for trial in trials:
        record = next(r for r in trial.truth["planted"] if r.get("shape") == "threshold")
        feature, expected = trial.feature(record), record["expected_statistic_of_the_threshold"]["predictive"]
        above = np.where(np.isfinite(feature), feature > record["threshold"], np.nan)
        differences.append(record["sign"] * (trial.statistic(above, "pfs", "predictive") - expected))
        gains.append(record["sign"] * expected - abs(record["noncentrality"]))
    assert np.mean(gains) > 0.3
    assert abs(np.mean(differences)) < BAND


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_interaction_statistic_of_a_prognostic_decoy_is_centred_at_zero(trials, endpoint):
    statistics, _ = _statistics(trials, endpoint, "prognostic", "rna", "predictive")
    assert abs(statistics.mean()) < BAND
    assert 0.6 < statistics.std() < 1.5


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_main_effect_of_a_predictive_marker_is_near_zero(trials, endpoint):
    # Exactly zero for a mean; for odds and hazards the arms hold unequal information, which leaves up to about 0.5
    statistics, expected = _statistics(trials, endpoint, "predictive", "rna", "prognostic")
    assert abs((statistics - expected).mean()) < BAND
    assert abs(expected.mean()) < (1.0 if endpoint != "shrinkage" else 0.2)


def test_a_stand_in_is_as_strong_as_the_truth_says(trials):
    differences = [
        record["sign"]
        * (trial.statistic(trial.feature(record), "shrinkage", record["contrast"]) - record["noncentrality"])
        for trial in trials
        for record in trial.truth["planted"]
        if record["role"] == "stand-in" and record["endpoint"] == "shrinkage"
    ]
    assert abs(np.mean(differences)) < BAND


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_p_values_of_null_genes_are_uniform(trials, contrast):
    p_values = []
    for trial in trials:
        planted = {record["feature_id"] for record in trial.truth["planted"]}
        zeros = trial.expression.drop("subject_id").select((pl.all() == 0).sum()).row(0, named=True)
        # a gene that is nearly always zero has no continuous statistic
        expressed = [gene for gene, n in zeros.items() if gene.startswith("GENE") and gene not in planted and n < 20]
        # three genes a trial, far apart in chance: genes of one trial share the outcome's draw and are not a sample
        for endpoint, gene in zip(("response", "shrinkage", "shrinkage"), expressed, strict=False):
            feature = trial.feature({"modality": "rna", "feature_id": gene})
            p_values.append(2 * stats.norm.sf(abs(trial.statistic(feature, endpoint, contrast))))
    assert len(p_values) == 3 * len(SEEDS)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_a_planted_marker_is_null_for_the_other_endpoints(trials):
    statistics = [
        trial.statistic(trial.feature(record), endpoint, record["role"])
        for trial in trials
        for record in trial.truth["planted"]
        for endpoint in ("response", "shrinkage")
        if record["role"] in CONTRASTS and endpoint != record["endpoint"]
    ]
    assert abs(np.mean(statistics)) < 0.25
    assert 0.8 < np.std(statistics) < 1.2


def test_the_overall_treatment_effect_is_the_one_asked(trials):
    response, change = [], []
    for trial in trials:
        for arm in (0.0, 1.0):
            mine = trial.drug == arm
            response.append((arm, np.nanmean(trial.outcome("response")[mine])))
            change.append((arm, np.nanmean(trial.outcome("shrinkage")[mine])))
    response, change = np.array(response), np.array(change)
    # standard errors over 64 trials of 200 an arm: 0.4 points of response
    assert response[response[:, 0] == 0, 1].mean() == pytest.approx(0.30, abs=0.016)
    assert response[response[:, 0] == 1, 1].mean() == pytest.approx(0.45, abs=0.016)
    difference = change[change[:, 0] == 1, 1].mean() - change[change[:, 0] == 0, 1].mean()
    subgroup = [next(p for p in trial.truth["pairs"] if p["shape"] == "both_high") for trial in trials]
    only_there = np.mean([pair["coefficient"] * pair["share_of_subjects"] for pair in subgroup])
    assert difference == pytest.approx(only_there, abs=1.2)


def test_the_drug_shrinks_tumours_where_both_genes_are_high_and_nowhere_else(trials):
    inside, outside = [], []
    for trial in trials:
        pair = next(p for p in trial.truth["pairs"] if p["shape"] == "both_high")
        high, change = trial.formula(pair), trial.outcome("shrinkage")
        for where, differences in ((1.0, inside), (0.0, outside)):
            arms = [np.nanmean(change[(high == where) & (trial.drug == arm)]) for arm in (1.0, 0.0)]
            differences.append((arms[0] - arms[1]) / pair["coefficient"])
    # in units of the planted difference; measured cuts put a few subjects on the wrong side
    assert 0.80 < np.mean(inside) < 1.0
    assert 0.0 <= np.mean(outside) < 0.10


def test_the_hazard_ratio_is_the_one_asked(trials):
    import pandas as pd
    from lifelines import CoxPHFitter

    log_ratio = []
    for trial in trials:
        table = pd.DataFrame(
            {"drug": trial.drug, "time": trial.outcome("pfs"), "event": trial.subjects["pfs_event"].to_numpy()}
        )
        log_ratio.append(CoxPHFitter().fit(table, "time", "event").params_["drug"])
    # one trial's standard error is 0.12, that of 64 trials 0.015
    assert np.mean(log_ratio) == pytest.approx(np.log(0.75), abs=0.06)
    assert np.mean([trial.subjects["pfs_event"].mean() for trial in trials]) == pytest.approx(0.675, abs=0.015)
