"""Score tests of feature x treatment with the feature's own main effect fitted: what logistic and Cox share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import Array, namespace
from biomarker.stats.batched_newton import BatchedMaximum, solve_batch
from biomarker.stats.estimate import Status
from biomarker.stats.feature_blocks import FeatureBlock, as_floats, rare_group_status, same_device
from biomarker.stats.projection import CONSTANT_SHARE, project_out

__all__ = ["InteractionBlock", "efficient_score", "interaction_block"]

Floats = npt.NDArray[np.float64]

# Where the marker's main effect explains nearly every outcome, hardly any information is left on the interaction.
_INFORMATION_LEFT = 1e-5


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


def interaction_block(
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
