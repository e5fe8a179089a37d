"""Cut-offs and effects in marker groups where the truth is known: coverage, and false calls."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.treatment import Comparison, Treatment
from biomarker.discovery.effects import EffectSettings, candidate_effects
from biomarker.rng import stream
from biomarker.stats.cutoff_interval import cutoff_interval

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@dataclass(frozen=True)
class Shape:
    """How the outcome changes with a uniform marker, and the best cut-off of the population."""

    mean: object
    best: float


SHAPES = {
    "jump": Shape(lambda x: 1.0 * (x > 0.6), 0.6),
    "small jump": Shape(lambda x: 0.6 * (x > 0.6), 0.6),
    "smooth step": Shape(lambda x: 1.2 * expit(8 * (x - 0.5)), 0.5),
    "line": Shape(lambda x: 1.8 * (x - 0.5), 0.5),
}


@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_of_cut_offs_hold_the_best_one_of_the_population(shape, n):
    """Between 93 and 97%, each widened by 2.6 binomial standard errors."""
    held, total = 0, 600
    for trial in range(total):
        rng = stream(20261122, "coverage", shape, n, trial)
        x = rng.random(n)
        scores = SHAPES[shape].mean(x) + rng.standard_normal(n)
        found = cutoff_interval(x, scores, rng=rng, n_subsamples=300)
        held += found.low <= SHAPES[shape].best <= found.high
    error = 2.6 * np.sqrt(0.05 * 0.95 / total)
    assert 0.93 - error <= held / total <= 0.97 + error, held / total


def null_trial(folder, trial, kind, n, features, two_valued):
    """A randomised trial in which no feature has anything to do with outcome or effect; the drug helps everybody."""
    rng = stream(20261122, "null trial", kind, str(two_valued), trial)
    arm = rng.permutation(np.arange(n) % 2)
    x = (rng.random((n, features)) < 0.3) if two_valued else rng.standard_normal((n, features))
    if kind == "binary":
        endpoint = Binary("y", "y", (rng.random(n) < np.where(arm, 0.5, 0.3)).astype(float))
    elif kind == "continuous":
        endpoint = Continuous("y", "y", 0.5 * arm + rng.standard_normal(n))
    else:
        time, until = rng.exponential(np.where(arm, 14.0, 10.0)), rng.uniform(5, 30, n)
        endpoint = Survival("y", "y", np.minimum(time, until), event=(time <= until).astype(float))
    ids = [f"s{i}" for i in range(n)]
    names = [f"f{j}" for j in range(features)]
    table = pl.DataFrame({"feature_id": names, "label": names, "unit": ""})
    matrix = FeatureMatrix.write(
        folder / "m.parquet", [x.astype(float)], features=table, subject_ids=ids, scale="native"
    )
    return Cohort(
        tuple(ids),
        pl.DataFrame(height=n),
        (endpoint,),
        Treatment(tuple("drug" if a else "placebo" for a in arm), (Comparison("drug", "placebo"),)),
        matrices={"m": matrix},
    )


def best_feature(cohort):
    """The feature with the largest score statistic for the interaction, as the leading candidate."""
    from biomarker.discovery.question import questions
    from biomarker.discovery.training_order import Training, training_leaders

    (question,) = questions(cohort, ["predictive"], np.arange(cohort.n_subjects), seed=1)
    training = Training(question.scores(question.rows), question.analysis.used)
    return training_leaders(cohort, [training], count=1)[0][0]


TRUTH = {"binary": ("risk difference", 0.2), "continuous": ("mean difference", 0.5)}
TRUTH["survival"] = ("log hazard ratio", np.log(10.0 / 14.0))


@pytest.mark.parametrize("two_valued", [False, True], ids=["continuous features", "yes-or-no features"])
@pytest.mark.parametrize("kind", TRUTH)
def test_held_out_groups_of_the_best_of_many_null_features_reject_at_most_at_their_level(tmp_path, kind, two_valued):
    """The naive groups, positive against negative, differ in nearly every trial; the held-out ones in at most 5%."""
    measure, truth = TRUTH[kind]
    total, wrong, naive, apart = 300, {"positive": 0, "negative": 0}, 0, 0
    settings = EffectSettings(leading=1, seed=7, assays={}, permutations=1, subsamples=20)
    for trial in range(total):
        cohort = null_trial(tmp_path, trial, kind, 200, 100, two_valued)
        row = {
            "candidate_id": best_feature(cohort),
            "modality": "m",
            "kind": "single",
            "endpoint": "y",
            "comparison": "drug vs placebo",
            "contrast": "predictive",
            "rank": 1,
            "rank_overall": 1,
            "leader_id": None,
            "family": "100 exploratory features within endpoint, comparison and contrast",
            "log10_p": -3.0,
            **dict.fromkeys(["estimate", "estimate_shrunk", "shrunk_low", "shrunk_high"]),
        }
        effects, _ = candidate_effects(
            cohort, pl.DataFrame([row]), groups=np.arange(cohort.n_subjects), settings=settings
        )
        held = {r["population"]: r for r in effects.filter(basis="heldout", measure=measure).iter_rows(named=True)}
        for name in wrong:
            wrong[name] += not held[name]["ci_low"] <= truth <= held[name]["ci_high"]
        positive, negative = held["positive"], held["negative"]
        error = np.hypot(positive["std_error"], negative["std_error"])
        apart += abs(positive["estimate"] - negative["estimate"]) > 1.96 * error
        raw = dict(effects.filter(basis="raw", measure=measure).select("population", "estimate").iter_rows())
        naive += abs(raw["positive"] - raw["negative"]) > 1.96 * error / 1.3
    bound = 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / total)
    assert naive / total > 0.9
    assert wrong["positive"] / total <= bound, wrong
    assert wrong["negative"] / total <= bound, wrong
    assert apart / total <= bound, apart
