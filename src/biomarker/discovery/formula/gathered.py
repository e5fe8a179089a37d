"""All features of a study side by side, and which of them are searched."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.matrix import FeatureMatrix
from biomarker.discovery.blocks import tested_scale
from biomarker.discovery.formula.survivors import Searchable
from biomarker.discovery.markers import fitted_on
from biomarker.discovery.screen import EXPRESSION_SCALES
from biomarker.errors import ConfigError, DataError, InsufficientDataError
from biomarker.features.filters import FilterSettings, reasons
from biomarker.stats.pairs.basis import constants_of
from biomarker.stats.pairs.plain import given_each
from biomarker.stats.pairs.response import PairResponse

__all__ = ["Gathered", "Prescreen", "gather", "searchable"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Prescreen:
    """Which features of a large modality are searched; 0 and nothing: all.

    Attributes
    ----------
    largest_variance : int
        So many of the largest variance, in each modality on a logarithmic scale that has more.
    strongest : int
        So many more that go most strongly with the outcome in the searched subjects, in each modality that has more.
    features : tuple of str
        Only these.
    """

    largest_variance: int = 0
    strongest: int = 0
    features: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Gathered:
    """Features of all modalities.

    Attributes
    ----------
    names : tuple of str
        ``modality:feature``.
    values : (n_subjects of the cohort, n_features)
        After the recipes, fitted on the searched subjects; NaN where missing.
    group : (n_features,) of int32
        Features whose values can be compared as measured share a number; -1 for all others.
    modality : (n_features,) of int
        Number of the modality.
    left_out : dict of str to int
        Features that are not searched, by reason.
    """

    names: tuple[str, ...]
    values: Floats
    group: NDArray[np.int32]
    modality: NDArray[np.int64]
    left_out: dict[str, int]


def gather(
    cohort: Cohort, searched: Mask, *, filters: FilterSettings, max_missing: float, only: Sequence[str] = ()
) -> Gathered:
    """Read all matrices and leave out what is not worth a search, by the searched subjects and no outcome.

    Parameters
    ----------
    searched : (n_subjects,) of bool
    max_missing : float
        Largest share of searched subjects in whom a feature may be missing.
    only : sequence of str
        Features to search; all where empty.

    Raises
    ------
    ConfigError
        A feature of `only` is in no modality.
    InsufficientDataError
        Fewer than two features are left.
    """
    names: list[str] = []
    parts, groups, modalities = [], [], []
    left_out: dict[str, int] = {}
    for number, (modality, matrix) in enumerate(cohort.matrices.items()):
        rows = cohort.rows_of(matrix)
        inside = searched[rows]
        raw = matrix.values.astype(np.float64)
        _, why = reasons(raw[inside], filters, scale=matrix.scale)
        values, scale = _prepared(matrix, raw, inside)
        full = np.full((cohort.n_subjects, matrix.n_features), np.nan)
        full[rows] = values
        within = full[searched]
        missing = np.isnan(within).mean(axis=0) > max_missing
        span = np.nanmax(within, axis=0, initial=-np.inf) - np.nanmin(within, axis=0, initial=np.inf)
        own = [f"{modality}:{feature}" for feature in matrix.feature_ids]
        keep = []
        for k, name in enumerate(own):
            reason = why[k] or (
                f"missing in more than {max_missing:.0%} of the searched subjects" if missing[k]
                else "" if span[k] > 0 else "the same in all searched subjects"
            )  # fmt: skip
            if not reason and only and name not in only:
                reason = "not on the list of features"
            if reason:
                left_out[reason] = left_out.get(reason, 0) + 1
            else:
                keep.append(k)
        names += [own[k] for k in keep]
        parts.append(full[:, keep])
        groups.append(np.full(len(keep), number if scale in EXPRESSION_SCALES else -1, np.int32))
        modalities.append(np.full(len(keep), number))
    absent = sorted(set(only) - set(names))
    known = {f"{m}:{f}" for m, matrix in cohort.matrices.items() for f in matrix.feature_ids}
    if unknown := [name for name in absent if name not in known]:
        raise ConfigError(
            f"formula.prescreen.features: {', '.join(unknown[:5])}: no modality has such a feature",
            "Write it as `modality:feature`, the name as the file has it.",
        )
    if len(names) < 2:
        raise InsufficientDataError(f"{len(names)} features are left to be searched, expected at least 2")
    return Gathered(
        tuple(names), np.concatenate(parts, axis=1), np.concatenate(groups), np.concatenate(modalities), left_out
    )


def _prepared(matrix: FeatureMatrix, raw: Floats, inside: Mask) -> tuple[Floats, str]:
    """Values of all subjects after recipes that were fitted on some, and their scale."""
    values = raw
    for recipe in fitted_on(matrix, raw[inside], inside)[0] if matrix.recipes else ():
        values = recipe.apply(values, feature_ids=matrix.feature_ids, scale=recipe.scale, batches=matrix.batches)
    return values, tested_scale(matrix)


def searchable(
    gathered: Gathered, rows: Mask, response: PairResponse, *, prescreen: Prescreen, min_group: int, memory_mb: int
) -> tuple[Searchable, NDArray[np.intp], dict[str, int]]:
    """Features of one question, complete, with their constants; where they stand in `gathered`; what was left out.

    A missing value is the median of the searched subjects, for the search alone.

    Raises
    ------
    DataError
        The search needs more memory than it may take.
    """
    values = gathered.values[rows]
    values = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
    varies = np.ptp(values, axis=0) > 0
    left_out = {"the same in all searched subjects with the endpoint": int((~varies).sum())} if not varies.all() else {}
    kept = varies & _prescreened(gathered, values, varies, response, prescreen)
    if dropped := int((varies & ~kept).sum()):
        left_out["not among those of the largest variance or the strongest"] = dropped
    places = np.flatnonzero(kept)
    needed = 4e-6 * places.size * (13 * len(values) + 8 * (response.basis.shape[1] + 3))
    if needed > memory_mb:
        raise DataError(
            f"to search {places.size} features in {len(values)} subjects takes {needed:.0f} MB of {memory_mb} allowed",
            "Raise formula.memory_mb, or let formula.prescreen leave out features.",
        )
    values = np.ascontiguousarray(values[:, places])
    constants = constants_of(values, min_group=min_group)
    names = tuple(gathered.names[k] for k in places)
    return Searchable(names, values, constants, gathered.group[places]), places, left_out


def _prescreened(
    gathered: Gathered, values: Floats, varies: Mask, response: PairResponse, prescreen: Prescreen
) -> Mask:
    kept = np.ones(values.shape[1], dtype=bool)
    limit = prescreen.largest_variance + prescreen.strongest
    if not limit:
        return kept
    for number in np.unique(gathered.modality):
        own = np.flatnonzero((gathered.modality == number) & varies)
        if own.size <= limit or (gathered.group[own[0]] < 0 and not prescreen.strongest):
            continue
        kept[own] = False
        spread = values[:, own].var(axis=0) if gathered.group[own[0]] >= 0 else np.zeros(own.size)
        first = np.argsort(-spread, kind="stable")[: prescreen.largest_variance]
        kept[own[first]] = True
        strength = np.nan_to_num(np.abs(given_each(values[:, own] - values[:, own].mean(axis=0), [], response)))
        strength[first] = -1.0
        kept[own[np.argsort(-strength, kind="stable")[: prescreen.strongest]]] = True
    return kept
