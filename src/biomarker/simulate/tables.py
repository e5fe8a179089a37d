"""The drawn trial as the tables a study hands over."""

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate.expression import Expression
from biomarker.simulate.outcomes import Availability, Outcomes
from biomarker.simulate.subjects import Subjects, iso_dates

__all__ = ["expression_table", "subject_table"]


def subject_table(subjects: Subjects, availability: Availability, outcomes: Outcomes) -> pl.DataFrame:
    """One row a subject: who, where, which arm, and the endpoints as far as they were written down.

    Parameters
    ----------
    subjects : Subjects
    availability : Availability
    outcomes : Outcomes

    Returns
    -------
    polars.DataFrame (n_subjects, 12)
    """
    return pl.DataFrame(
        {
            "subject_id": subjects.subject_id,
            "site": [f"S{site + 1:02d}" for site in subjects.site],
            "arm": np.where(subjects.drug, "drug", "placebo"),
            "randomised_on": iso_dates(subjects.day),
            "age": subjects.age,
            "sex": np.where(subjects.female, "f", "m"),
            "ecog": _known(subjects.ecog, ~subjects.ecog_missing),
            "best_response": outcomes.best_response,
            "pfs_months": outcomes.pfs_months,
            "pfs_event": outcomes.pfs_event.astype(int),
            "tumour_change": _known(outcomes.tumour_change, availability.tumour_measured),
        }
    )


def expression_table(expression: Expression, subjects: Subjects, *, seed: int) -> pl.DataFrame:
    """Genes in rows, profiled subjects in columns; the columns come in an order of their own, as real matrices do.

    Parameters
    ----------
    expression : Expression
    subjects : Subjects
    seed : int
        Of the order of the columns.

    Returns
    -------
    polars.DataFrame (n_genes, 1 + n_profiled)
    """
    profiled = rng.stream(seed, "simulate", "columns").permutation(np.flatnonzero(expression.profiled))
    values = pl.from_numpy(expression.measured[:, profiled], schema=subjects.subject_id[profiled].tolist())
    return values.fill_nan(None).insert_column(0, pl.Series("gene", expression.gene))


def _known(values: np.ndarray, known: np.ndarray) -> list:
    """Values as a list with None where unknown."""
    return [value if there else None for value, there in zip(values.tolist(), known, strict=True)]
