"""Score tests of feature x treatment with the feature's own main effect fitted: what the models share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, log10_p_t, namespace, orthonormal_basis, take_columns
from biomarker.stats.batched_newton import BatchedMaximum, maximise_batch, solve_batch
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import FeatureBlock, as_floats, feature_blocks, rare_group_status, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["Effects", "InteractionBlock", "State", "efficient_score", "score_given_main", "score_interactions"]

Floats = npt.NDArray[np.float64]
#: Effect, standard error, status and, in the tail, log10 of the p-value, each (width,).
Effects = tuple[Floats, Floats, npt.NDArray[np.int8], Floats]
AState = TypeVar("AState", bound="State")

# Where the marker's main effect explains nearly every outcome, hardly any information is left on the interaction.
_INFORMATION_LEFT = 1e-5
# A likelihood-ratio statistic of one parameter that chance exceeds once in a thousand.
_CHANCE = 10.8


@dataclass(frozen=True, eq=False)
class InteractionBlock:
    """A block of features with their products with treatment, on the device.

    Attributes
    ----------
    main : (n_used, width)
        Features off the other terms, scaled to mean square one; zero where nothing is left.
    product : (n_used, width)
        Feature times centred treatment, on the feature's own scale divided by `scale`.
    scale : (width,)
        What an effect of `product` is divided by to be one of the feature.
    status : (width,) int8
    """

    main: Array
    product: Array
    scale: Floats
    status: npt.NDArray[np.int8]


def score_interactions(
    features: Array,
    rows: npt.NDArray[np.intp],
    treatment: Floats,
    basis: Floats,
    test: Callable[[InteractionBlock], Effects],
    *,
    min_group: int,
    block_bytes: int,
) -> Effects:
    """Test every feature, block by block.

    Parameters
    ----------
    features : (n_subjects, n_features)
    rows : (n_used,)
        Subjects in use, in the model's order.
    treatment : (n_subjects,)
    basis : (n_used, r)
        Orthonormal basis of the other terms.
    test : callable
        ``InteractionBlock -> Effects``.
    min_group, block_bytes
        As of the screens.
    """
    n_features, n = features.shape[1], rows.size
    effect, error, tail = (np.full(n_features, np.nan) for _ in range(3))
    status = np.zeros(n_features, dtype=np.int8)
    arm = treatment[rows][:, None]
    arms = [same_device(part, features) for part in (arm, 1.0 - arm)]
    contrast, terms = same_device(arm - arm.mean(), features), same_device(basis, features)
    for part in feature_blocks(features, rows=rows, centre=np.full(n, 1.0 / n), block_bytes=block_bytes):
        block = _interaction_block(part, basis=terms, contrast=contrast, arms=arms, min_group=min_group)
        at = part.columns
        effect[at], error[at], status[at], tail[at] = test(block)
    return effect, error, status, tail


def _interaction_block(
    block: FeatureBlock, *, basis: Array, contrast: Array, arms: list[Array], min_group: int
) -> InteractionBlock:
    """Make a block ready: main effects well conditioned, products, and the status that values alone decide.

    Parameters
    ----------
    block : FeatureBlock
        Centred.
    basis : (n_used, r)
        Orthonormal basis of the other terms (covariates and treatment, for Cox centred).
    contrast : (n_used, 1)
        Centred treatment.
    arms : list of (n_used, 1)
        Membership of each arm.
    min_group : int
    """
    xp = namespace(block.values)
    n_used = block.values.shape[0]
    before = as_floats(xp.sum(block.values * block.values, axis=0))
    main = project_out(block.values, basis)
    after = as_floats(xp.sum(main * main, axis=0))
    status = np.maximum(*(rare_group_status(block, arm, min_group=min_group)[:, 0] for arm in arms))
    status[(status == Status.OK) & ~(after > CONSTANT_SHARE * before)] = Status.CONSTANT
    varies = (status != Status.OVERFLOW) & (after > CONSTANT_SHARE * before)
    shrink = np.where(varies, 1.0 / np.sqrt(np.where(varies, after, 1.0) / n_used), 0.0)
    scale = np.sqrt(np.where(before > 0, before, 1.0) / n_used)
    product = block.values * contrast * same_device(1.0 / scale, block.values)[None, :]
    return InteractionBlock(main * same_device(shrink, main)[None, :], product, scale, status)


class State(Protocol):
    """A block's models at given parameters, of the other terms and each feature's main effect."""

    @property
    def value(self) -> Floats:
        """Log-likelihoods, (width,)."""

    @property
    def gradient(self) -> Floats:
        """(width, q)."""

    @property
    def information(self) -> Floats:
        """(width, q, q)."""

    @property
    def residual(self) -> Array:
        """First derivatives by the linear predictors, (n_used, width)."""

    @property
    def weight(self) -> Array:
        """Negative second derivatives, (n_used, width)."""


def score_given_main(
    block: InteractionBlock,
    at: Callable[[Floats, Array], AState],
    cross: Callable[[Array, AState], Floats],
    *,
    start: Floats,
    weight_at_start: Floats,
    basis: Floats,
    dof: int,
) -> Effects:
    """Fit the main effects of a block, all at once, and test its interactions by the efficient score.

    A main effect that was fitted to a few subjects far out takes their variance away, so that V is too small by chance
    and the test too bold with log-normal features. With V_0 that of the weights that hold without the
    feature and L the main effect's likelihood-ratio statistic, the p-value is that of ``V + s max(V_0 - V, 0)``,
    ``s = min(1, 10.8 / L)``: all of the difference while chance may have made the main effect (p > .001), less and less
    of it beyond. Estimate and standard error are those of V.

    Parameters
    ----------
    block : InteractionBlock
    at : callable
        ``(parameters, main) -> State`` at (width, q) parameters, the last of which are of the main effects
        (n_used, width).
    cross : callable
        ``(column, state) -> (width, q - 1)``: information between a column of each model's own and the other terms.
    start : (q - 1,)
        Parameters of the other terms without the feature.
    weight_at_start : (n_used,)
        `State.weight` there.
    basis : (n_used, r)
        Of the other terms.
    dof : int
        Of the t law, as `biomarker.stats.score_screen.screen_result` has it.
    """
    xp, width = namespace(block.main), int(block.main.shape[1])

    def evaluate(rows: npt.NDArray[np.intp], parameters: Floats) -> tuple[Floats, Floats, Floats]:
        state = at(parameters, block.main if rows.size == width else take_columns(block.main, rows))
        return state.value, state.gradient, state.information

    top = maximise_batch(evaluate, np.tile(np.append(start, 0.0), (width, 1)))
    state = at(top.parameters, block.main)
    weighted = state.weight * block.product
    by_main = as_floats(xp.sum(block.main * weighted, axis=0))[:, None]
    squares = block.product * block.product
    found = efficient_score(
        block,
        top,
        score=as_floats(xp.sum(block.product * state.residual, axis=0)),
        square=as_floats(xp.sum(block.product * weighted, axis=0)),
        cross=np.concatenate([cross(block.product, state), by_main], axis=1),
        gradient=state.gradient,
        information=state.information,
        square_at_start=as_floats(xp.matmul(same_device(weight_at_start, block.main), squares)),
    )
    without = at(np.append(start, 0.0)[None, :], take_columns(block.main, np.zeros(1, dtype=np.intp))).value
    by_chance = _CHANCE / np.maximum(2.0 * (state.value - without), _CHANCE)
    return *found, _careful_tail(found, block, _variance_at_start(block, basis, weight_at_start), by_chance, dof)


def _careful_tail(
    found: tuple[Floats, Floats, npt.NDArray[np.int8]],
    block: InteractionBlock,
    variance_at_start: Floats,
    by_chance: Floats,
    dof: int,
) -> Floats:
    """log10 of the p-value where the variance without the feature is the larger one, NaN elsewhere."""
    effect, error, status = found
    beyond = variance_at_start * (error * block.scale) ** 2 - 1.0
    tail = np.full(effect.size, np.nan)
    at = np.flatnonzero((status == Status.OK) & (beyond > 0.0))
    if at.size and dof >= 1:
        larger = np.sqrt(1.0 + by_chance * beyond)[at]
        statistic = effect[at] / (error[at] * larger) * np.sqrt(dof / block.main.shape[0])
        tail[at] = log10_p_t(statistic, np.full(at.size, float(dof)))
    return tail


def _variance_at_start(block: InteractionBlock, basis: Floats, weight: Floats) -> Floats:
    """V of each interaction with the weights that hold without the feature, (width,)."""
    xp = namespace(block.main)
    root = np.sqrt(weight)[:, None]
    terms, roots = same_device(orthonormal_basis(root * basis), block.main), same_device(root, block.main)
    main, product = project_out(roots * block.main, terms), project_out(roots * block.product, terms)
    length = xp.sum(main * main, axis=0)
    along = xp.sum(main * product, axis=0) / xp.where(length > 0, length, xp.ones_like(length))
    rest = product - main * along[None, :]
    return as_floats(xp.sum(rest * rest, axis=0))


def efficient_score(
    block: InteractionBlock,
    top: BatchedMaximum,
    *,
    score: Floats,
    square: Floats,
    cross: Floats,
    gradient: Floats,
    information: Floats,
    square_at_start: Floats,
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Effect, standard error and status of each feature's interaction.

    ``U* = U - I_zn I_nn^-1 g`` with g the gradient left in the nuisance (zero at its exact maximum),
    ``V = I_zz - I_zn I_nn^-1 I_nz``, estimate ``U* / V``.

    Parameters
    ----------
    score, square : (width,)
        U and I_zz of the product.
    cross, gradient : (width, q)
        I_zn and g of the nuisance: the other terms and the main effect.
    information : (width, q, q)
    square_at_start : (width,)
        I_zz before the main effect was fitted.
    """
    solved = solve_batch(information, cross)
    score = score - np.einsum("bi,bi->b", solved, gradient)
    variance = square - np.einsum("bi,bi->b", solved, cross)
    status = block.status.copy()
    ok = status == Status.OK
    # 1e-10: differences of sums in the batch are not refined as those of the plain screens are
    status[ok & ~(variance > 1e-10 * square)] = Status.CONSTANT
    status[ok & ~(square > _INFORMATION_LEFT * square_at_start)] = Status.SEPARATION
    status[ok & ~top.converged & (status != Status.SEPARATION)] = Status.NOT_CONVERGED
    variance = np.where(status == Status.OK, variance, 1.0)
    return score / variance / block.scale, 1.0 / np.sqrt(variance) / block.scale, status
