"""The problems that are timed, all made from a seed, and one case in a process of its own for its memory."""

import json
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.measure import peak_megabytes, seconds
from biomarker import stats

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A trial with one endpoint of each kind and features without any effect."""

    features: Floats
    covariates: Floats
    treatment: Floats
    continuous: Floats
    outcome: Floats
    time: Floats
    event: Floats


def problem(n: int, p: int, *, covariates: int = 4) -> Problem:
    """`n` subjects, `p` normal features, intercept and `covariates` normal covariates; 60% events.

    Features lie one after another in memory, as the package's files hold them.
    """
    rng = np.random.default_rng(1)
    c = np.column_stack([np.ones(n), rng.standard_normal((n, covariates))])
    signal = 0.5 * c[:, 1]
    return Problem(
        features=rng.standard_normal((p, n)).T,
        covariates=c,
        treatment=(rng.random(n) < 0.5).astype(np.float64),
        continuous=signal + rng.standard_normal(n),
        outcome=(rng.random(n) < 1 / (1 + np.exp(0.4 - signal))).astype(np.float64),
        time=rng.exponential(np.exp(-signal)),
        event=(rng.random(n) < 0.6).astype(np.float64),
    )


def drug_panel(n: int = 988, p: int = 677, k: int = 265, levels: int = 27) -> tuple[Floats, Floats, Floats]:
    """Features, responses and covariates of the shape of a cell-line panel: 18% missing in patterns of their own."""
    rng = np.random.default_rng(2)
    features = (rng.random((n, p)) < rng.uniform(0.01, 0.2, p)).astype(np.float32)
    responses = rng.standard_normal((n, k))
    responses[rng.random((n, k)) < 0.18] = np.nan
    return features, responses, np.eye(levels)[rng.integers(0, levels, n)]


def permuted(d: Problem, count: int = 10_000) -> stats.PermutedP:
    """Step-down maxT of all features under permutations within four strata, which are covariates too."""
    rng = np.random.default_rng(3)
    strata = rng.integers(0, 4, len(d.continuous))
    covariates = np.column_stack([d.covariates, np.eye(4)[strata][:, 1:]])
    residual = d.continuous - covariates @ np.linalg.lstsq(covariates, d.continuous, rcond=None)[0]
    plan = stats.permutations_within(residual, covariates, count=count, generator=rng, strata=strata)
    return stats.max_t(d.features, plan)


def screens(d: Problem) -> dict[str, object]:
    """Every screen of a problem as a function without arguments."""
    y = d.continuous[:, None]
    rest = d.covariates[:, 1:]
    single = d.features.astype(np.float32)
    return {
        "linear": lambda: stats.linear_screen(d.features, y, d.covariates),
        "moderated": lambda: stats.moderated_screen(d.features, y, d.covariates),
        "logistic": lambda: stats.logistic_screen(d.features, d.outcome, d.covariates),
        "rank_sum": lambda: stats.rank_sum_screen(d.features, d.outcome),
        "rank_sum_single": lambda: stats.rank_sum_screen(single, d.outcome),
        "cox": lambda: stats.cox_screen(d.features, d.time, d.event, rest),
        "linear_interaction": lambda: stats.linear_interaction_screen(d.features, y, d.covariates, d.treatment),
        "logistic_interaction": lambda: stats.logistic_interaction_screen(
            d.features, d.outcome, d.covariates, d.treatment
        ),
        "cox_interaction": lambda: stats.cox_interaction_screen(d.features, d.time, d.event, rest, d.treatment),
    }


def main() -> None:
    """Time one case and say how much memory it took beside its input, as JSON."""
    case, *numbers = sys.argv[1:]
    if case == "drug_panel":
        features, responses, covariates = drug_panel()
        work = lambda: stats.linear_screen(features, responses, covariates)  # noqa: E731
    else:
        n, p = map(int, numbers)
        work = screens(problem(n, p))[case]
    before = peak_megabytes()
    took = seconds(work, repeats=1 if case.endswith("interaction") else 5)
    print(json.dumps({"seconds": took, "input_mb": before, "extra_mb": peak_megabytes() - before}))


if __name__ == "__main__":
    main()
