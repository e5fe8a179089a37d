"""What is asked of the formulas: which subjects, which outcome, what it is adjusted for, and how it is tested again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.arrays import orthonormal_basis
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint, Survival
from biomarker.data.splits import Splits
from biomarker.discovery.analysis import Analysis, analyses
from biomarker.discovery.cross_fitted import Censored, cross_fitted
from biomarker.discovery.leaders import varying
from biomarker.discovery.method import Outcome
from biomarker.discovery.registry import METHODS
from biomarker.errors import InsufficientDataError
from biomarker.learners.elastic_net import ElasticNet
from biomarker.learners.training import Training
from biomarker.rng import stream
from biomarker.stats.pairs.response import PairResponse

__all__ = ["MIN_SUBJECTS", "Question", "Split", "questions"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: With fewer subjects in either part nothing is searched.
MIN_SUBJECTS = 20
_FOLDS = 5
_ORDERS = 100


@dataclass(frozen=True, eq=False)
class Question:
    """One endpoint, comparison and contrast.

    Attributes
    ----------
    endpoint : Endpoint
    analysis : Analysis
    rows : (n_subjects,) of bool
        Subjects that have the endpoint, the covariates and, where arms are compared, one of the two.
    patient : (n_subjects,) of int
        Samples of one patient are never parted by the folds of nuisance models.
    strata : (n_subjects,) of int
    arm : (n_subjects,) of int or None
        None where there is one.
    propensity : float or None
        Probability of the active arm; None where it is estimated.
    horizon : float or None
        Up to which a time counts, where the effect on it is asked.
    """

    endpoint: Endpoint
    analysis: Analysis
    rows: Mask
    patient: NDArray[np.int64]
    strata: NDArray[np.int64]
    arm: NDArray[np.int64] | None
    propensity: float | None
    horizon: float | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Endpoint, comparison, contrast."""
        return self.endpoint.name, self.analysis.comparison, self.analysis.contrast

    @property
    def predictive(self) -> bool:
        """Whether it asks what changes the treatment's effect."""
        return self.analysis.treatment is not None

    def outcome(self, rows: Mask) -> Outcome:
        """The endpoint in some subjects."""
        return Outcome.of(self.endpoint, self.strata).at(rows)

    def covariates(self, rows: Mask) -> Floats:
        """What some subjects are adjusted for, without what is redundant among them."""
        return varying(self.analysis.covariates[rows], None)

    def permuted_strata(self, rows: Mask) -> NDArray[np.int64]:
        """Strata within which some subjects' residuals are exchanged: with those of the study, the arms."""
        levels = [self.strata[rows]]
        if self.arm is not None:
            levels.append(self.arm[rows])
        return np.unique(np.column_stack(levels), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def effects(self, rows: Mask, *, seed: int, name: str) -> Floats:
        """Pseudo-outcome of the treatment's effect, from nuisance models of covariates fitted among these subjects."""
        assert self.analysis.treatment is not None
        covariates = self.covariates(rows)
        features = covariates if covariates.shape[1] else np.zeros((int(rows.sum()), 1))
        endpoint, group = self.endpoint, np.unique(self.patient[rows], return_inverse=True)[1].reshape(-1)
        training = Training(
            features=features, outcome=endpoint.values[rows], treatment=self.analysis.treatment[rows],
            kind="binary" if endpoint.type == "binary" else "continuous", group=group,
        )  # fmt: skip
        folds = min(_FOLDS, np.unique(group).size)
        splits = Splits.draw(group, n_folds=folds, seed=seed, rng=stream(seed, "formula", "folds", name, *self.key))
        censored = None
        if isinstance(endpoint, Survival):
            assert self.horizon is not None
            censored = Censored(event=endpoint.event[rows], horizon=self.horizon)
        found = cross_fitted(
            training, splits, propensity=self.propensity, seed=seed, censored=censored, learner=ElasticNet()
        )
        return found.pseudo.effect

    def response(self, rows: Mask, *, seed: int, name: str) -> PairResponse:
        """The outcome as the scan takes it.

        Raises
        ------
        InsufficientDataError
            Too few subjects, or a model without features that has no finite fit.
        """
        n = int(rows.sum())
        if n < MIN_SUBJECTS:
            raise InsufficientDataError(f"{n} subjects to search in, expected at least {MIN_SUBJECTS}")
        covariates = self.covariates(rows)
        if self.predictive:
            return PairResponse.of(self.effects(rows, seed=seed, name=name), covariates)
        outcome = self.outcome(rows)
        residual_of = METHODS[outcome.type].residual
        residual = None if residual_of is None else residual_of(outcome, covariates)
        if residual is None:
            raise InsufficientDataError("the model of the covariates alone has no finite fit")
        if outcome.type == "binary":
            mean = outcome.values - residual
            return PairResponse.of(residual, covariates, np.maximum(mean * (1 - mean), 0.0))
        # martingale residuals as they are: divided by the root of their expected number of events, as the Poisson model
        # has them, those of the earliest events outweigh all others
        return PairResponse.of(residual, covariates)


@dataclass(frozen=True, eq=False)
class Split:
    """Which subjects are searched and which are held out, by repeat."""

    searched: Mask

    @classmethod
    def draw(cls, group: NDArray[np.int64], *, share: float, seed: int, repeat: int) -> "Split":
        """Deal whole groups at random, so that about ``1 - share`` of the subjects are held out.

        The first of some random orders of the groups in which a run of them comes within 2% of that, else the nearest.

        Raises
        ------
        InsufficientDataError
            There is one group, which cannot be parted.
        """
        rng = stream(seed, "formula", "split", repeat)
        codes, sizes = np.unique(group, return_counts=True)
        if codes.size < 2:
            raise InsufficientDataError(
                "all subjects are of one group, so that none can be held out", "Leave out subjects.group."
            )
        target, nearest = (1 - share) * group.size, np.inf
        out = codes[:1]
        for _ in range(_ORDERS):
            order = rng.permutation(codes.size)
            after = np.cumsum(sizes[order])[:-1]
            n_out = int(np.argmin(np.abs(after - target))) + 1
            off = abs(after[n_out - 1] - target)
            if off < nearest:
                nearest, out = off, codes[order[:n_out]]
            if nearest <= 0.02 * group.size:
                break
        return cls(~np.isin(group, out))


def questions(
    cohort: Cohort,
    patient: NDArray[np.int64],
    strata: NDArray[np.int64],
    *,
    endpoints: Sequence[str],
    contrasts: Sequence[str],
    horizon: float | None,
) -> list[Question]:
    """All questions that a study asks of formulas, or those of some endpoints and contrasts."""
    arms = None
    if cohort.treatment is not None:
        named = [arm or "" for arm in cohort.treatment.arms]
        arms = np.unique(named, return_inverse=True)[1].reshape(-1).astype(np.int64)
    possible = ("response",) if cohort.treatment is None else ("prognostic", "predictive")
    found = []
    for contrast in possible:
        if contrasts and contrast not in contrasts:
            continue
        for analysis in analyses(cohort, contrast):
            for endpoint in cohort.endpoints:
                if (endpoints and endpoint.name not in endpoints) or endpoint.type not in (
                    "binary",
                    "continuous",
                    "survival",
                ):
                    continue
                rows = analysis.used & endpoint.known
                treatment = cohort.treatment
                known = treatment is not None and treatment.assignment == "randomised"
                propensity = treatment.probability if treatment is not None and known else None
                until = _horizon(endpoint, analysis, rows, horizon)
                found.append(Question(endpoint, analysis, rows, patient, strata, arms, propensity, until))
    return found


def _horizon(endpoint: Endpoint, analysis: Analysis, rows: Mask, given: float | None) -> float | None:
    """Latest time at which a quarter of either arm is under observation, unless given; markers have no part in it."""
    if not isinstance(endpoint, Survival) or analysis.treatment is None:
        return None
    if given is not None:
        return given
    arms = [rows & (analysis.treatment == arm) for arm in (0.0, 1.0)]
    return float(min(np.quantile(endpoint.values[arm], 0.75) for arm in arms)) if all(a.any() for a in arms) else None


def residual_basis(covariates: Floats, parts: Floats) -> Floats:
    """Orthonormal basis of intercept, covariates and parts, (n_subjects, r)."""
    return orthonormal_basis(np.column_stack([np.ones(len(covariates)), covariates, parts]))
