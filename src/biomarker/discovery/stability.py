"""Would half of the subjects have found it? The first features of every list, searched anew in complementary halves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Endpoint
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.stability_tables import StabilityFeatures, StabilityLists
from biomarker.discovery.analysis import Analysis, analyses, strata_of
from biomarker.discovery.markers import transformed_blocks
from biomarker.discovery.method import Outcome
from biomarker.discovery.subject_scores import subject_scores
from biomarker.rng import stream
from biomarker.stats.selection_stability import selection_stability

__all__ = ["StabilitySettings", "halves", "stability"]

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
KEY = ["endpoint", "comparison", "contrast"]
#: Below this many subjects of a half with a value a feature is not selected.
_LEAST = 10
_BIGGEST = 1e100


@dataclass(frozen=True)
class StabilitySettings:
    """See ``rank.stability`` of the study file; ``seed`` is the study's."""

    pairs: int
    first: int
    seed: int


@dataclass(eq=False)
class _List:
    """One list while its halves are searched: scores and mask (n_subjects, n_halves), the best so far of each half.

    ``halves`` are the places of its columns among those drawn.
    """

    endpoint: Endpoint
    analysis: Analysis
    tested: set[str]
    first: int
    halves: list[int]
    inside: Floats
    scores: Floats
    best: Floats
    where: NDArray[np.int64]

    @property
    def robust(self) -> bool:
        """Whether each subject's own square is its variance."""
        return self.analysis.treatment is not None

    @property
    def key(self) -> dict[str, str]:
        return {
            "endpoint": self.endpoint.name,
            "comparison": self.analysis.comparison,
            "contrast": self.analysis.contrast,
        }


def stability(
    cohort: Cohort, screens: pl.DataFrame, *, settings: StabilitySettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How often each tested feature is selected on half of the subjects, and how alike the selections of a list are.

    Selected means: among the first ``k`` of the list's tested features by the score statistic, ``T_j = sum_i (x_ij -
    mean x_j) s_i / sqrt(sum_i (x_ij - mean x_j)^2 v_i)`` over the subjects of the half with a value, s the scores of
    `subject_scores` with a model fitted in the half. ``v`` is their variance, as in the screens: a marker's own effect
    is in the squares of the scores of its few subjects far out, so that with those a rare or long-tailed marker is
    hardly ever selected. For the treatment's effect it is ``s_i^2``: there a prognostic marker makes its own scores
    spread, and would be selected for that. ``k`` is ``settings.first``, or a tenth of the features where they are fewer
    than ten times that.

    Parameters
    ----------
    cohort : Cohort
    screens : polars.DataFrame
        ``modality, feature_id, endpoint, comparison, contrast, status`` of the real screens: what was tested.
    settings : StabilitySettings

    Returns
    -------
    features, lists : polars.DataFrame
        Columns of `StabilityFeatures` and `StabilityLists`.

    References
    ----------
    .. [1] Shah RD, Samworth RJ. Variable selection with error control: another look at stability selection. J R Stat
       Soc B 2013;75:55-80. doi:10.1111/j.1467-9868.2011.01034.x
    """
    drawn = halves(strata_of(cohort, (), arms=True), pairs=settings.pairs, seed=settings.seed)
    names = [f"{modality}:{name}" for modality, m in cohort.matrices.items() for name in m.feature_ids]
    lists, rows = [], []
    for one in _lists(cohort, screens, drawn, settings):
        if isinstance(one, _List):
            lists.append(one)
        else:
            rows.append(one)
    offset = 0
    for matrix in cohort.matrices.values():
        own = names[offset : offset + matrix.n_features]
        tested = [np.array([name in one.tested for name in own]) for one in lists]
        _search(cohort, matrix, lists, tested, drawn, offset)
        offset += matrix.n_features
    features = []
    for one in lists:
        row, found = _told(one, names)
        rows.append(row)
        features += found
    return _table(features, StabilityFeatures), _table(rows, StabilityLists)


def halves(strata: NDArray[np.int64], *, pairs: int, seed: int) -> Rows:
    """Complementary halves, (2 pairs, n_subjects): rows 2i and 2i + 1 share nobody and hold half of each stratum."""
    drawn = np.zeros((2 * pairs, strata.size), dtype=bool)
    for pair in range(pairs):
        rng = stream(seed, "stability", pair)
        order = rng.permutation(strata.size)
        # dealt in turn within a stratum, the turn running on from one to the next: halves of all subjects, too
        turn = order[np.argsort(strata[order], kind="stable")]
        drawn[2 * pair, turn[::2]] = True
        drawn[2 * pair + 1, turn[1::2]] = True
    return drawn


def _lists(
    cohort: Cohort, screens: pl.DataFrame, drawn: Rows, settings: StabilitySettings
) -> Iterator["_List | dict[str, Any]"]:
    """Each list with its scores, or its row where it cannot be searched."""
    ok = screens.filter(pl.col("status") == "ok").with_columns(pl.col("contrast").cast(pl.String))
    tested = {
        key: set((part["modality"] + ":" + part["feature_id"]).to_list())
        for key, part in ok.group_by(KEY, maintain_order=True)
    }
    for contrast in screens["contrast"].cast(pl.String).unique(maintain_order=True):
        for analysis in analyses(cohort, contrast):
            for endpoint in cohort.endpoints:
                rows = analysis.used & endpoint.known
                own = tested.get((endpoint.name, analysis.comparison, contrast), set())
                first = min(settings.first, max(1, len(own) // 10))
                scored = [_scores(endpoint, analysis, rows & half) for half in drawn]
                # a pair counts where both of its halves can be searched
                whole = [i for i in range(0, len(drawn), 2) if scored[i] is not None and scored[i + 1] is not None]
                use = [i for pair in whole for i in (pair, pair + 1)]
                about = {
                    "endpoint": endpoint.name, "comparison": analysis.comparison, "contrast": contrast,
                    "n": int(rows.sum()), "n_features": len(own), "n_halves": len(use),
                }  # fmt: skip
                if (why := _why_not(settings, own, len(whole))) is not None:
                    yield about | {"reason": why}
                    continue
                inside = (drawn[use] & rows).T.astype(np.float64)
                scores = np.column_stack([scored[i] for i in use])
                size = (len(use), first)
                yield _List(
                    endpoint, analysis, own, first, use, inside, scores,
                    np.zeros(size), np.full(size, -1, dtype=np.int64),
                )  # fmt: skip


def _why_not(settings: StabilitySettings, tested: set[str], pairs: int) -> str | None:
    if not settings.pairs:
        return "no half-samples were asked for"
    if len(tested) < 2:
        return f"{len(tested)} features were tested"
    if pairs < 2:
        return "the endpoint's model cannot be fitted in halves of the subjects"
    return None


def _scores(endpoint: Endpoint, analysis: Analysis, rows: Rows) -> Floats | None:
    """Scores of some subjects, centred, 0 elsewhere; (n_subjects,)."""
    if rows.sum() < _LEAST:
        return None
    arm = None if analysis.treatment is None else analysis.treatment[rows]
    found = subject_scores(Outcome.of(endpoint).at(rows), analysis.covariates[rows], arm, good_sign=endpoint.good_sign)
    if found is None or not np.isfinite(found).all():
        return None
    scores = np.zeros(len(rows))
    scores[rows] = found - found.mean()
    return scores


def _search(
    cohort: Cohort, matrix: FeatureMatrix, lists: Sequence[_List], tested: Sequence[Rows], drawn: Rows, offset: int
) -> None:
    """Look at all features of a modality in every half of every list; recipes are fitted in the half."""
    rows = cohort.rows_of(matrix)
    if not matrix.recipes:
        for start, values in transformed_blocks(matrix, np.ones(matrix.n_subjects, dtype=bool)):
            x = _centred(values)
            for one, kept in zip(lists, tested, strict=True):
                columns = np.flatnonzero(kept[start : start + values.shape[1]])
                found = _statistics(x[:, columns], one.inside[rows], one.scores[rows], robust=one.robust)
                _keep(one, found, offset + start + columns, slice(None))
        return
    for half in range(len(drawn)):
        (start, values), *_ = transformed_blocks(matrix, drawn[half][rows])
        x = _centred(values)
        for one, kept in zip(lists, tested, strict=True):
            columns = np.flatnonzero(kept)
            if half in one.halves:
                place = np.array([one.halves.index(half)])
                inside, scores = one.inside[rows][:, place], one.scores[rows][:, place]
                found = _statistics(x[:, columns], inside, scores, robust=one.robust)
                _keep(one, found, offset + start + columns, place)


def _centred(values: Floats) -> Floats:
    x = np.clip(values, -_BIGGEST, _BIGGEST)
    known = ~np.isnan(x)
    mean = np.where(known, x, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(x - mean)


def _statistics(x: Floats, inside: Floats, scores: Floats, *, robust: bool) -> Floats:
    """|T| of each feature in each half, (n_features, n_halves); 0 where a feature says nothing."""
    missing = np.isnan(x)
    x = np.where(missing, 0.0, x)
    squared, s2 = x**2, scores**2
    if missing.any():
        known = (~missing).astype(np.float64).T
        n, s, q = known @ inside, known @ scores, known @ s2
    else:
        n, s, q = (part.sum(axis=0, keepdims=True) for part in (inside, scores, s2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (x.T @ inside) / n
        if robust:
            lower = squared.T @ s2 - 2.0 * mean * (x.T @ s2) + mean**2 * q
        else:
            lower = (squared.T @ inside - n * mean**2) * (q / n - (s / n) ** 2)
        found = np.abs(x.T @ scores - mean * s) / np.sqrt(lower)
    return np.where((n >= _LEAST) & (lower > 0) & np.isfinite(found), found, 0.0)


def _keep(one: _List, found: Floats, index: NDArray[np.int64], halves_: "slice | NDArray[np.int64]") -> None:
    """Merge a block into the best so far: by statistic, ties by place in the study."""
    best = np.concatenate([one.best[halves_], found.T], axis=1)
    where = np.concatenate([one.where[halves_], np.broadcast_to(index, found.T.shape)], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")[:, : one.first]
    one.best[halves_] = np.take_along_axis(best, order, axis=1)
    one.where[halves_] = np.take_along_axis(where, order, axis=1)


def _told(one: _List, names: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The list's row, and a row a feature that was selected at all."""
    places = np.unique(one.where[one.best > 0])
    selected = np.zeros((len(one.where), len(one.tested)), dtype=bool)
    column = {int(place): k for k, place in enumerate(places)}
    for half, (row, best) in enumerate(zip(one.where, one.best, strict=True)):
        selected[half, [column[int(place)] for place, value in zip(row, best, strict=True) if value > 0]] = True
    found = selection_stability(selected, pairs=True)
    about = one.key | {
        "n": int((one.analysis.used & one.endpoint.known).sum()),
        "n_features": len(one.tested),
        "first": one.first,
        "n_halves": len(selected),
        "reason": "no half selected anything" if np.isnan(found.index) else None,
    }
    if not np.isnan(found.index):
        about |= {"index": found.index, "ci_low": found.ci_low, "ci_high": found.ci_high}
    shares = zip(places, found.share, strict=False)
    return about, [one.key | {"candidate_id": names[place], "stability": float(share)} for place, share in shares]


def _table(rows: list[dict[str, Any]], schema: Any) -> pl.DataFrame:
    empty = schema.create_empty()
    full = [dict.fromkeys(empty.columns) | row for row in rows]
    return pl.DataFrame(full, schema=dict(empty.schema), strict=False) if full else empty
