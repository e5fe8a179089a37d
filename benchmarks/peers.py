"""The same work by other packages, each in the way its users would call it for speed."""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.cases import Problem
from benchmarks.measure import ROOT, seconds


def statsmodels_ols(d: Problem, sample: int) -> float:
    """Seconds a feature of a loop over `OLS(...).fit()`, reading coefficient, standard error and p-value."""
    from statsmodels.api import OLS

    def one(j: int) -> tuple[float, float, float]:
        fit = OLS(d.continuous, np.column_stack([d.features[:, j], d.covariates])).fit()
        return fit.params[0], fit.bse[0], fit.pvalues[0]

    return _per_item(one, sample)


def statsmodels_logit(d: Problem, sample: int) -> float:
    """Seconds a feature of a loop over `Logit(...).fit()` by Newton's method (a Wald test: the usual call)."""
    from statsmodels.api import Logit

    def one(j: int) -> float:
        fit = Logit(d.outcome, np.column_stack([d.features[:, j], d.covariates])).fit(disp=0, method="newton")
        return float(fit.pvalues[0])

    return _per_item(one, sample)


def statsmodels_score(d: Problem, sample: int) -> float:
    """Seconds a feature of a loop over GLM's `score_test`, the null model fitted once: like for like."""
    from statsmodels.api import GLM, families

    null = GLM(d.outcome, d.covariates, family=families.Binomial()).fit()
    return _per_item(
        lambda j: null.model.score_test(null.params, exog_extra=d.features[:, [j]], observed=False)[1], sample
    )


def statsmodels_cox(d: Problem, sample: int) -> float:
    """Seconds a feature of a loop over `PHReg(...).fit()` with Efron ties."""
    from statsmodels.duration.hazard_regression import PHReg

    def one(j: int) -> float:
        columns = np.column_stack([d.features[:, j], d.covariates[:, 1:]])
        return float(PHReg(d.time, columns, status=d.event, ties="efron").fit(disp=0).pvalues[0])

    return _per_item(one, sample)


def scipy_rank_sum(d: Problem) -> float:
    """Seconds of one call of `mannwhitneyu` for all features, normal law with ties and continuity correction."""
    from scipy.stats import mannwhitneyu

    rows = np.ascontiguousarray(d.features.T)
    groups = rows[:, d.outcome == 1], rows[:, d.outcome == 0]
    return seconds(lambda: mannwhitneyu(*groups, axis=1, method="asymptotic"), repeats=3)


def _per_item(one: object, sample: int) -> float:
    """Mean seconds of `one(j)` over a sample, after one call that warms up; the best of three passes."""
    one(0)
    passes = []
    for _ in range(3):
        start = time.perf_counter()
        for j in range(sample):
            one(j)
        passes.append((time.perf_counter() - start) / sample)
    return min(passes)


def r_peers(d: Problem) -> dict[str, object] | None:
    """Timings of R's limma and survival on the same numbers (peers.R), or None where R or a package is absent.

    Returns
    -------
    dict
        Best times in seconds, versions, and limma's t statistics before and after moderation.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        d.features.T.ravel(order="F").tofile(here / "features.f64")
        np.column_stack([d.continuous, d.time, d.event, d.outcome, d.covariates[:, 1:]]).ravel(order="F").tofile(
            here / "subjects.f64"
        )
        shape = [str(d.features.shape[0]), str(d.features.shape[1]), str(d.covariates.shape[1] - 1)]
        done = subprocess.run(
            [rscript, str(ROOT / "benchmarks" / "peers.R"), folder, *shape], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            return None
        result: dict[str, object] = json.loads((here / "result.json").read_text())
        result["t"], result["moderated_t"] = np.split(np.fromfile(here / "t.f64"), 2)
        return result
