"""Formulas among the ranked candidates."""

import polars as pl

from biomarker.data.tables import Candidates

__all__ = ["with_formulas"]

_ANSWER = ["endpoint", "comparison", "contrast"]


def with_formulas(candidates: pl.DataFrame, formulas: pl.DataFrame) -> pl.DataFrame:
    """Both in one table, each with the ranks of the whole: by q-value, then p.

    A formula's q-value is its p-value in held-out subjects by Holm's correction over the leaders of its search, so that
    it stands on a line with features that were corrected over all that were tested.

    Parameters
    ----------
    candidates, formulas : polars.DataFrame
        Columns of `biomarker.data.tables.Candidates`; those of formulas have directions.
    """
    if formulas.is_empty():
        return candidates
    both = pl.concat([Candidates.validate(candidates), Candidates.validate(formulas)])
    single = (pl.col("kind") == "single").cast(pl.Int8)
    both = both.sort(["q_value", "log10_p", single, "rank_overall", "candidate_id"], nulls_last=True)
    return both.with_columns(
        pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("rank_overall"),
        pl.int_range(1, pl.len() + 1).over(_ANSWER).cast(pl.Int64).alias("rank"),
    )
