"""Cox interaction screen: does a feature change the treatment's hazard ratio?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, log10_p_t, namespace
from biomarker.stats.batched_newton import BatchedMaximum, maximise_batch
from biomarker.stats.cox import CoxNull, cox_null
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import as_floats, same_device
from biomarker.stats.interaction_score import InteractionBlock, efficient_score, score_interactions
from biomarker.stats.linear_interaction import checked_treatment
from biomarker.stats.risk_sets import LEAST_RISK, RiskSets
from biomarker.stats.saddlepoint import TAIL
from biomarker.stats.score_screen import screen_result, small_sample_factor

__all__ = ["cox_interaction_screen"]

Floats = npt.NDArray[np.float64]


def cox_interaction_screen(
    features: Array,
    time: Array,
    event: Array,
    covariates: Array,
    treatment: Array,
    *,
    strata: Array | None = None,
    min_group: int = 3,
    min_events: int = 5,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Score test of feature x treatment in a Cox model, given feature, treatment, covariates and strata; Efron ties.

    ``h(t) = h0_s(t) exp(C g + a t + b x + d x t)``: (g, a, b) are fitted for every feature by Newton's method in a
    batch, and d is tested by its efficient score with ``z = x (t - mean t)``. The estimate ``U / V`` is one Newton step
    from d = 0: a difference between the arms in the log hazard ratio of one unit of the feature. Where the statistic
    passes `biomarker.stats.score_screen.TAIL`, d is fitted too, and the p-value is that of the signed root of the
    likelihood ratio, ``sqrt(2 (l1 - l0) dof / events)``, under the same t law: the score's own spread follows which
    carriers had their events early.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    time : (n_subjects,)
        Time of event or censoring; NaN leaves a subject out.
    event : (n_subjects,)
        1 for an event, 0 for a censoring.
    covariates : (n_subjects, n_covariates)
        Complete, without intercept and treatment; may be rank deficient, and of no columns.
    treatment : (n_subjects,)
        0 or 1.
    strata : (n_subjects,), optional
        A baseline hazard of its own for each label.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group, in each arm.
    min_events : int
        Fewest events.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding. Work arrays take about
        ``3 + rank(C)`` times as much.

    Returns
    -------
    Estimate
        ``(n_features, 1)``, t law; beyond `TAIL` the p-value is the likelihood ratio's. ``SEPARATION`` where the
        feature's main effect alone orders the events, ``CONSTANT`` also where the feature varies in one arm only.

    Raises
    ------
    ValueError
        Shapes differ, or a value is neither 0 nor 1.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when hazards are proportional for feature and treatment, the main effect is linear on the log hazard scale,
    censoring is independent given all terms, and each arm has twenty events or more. Non-proportional hazards of a
    strong prognostic marker can pass for an interaction.

    References
    ----------
    Cox 1972, https://doi.org/10.1111/j.2517-6161.1972.tb00899.x; Efron 1977,
    https://doi.org/10.1080/01621459.1977.10480613
    """
    t = checked_treatment(treatment, features.shape[0])
    augmented = np.column_stack([as_floats(covariates), t])
    null = cox_null(features, time, event, augmented, strata=strata, min_events=min_events)
    n, n_events = null.sets.order.size, null.sets.n_events
    parameters = null.parameters_used + 2  # the marker and its product with treatment
    if null.status != Status.OK:
        nothing = np.full(features.shape[1], np.nan)
        return screen_result(nothing, nothing, null.status, n, n_events, size=n_events, parameters=parameters)
    problem = _Problem.of(null, features)
    effect, error, status, tail = score_interactions(
        features,
        null.sets.order,
        t,
        # features are conditioned against covariates and the constants of the strata, which the likelihood does not see
        np.column_stack([null.strata_basis, null.covariates]),
        lambda block: _test(block, problem, null, parameters),
        min_group=min_group,
        block_bytes=block_bytes,
    )
    return screen_result(effect, error, status, n, n_events, size=n_events, parameters=parameters, tail=tail)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What does not change from feature to feature, on the device and sorted."""

    sets: RiskSets
    event: Array
    basis: Array
    pairs: Array
    start: Floats

    @classmethod
    def of(cls, null: CoxNull, features: Array) -> "_Problem":
        """Move the null model to where the features are; its fit is where the batch starts."""
        q = null.covariates
        pairs = (q[:, :, None] * q[:, None, :]).reshape(q.shape[0], -1)
        return cls(
            sets=null.sets,
            event=same_device(null.sets.event[:, None], features),
            basis=same_device(q, features),
            pairs=same_device(pairs, features),
            start=np.append(null.parameters, 0.0),
        )


@dataclass(frozen=True, eq=False)
class _State:
    """A block's models at given parameters.

    `risk` and `hazard` are (n_used, width), `base` the risk-set sums (n_steps, width), `means` the risk-weighted means
    of every column of the basis and of the features' own columns, `value` the log partial likelihoods (width,).
    """

    risk: Array
    base: Array
    hazard: Array
    means: list[Array]
    value: Floats

    @classmethod
    def at(cls, problem: _Problem, own: Sequence[Array], parameters: Floats) -> "_State":
        """Evaluate, with `own` the main effects and perhaps the products; each feature's largest risk is one."""
        xp, r = namespace(own[0]), problem.basis.shape[1]
        moved = same_device(np.ascontiguousarray(parameters.T), own[0])
        eta = xp.matmul(problem.basis, moved[:r, :])
        for k, column in enumerate(own):
            eta = eta + column * moved[r + k : r + k + 1, :]
        eta = eta - xp.max(eta, axis=0)[None, :]
        risk = xp.exp(eta)
        base = xp.maximum(problem.sets.sums(risk), xp.full_like(risk[:1, :1], LEAST_RISK))
        inverse = 1.0 / base
        columns = [problem.basis[:, j : j + 1] for j in range(problem.basis.shape[1])]
        means = [problem.sets.sums(risk * column) * inverse for column in (*columns, *own)]
        value = xp.sum(problem.event * eta, axis=0) - xp.sum(xp.log(base), axis=0)
        return cls(risk, base, risk * problem.sets.spread(inverse), means, as_floats(value))


def _derivatives(problem: _Problem, own: Sequence[Array], state: _State) -> tuple[Floats, Floats]:
    """Gradient (width, q) and information (width, q, q) over the basis and the features' own columns."""
    xp, width = namespace(own[0]), own[0].shape[1]
    r = problem.basis.shape[1]
    q = r + len(own)
    residual = problem.event - state.hazard
    transposed = xp.matrix_transpose(problem.basis)
    gradient = np.concatenate(
        [
            as_floats(xp.matmul(transposed, residual)).T,
            *(as_floats(xp.sum(column * residual, axis=0))[:, None] for column in own),
        ],
        axis=1,
    )
    information = np.empty((width, q, q))
    gram = as_floats(xp.matmul(xp.matrix_transpose(problem.pairs), state.hazard))
    information[:, :r, :r] = gram.T.reshape(width, r, r)
    for k, column in enumerate(own):
        weighted = state.hazard * column
        information[:, r + k, :r] = as_floats(xp.matmul(transposed, weighted)).T
        information[:, :r, r + k] = information[:, r + k, :r]
        for m, other in enumerate(own[: k + 1]):
            cross = as_floats(xp.sum(other * weighted, axis=0))
            information[:, r + k, r + m], information[:, r + m, r + k] = cross, cross
    for i in range(q):
        for j in range(i, q):
            product = as_floats(xp.sum(state.means[i] * state.means[j], axis=0))
            information[:, i, j] -= product
            if j > i:
                information[:, j, i] -= product
    return gradient, information


def _fitted(problem: _Problem, own: Sequence[Array], start: Floats) -> BatchedMaximum:
    """Maximum over the basis and the features' own columns, all features at once."""
    xp, width = namespace(own[0]), own[0].shape[1]

    def evaluate(rows: npt.NDArray[np.intp], parameters: Floats) -> tuple[Floats, Floats, Floats]:
        index = same_device(rows, own[0])
        some = own if rows.size == width else [xp.take(column, index, axis=1) for column in own]
        state = _State.at(problem, some, parameters)
        return (state.value, *_derivatives(problem, some, state))

    return maximise_batch(evaluate, start)


def _likelihood_ratio(
    block: InteractionBlock, problem: _Problem, far: npt.NDArray[np.intp], top: BatchedMaximum, value: Floats
) -> Floats:
    """Likelihood-ratio statistics of some interactions; without a finite maximum, up to where it was followed."""
    xp, index = namespace(block.main), same_device(far, block.main)
    own = [xp.take(column, index, axis=1) for column in (block.main, block.product)]
    start = np.column_stack([top.parameters[far], np.zeros(far.size)])
    full = _fitted(problem, own, start)
    return np.maximum(2.0 * (_State.at(problem, own, full.parameters).value - value[far]), 0.0)


def _test(
    block: InteractionBlock, problem: _Problem, null: CoxNull, parameters: int
) -> tuple[Floats, Floats, npt.NDArray[np.int8], Floats]:
    """Effect, standard error, status and, in the tail, log10 of the p-value of the interactions of a block."""
    xp = namespace(block.main)
    width = int(block.main.shape[1])
    top = _fitted(problem, [block.main], np.tile(problem.start, (width, 1)))
    state = _State.at(problem, [block.main], top.parameters)
    gradient, information = _derivatives(problem, [block.main], state)
    weighted = state.hazard * block.product
    mean = problem.sets.sums(state.risk * block.product) / state.base
    cross = np.concatenate(
        [
            as_floats(xp.matmul(xp.matrix_transpose(problem.basis), weighted)).T,
            as_floats(xp.sum(block.main * weighted, axis=0))[:, None],
        ],
        axis=1,
    ) - np.column_stack([as_floats(xp.sum(mean * other, axis=0)) for other in state.means])
    at_start = null.sets.sums(same_device(null.at.risk[:, None], mean) * block.product)
    at_start = at_start / same_device(null.at.risk_sums[:, None], mean)
    squares = block.product * block.product
    effect, error, status = efficient_score(
        block,
        top,
        score=as_floats(xp.sum(block.product * (problem.event - state.hazard), axis=0)),
        square=as_floats(xp.sum(block.product * weighted, axis=0) - xp.sum(mean * mean, axis=0)),
        cross=cross,
        gradient=gradient,
        information=information,
        square_at_start=as_floats(
            xp.matmul(same_device(null.at.hazard, mean), squares) - xp.sum(at_start * at_start, axis=0)
        ),
    )
    factor, dof = small_sample_factor(null.sets.n_events, parameters), max(null.sets.n_events - parameters, 1)
    far = np.flatnonzero((status == Status.OK) & (np.abs(effect) * factor > TAIL * error))
    tail = np.full(width, np.nan)
    if far.size:
        root = np.sqrt(_likelihood_ratio(block, problem, far, top, state.value)) * factor
        tail[far] = log10_p_t(root, np.full(far.size, float(dof)))
    return effect, error, status, tail
