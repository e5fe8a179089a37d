"""Analysers that leave their level: every test of every site, by each subject's first results over the calendar."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.quality_tables import ALL
from biomarker.quality.laboratory.drift import FEWEST, Drift, find_drift

__all__ = ["Series", "analyser_drifts", "first_results", "tried_harder"]

#: Permutations at first, and those of series that look unlikely.
FIRST_LOOK = 199


@dataclass(frozen=True)
class Series:
    """One test at one site.

    Attributes
    ----------
    test, group : str
    n : int
        Subjects.
    last_day : int
        Date of the last result, as days since 1970.
    drift : Drift or None
        In units of the logarithm of the results where ``logarithm``, else of the results; time in days since 1970.
    logarithm : bool
    p_adjusted : float
        Times the number of series looked at (Bonferroni).
    """

    test: str
    group: str
    n: int
    last_day: int
    drift: Drift | None
    logarithm: bool
    p_adjusted: float


def analyser_drifts(
    records: pl.DataFrame | pl.LazyFrame,
    groups: Mapping[str, str],
    covariates: NDArray[np.float64],
    subject_ids: tuple[str, ...],
    *,
    level: float,
    rng: np.random.Generator,
) -> tuple[Series, ...]:
    """Look for a change of level in each test at each site.

    Each subject enters a test once: with the mean of the results of its first date, as a logarithm where all results
    are positive, adjusted for the covariates by least squares over all sites. `find_drift` judges each series; p is
    multiplied by their number, and permutations go on until it could fall to a fifth of ``level``.

    Parameters
    ----------
    records : polars.DataFrame or polars.LazyFrame
        ``subject_id, test, value, date``; rows without a date are not used. Of lazy ones no more than each subject's
        first day is ever held.
    groups : mapping of subject to site
        Subjects without one are not used; empty: one group of all.
    covariates : array (n_subjects, n_columns)
        NaN where missing (at the column's mean).
    subject_ids : tuple of str
        The rows of ``covariates``; others' records are not used.
    level : float
    rng : numpy.random.Generator

    Notes
    -----
    A first result is mostly one before treatment, so that the drug's own effect is no drift. **Valid when** subjects
    come in no order that matters: a site that turns to sicker patients on a day looks like an analyser that drifts.
    """
    first = first_results(records, subject_ids)
    row = {subject: i for i, subject in enumerate(subject_ids)}
    design = np.column_stack([np.ones(len(subject_ids)), _filled(covariates)])
    pieces = []
    for (test,), part in first.group_by("test", maintain_order=True):
        rows = np.array([row[subject] for subject in part["subject_id"]])
        values, days = part["value"].to_numpy(), part["day"].to_numpy()
        logarithm = bool((values > 0).all())
        residual = _adjusted(np.log(values) if logarithm else values, design[rows])
        site = np.array([groups.get(s) if groups else ALL for s in part["subject_id"]], dtype=object)
        pieces += [
            (str(test), str(one), days[site == one], residual[site == one], logarithm)
            for one in sorted({s for s in site if s is not None})
        ]
    judged = [piece for piece in pieces if len(piece[2]) >= 2 * FEWEST]
    needed = int(np.ceil(5 * len(judged) / level)) if judged else 0
    found = []
    for test, site, days, residual, logarithm in pieces:
        drift = tried_harder(days, residual, needed, rng=rng) if len(days) >= 2 * FEWEST else None
        p = 1.0 if drift is None else min(1.0, drift.p_value * len(judged))
        found.append(Series(test, site, len(days), int(days.max()), drift, logarithm, p))
    return tuple(found)


def tried_harder(
    days: NDArray[np.float64], values: NDArray[np.float64], needed: int, *, rng: np.random.Generator
) -> Drift | None:
    """`find_drift` with few permutations, and with ``needed`` of them where the few say that something may be there."""
    drift = find_drift(days, values, rng=rng, permutations=FIRST_LOOK)
    if drift is not None and drift.p_value <= 3 / (1 + FIRST_LOOK):
        return find_drift(days, values, rng=rng, permutations=needed)
    return drift


def first_results(records: pl.DataFrame | pl.LazyFrame, subject_ids: tuple[str, ...]) -> pl.DataFrame:
    """One row a subject and test: mean of the results of the first date, as ``test, subject_id, value, day``.

    Lazy records are gone through twice, for the dates and for their results, and never held; the mean is of sorted
    results, so that it is the same in whatever order they came.
    """
    known = pl.col("date").is_not_null() & pl.col("subject_id").is_in(list(subject_ids))
    dated = records.lazy().filter(known).select("subject_id", "test", "date", "value")
    by = ["test", "subject_id", "date"]
    firsts = dated.group_by("test", "subject_id").agg(pl.col("date").min()).collect(engine="streaming")
    held = dated.join(firsts.lazy(), on=by, how="semi").collect(engine="streaming").sort(*by, "value")
    first = held.group_by(by, maintain_order=True).agg(pl.col("value").mean())
    return first.select("test", "subject_id", "value", day=pl.col("date").dt.epoch("d").cast(pl.Float64)).sort(
        "test", "day", "subject_id"
    )


def _filled(covariates: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(covariates)
    mean = np.where(known, covariates, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, covariates, mean)


def _adjusted(values: NDArray[np.float64], design: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals of least squares, where subjects outnumber columns threefold; else centred."""
    if len(values) < 3 * design.shape[1]:
        return values - values.mean()
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
