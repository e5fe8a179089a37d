"""Every test of the product that the calibration asks, called as the screens call it."""

from dataclasses import replace

import numpy as np
from cells import Cell, Screening
from null_data import Data
from numpy.typing import NDArray
from scipy import special

from biomarker.discovery.method import Limits, Method
from biomarker.discovery.methods.clustered import CLUSTERED
from biomarker.discovery.methods.cox import COX
from biomarker.discovery.methods.linear import LINEAR, MODERATED
from biomarker.discovery.methods.logistic import LOGISTIC
from biomarker.discovery.methods.ordinal import ORDINAL
from biomarker.stats.estimate import Estimate, Status

__all__ = ["CELLS", "TESTS"]

Floats = NDArray[np.float64]
#: As the study file has them by default.
LIMITS = Limits(min_group=4, min_events=10)
COMMON = ("biomarker.stats.max_t", "biomarker.stats.multiplicity", "biomarker.rng")


def estimate(method: Method, data: Data) -> Estimate:
    """As the screen makes it."""
    limits = LIMITS
    if data.treatment is not None and method.endpoint_type != "continuous":
        # biomarker.discovery.screen imports every method: only here, so that a cell depends on its own
        from biomarker.discovery.screen import in_each_arm

        limits = in_each_arm(limits, data.outcome, data.treatment)
    found = method.screen(data.features, [data.outcome], data.covariates, data.treatment, limits)
    if method.pooling is None or data.treatment is not None:
        return found
    collected = method.pooling.collect(found, [data.outcome], data.covariates)
    return method.pooling.finish(found, collected, data.features.mean(axis=0))


def interval(method: Method, data: Data) -> tuple[float, float]:
    """As the candidates' table has it: of the full fit where the method has one, else of the screen."""
    x = data.features[:, 0]
    deviation = float(x.std())
    found = method.screen(data.features[:, :1], [data.outcome], data.covariates, data.treatment, LIMITS)
    if found.status[0, 0] != Status.OK:
        return np.nan, np.nan
    if method.refit is None:
        middle, error, dof = (float(getattr(found, name)[0, 0]) for name in ("estimate", "std_error", "dof"))
    else:
        fit = method.refit(x - x.mean(), data.outcome, data.covariates, data.treatment)
        if fit.method == "Firth":
            return fit.low * deviation, fit.high * deviation
        middle, error, dof = fit.estimate, fit.std_error, np.inf
    half = error * (special.ndtri(0.975) if np.isinf(dof) else special.stdtrit(dof, 0.975))
    return (middle - half) * deviation, (middle + half) * deviation


def rank_sum(data: Data) -> Floats:
    """Wilcoxon's test beside the logistic model."""
    assert LOGISTIC.ranks is not None
    found = LOGISTIC.ranks.screen(data.features, data.outcome)
    return np.full(data.features.shape[1], np.nan) if found is None else found.p_value


def screening(method: Method, module: str, *, interaction: bool) -> Screening:
    """Of a registered method."""
    return Screening(
        name=method.name_interaction if interaction else method.name,
        endpoint_type=method.endpoint_type,
        interaction=interaction,
        p_values=lambda data: estimate(method, data).p_value[:, 0],
        interval=lambda data: interval(method, data),
        residual=None if interaction else method.residual,
        modules=(f"biomarker.discovery.methods.{module}", *COMMON),
    )


def several_samples(data: Data, rng: np.random.Generator) -> Data:
    """One to four samples of each patient: features and a continuous endpoint are partly a sample's own."""
    patients = np.repeat(np.arange(len(data.covariates)), rng.integers(1, 5, len(data.covariates)))
    x, y = data.features[patients], data.outcome.at(patients)
    if np.unique(data.features[:, 0]).size > 10:
        x = x + 0.5 * rng.standard_normal(x.shape)
    values = y.values + 0.5 * rng.standard_normal(patients.size) if y.type == "continuous" else y.values
    outcome = replace(y, values=values, patients=patients)
    arm = None if data.treatment is None else data.treatment[patients]
    return Data(x, outcome, data.covariates[patients], arm)


def clustered(method: Method, *, interaction: bool) -> Screening:
    """Of several samples a patient; `n` counts patients."""
    return replace(
        screening(method, "clustered", interaction=interaction),
        prepare=several_samples,
        sizes=(20, 40, 100),
        kinds=("plain", "skewed", "unbalanced"),
        interval=None,
        features=500,
    )


TESTS = (
    screening(LINEAR, "linear", interaction=False),
    screening(MODERATED, "linear", interaction=False),
    screening(LOGISTIC, "logistic", interaction=False),
    screening(ORDINAL, "ordinal", interaction=False),
    screening(COX, "cox", interaction=False),
    Screening("Wilcoxon rank sum", "binary", False, rank_sum, None, None, ("biomarker.stats.rank_sum", *COMMON)),
    screening(LINEAR, "linear", interaction=True),
    screening(LOGISTIC, "logistic", interaction=True),
    screening(ORDINAL, "ordinal", interaction=True),
    screening(COX, "cox", interaction=True),
    *(clustered(method, interaction=False) for method in CLUSTERED),
    *(clustered(method, interaction=True) for method in CLUSTERED),
)


def _cells() -> tuple[Cell, ...]:
    """Cheap questions first, so that an interrupted run has seen every test."""
    found = [Cell("null", test, n, kind) for test in TESTS for n in test.sizes for kind in test.kinds]
    large = [(test, n, kind) for test in TESTS for n in test.sizes if n >= 100 for kind in test.kinds]
    found += [Cell("coverage", *one) for one in large if one[0].interval is not None]
    found += [Cell("planted", *one) for one in large if one[2] in ("plain", "skewed")]
    found += [Cell("decoys", *one) for one in large if one[0].interaction]
    return tuple(sorted(found, key=lambda cell: (cell.question != "null", cell.n if cell.question == "null" else 0)))


CELLS = _cells()
