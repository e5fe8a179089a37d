"""Linear interaction screen: does a feature change the treatment's effect on a continuous endpoint?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarker.arrays import DEFAULT_BLOCK_BYTES, Array, log10_p_t, namespace
from biomarker.stats.estimate import Estimate, Status
from biomarker.stats.feature_blocks import FeatureBlock, as_floats, feature_blocks, rare_group_status, same_device
from biomarker.stats.linear import Collector, DeviceGroup, ResponseGroup, response_groups
from biomarker.stats.permutation_law import log10_p_of_arrangements, spread_along
from biomarker.stats.projection import CONSTANT_SHARE, EXPLICIT_SHARE, project_out
from biomarker.stats.saddlepoint import TAIL

__all__ = ["checked_treatment", "linear_interaction_screen"]

Floats = npt.NDArray[np.float64]


def linear_interaction_screen(
    features: Array,
    responses: Array,
    covariates: Array,
    treatment: Array,
    *,
    min_group: int = 3,
    permutation_tail: bool = False,
    block_bytes: int = DEFAULT_BLOCK_BYTES,
) -> Estimate:
    """Coefficient of feature x treatment for each endpoint, given feature, treatment and covariates.

    ``y = C g + a t + b x + d x t + e``: the estimate is d, the difference between the arms in the slope of y on x. With
    everything projected off (C, t) and ``z = x (t - mean t)``: ``z.x = z - x (x'z / x'x)``, ``d = z.x'y / z.x'z.x``,
    which is the estimate of ordinary least squares of the full model; the feature's own main effect is fitted, so a
    marker that is only prognostic is not called predictive.

    Each arm has a residual variance of its own: ``s_a^2 = RSS_a / f_a`` with ``f_a = n_a - sum of the leverages in arm
    a``, ``v_a = s_a^2 sum_a z.x^2 / (z.x'z.x)^2``, ``se^2 = v_0 + v_1``, and Satterthwaite's
    ``dof = (v_0 + v_1)^2 / (v_0^2 / f_0 + v_1^2 / f_1)``. With one common variance the level is lost where
    arms differ both in size and in spread.

    Parameters
    ----------
    features : (n_subjects, n_features)
        Complete. Single precision is screened in double precision.
    responses : (n_subjects, n_endpoints)
        NaN where a subject lacks the endpoint.
    covariates : (n_subjects, n_covariates)
        Complete, including the intercept, without the treatment; may be rank deficient.
    treatment : (n_subjects,)
        0 or 1.
    min_group : int
        A feature with two distinct values needs this many subjects in its rarer group, in each arm.
    permutation_tail : bool
        As in `biomarker.stats.linear_screen`; the spread may also differ between the arms.
    block_bytes : int
        Size of the blocks of features; does not change results beyond rounding.

    Returns
    -------
    Estimate
        ``(n_features, n_endpoints)``; ``n_events`` is 0. ``CONSTANT`` also where the feature varies in one arm only.

    Raises
    ------
    ValueError
        Shapes differ, a treatment is neither 0 nor 1, or the covariates do not span the intercept.
    NumericalError
        A feature holds a missing value.

    Notes
    -----
    Valid when treatment is randomised, or all that confounds it is among the covariates, and residuals have equal
    variance along the feature within each arm. A curved main effect beside a treatment unbalanced along the feature can
    pass for an interaction.

    References
    ----------
    Frisch and Waugh 1933, https://doi.org/10.2307/1907330; Satterthwaite 1946, https://doi.org/10.2307/3002019
    """
    t = checked_treatment(treatment, features.shape[0])
    result = Collector.empty(features.shape[1], np.shape(responses)[1])
    augmented = np.column_stack([as_floats(covariates), t])
    for group in response_groups(features, responses, augmented, extra_terms=2):
        device = DeviceGroup.of(group, features)
        arm = t[group.rows]
        arms = [same_device(group.masks * part[:, None], features) for part in (arm, 1.0 - arm)]
        contrast = same_device((arm - arm.mean())[:, None], features)
        centre = np.full(group.rows.size, 1.0 / group.rows.size)
        for block in feature_blocks(features, rows=group.rows, centre=centre, block_bytes=block_bytes):
            status = np.maximum(*(rare_group_status(block, part, min_group=min_group) for part in arms))
            pairs = _Pairs.of(block, group, device, contrast)
            effect, by_main, status = _effects(pairs, group, status[:, group.pattern])
            error, dof, status = _by_arm(pairs, group, arm, effect, by_main, status)
            over_t = _over_t(pairs, group, (effect / error, dof), by_main, status) if permutation_tail else None
            result.put(block.columns, group, effect, error, status, dof, over_t)
    return result.estimate()


def checked_treatment(treatment: Array, n_subjects: int) -> Floats:
    """Treatment as double precision, refused unless every subject has 0 or 1."""
    t = as_floats(treatment).reshape(-1)
    if t.shape[0] != n_subjects:
        raise ValueError(f"{n_subjects} subjects, but {t.shape[0]} treatments")
    if not np.all((t == 0) | (t == 1)):
        raise ValueError("a treatment is neither 0 nor 1")
    return t


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Sums of features x and products z off the covariates: (width, g) within patterns, (width, k) with endpoints.

    `before` is z'z before any projection, `main` x'x, `own` z.x'z.x, `main_y` x'y and `own_y` z.x'y.
    """

    block: FeatureBlock
    group: ResponseGroup
    products: Array
    before: Floats
    main_before: Floats
    main: Floats
    own: Floats
    main_y: Floats
    own_y: Floats

    @classmethod
    def of(cls, block: FeatureBlock, group: ResponseGroup, device: DeviceGroup, contrast: Array) -> "_Pairs":
        """Sums by matrix products, then again from explicit residuals where the differences were small."""
        xp = namespace(block.values)
        x, z = block.values, block.values * contrast
        (main_y, along_x), (own_y, along_z) = (device.products(part) for part in (x, z))
        squares = {}
        for name, (a, b, p, q) in {
            "xx": (x, x, along_x, along_x),
            "xz": (x, z, along_x, along_z),
            "zz": (z, z, along_z, along_z),
        }.items():
            raw = as_floats(xp.matmul(xp.matrix_transpose(a * b), device.masks))
            squares[name] = (raw, raw - as_floats(xp.sum(p * q, axis=2)))
        main_before, main = squares["xx"]
        before, own = squares["zz"]
        cross = squares["xz"][1]
        constant = ~(main > CONSTANT_SHARE * main_before)
        slope = cross / np.where(constant, 1.0, main)
        own_of_main = slope[:, group.pattern] * as_floats(main_y)
        pairs = cls(
            block, group, z, before, main_before, main, own - slope * cross,
            np.array(as_floats(main_y)), as_floats(own_y) - own_of_main,
        )  # fmt: skip
        pairs._refine()
        return pairs

    def residuals(self, g: int, which: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Explicit x and z.x of some features within a pattern, both (n_used, n_which)."""
        xp = namespace(self.products)
        index = same_device(which, self.products)
        mask, basis = self.group.masks[:, g][:, None], self.group.bases[g]
        x, z = (
            as_floats(project_out(as_floats(xp.take(part, index, axis=1)) * mask, basis))
            for part in (self.block.values, self.products)
        )
        squares = np.einsum("ij,ij->j", x, x)
        for _ in range(2):
            z = z - x * (np.einsum("ij,ij->j", x, z) / np.where(squares > 0, squares, 1.0))
        return x, z

    def _refine(self) -> None:
        """Replace sums that lost digits, in place."""
        weak = (self.main < EXPLICIT_SHARE * self.main_before) | (self.own < EXPLICIT_SHARE * self.before)
        weak &= (self.block.status == Status.OK)[:, None]
        for g in np.flatnonzero(weak.any(axis=0)):
            which = np.flatnonzero(weak[:, g])
            x, z = self.residuals(int(g), which)
            at = np.flatnonzero(self.group.pattern == g)
            self.main[which, g], self.own[which, g] = np.einsum("ij,ij->j", x, x), np.einsum("ij,ij->j", z, z)
            self.main_y[np.ix_(which, at)] = x.T @ self.group.residuals[:, at]
            self.own_y[np.ix_(which, at)] = z.T @ self.group.residuals[:, at]


def _effects(
    pairs: _Pairs, group: ResponseGroup, status: npt.NDArray[np.int8]
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Interaction, main effect before it and status, each (width, k)."""
    constant = ~(pairs.own > CONSTANT_SHARE * pairs.before) | ~(pairs.main > CONSTANT_SHARE * pairs.main_before)
    own = np.where(constant, 1.0, pairs.own)[:, group.pattern]
    main = np.where(constant, 1.0, pairs.main)[:, group.pattern]
    status = np.where((status == Status.OK) & constant[:, group.pattern], Status.CONSTANT, status).astype(np.int8)
    status = np.where(group.status != Status.OK, np.maximum(status, group.status), status)
    return pairs.own_y / own, pairs.main_y / main, status


def _by_arm(
    pairs: _Pairs,
    group: ResponseGroup,
    treatment: Floats,
    effect: Floats,
    by_main: Floats,
    status: npt.NDArray[np.int8],
) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Standard error, degrees of freedom and status with a residual variance for each arm, each (width, k)."""
    error, dof = np.full(effect.shape, np.nan), np.full(effect.shape, np.nan)
    tested = status == Status.OK
    for g in range(group.bases.shape[0]):
        endpoints = np.flatnonzero(group.pattern == g)
        which = np.flatnonzero(tested[:, endpoints].any(axis=1))
        if which.size == 0:
            continue
        x, z = pairs.residuals(g, which)
        # rounding of a nearly constant feature must not make the arms' shares exceed the whole
        shares = [part * part / np.maximum(np.einsum("ij,ij->j", part, part), 1e-300) for part in (x, z)]
        leverage = np.einsum("ij,ij->i", group.bases[g], group.bases[g])
        arms = [group.masks[:, g] * part for part in (1.0 - treatment, treatment)]
        free = [arm.sum() - arm @ leverage - sum(arm @ share for share in shares) for arm in arms]
        for k in endpoints:
            rest = group.residuals[:, k][:, None] - x * by_main[which, k] - z * effect[which, k]
            floor = 1e-30 * group.squares[k]
            parts = [
                np.maximum(arm @ (rest * rest), floor) / np.maximum(f, 1.0) * (arm @ shares[1])
                for arm, f in zip(arms, free, strict=True)
            ]
            total = np.maximum(parts[0] + parts[1], 1e-300)
            error[which, k] = np.sqrt(total / np.where(tested[which, k], pairs.own[which, g], 1.0))
            spent = sum((v / total) ** 2 / np.maximum(f, 1.0) for v, f in zip(parts, free, strict=True))
            dof[which, k] = 1.0 / np.maximum(spent, 1e-300)
            few = (np.minimum(*free) < 1.0) & tested[which, k]
            status[which[few], k] = Status.TOO_FEW
    return error, dof, status


def _over_t(
    pairs: _Pairs,
    group: ResponseGroup,
    by_arm: tuple[Floats, Floats],
    by_main: Floats,
    status: npt.NDArray[np.int8],
) -> Floats:
    """log10 of the ratio of permutation p-values to those of `by_arm` (statistic, dof), (width, k).

    0 near the centre, and never below: with few subjects in an arm its t law is the wider one.
    """
    statistic, dof = by_arm
    found = np.zeros(statistic.shape)
    far = (status == Status.OK) & (np.abs(statistic) > TAIL)
    for k in np.flatnonzero(far.any(axis=0)):
        which, g = np.flatnonzero(far[:, k]), int(group.pattern[k])
        used = group.masks[:, g] > 0
        x, z = (part[used] for part in pairs.residuals(g, which))
        rest = group.residuals[used, k][:, None] - x * by_main[which, k]
        spread = spread_along(group.bases[g][used], group.residuals[used, k])
        law = log10_p_of_arrangements(z, rest, spread, float(group.dof[k]))
        found[which, k] = np.maximum(law - log10_p_t(statistic[which, k], dof[which, k]), 0.0)
    return found
