"""The doubly robust answers beside the candidates that the screen found."""

import polars as pl

__all__ = ["with_predictive_calls"]

_OF_MARKERS = ("p_marginal", "p_conditional", "q_conditional")


def with_predictive_calls(candidates: pl.DataFrame, markers: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Candidates of the predictive contrast with their marginal and conditional p-values and the global one.

    They are looks of their own and never enter `p_value`; the conditional one is a part of the score.

    Parameters
    ----------
    candidates : polars.DataFrame
        Columns of `biomarker.data.tables.Candidates`.
    markers, questions : polars.DataFrame
        Columns of `biomarker.data.predictive_tables`.
    """
    columns = candidates.columns
    single = pl.when(pl.col("kind") == "single", pl.col("contrast") == "predictive").then(pl.col("candidate_id"))
    own = markers.select(
        pl.concat_str("modality", "feature_id", separator=":").alias("_single"),
        "endpoint",
        "comparison",
        *_OF_MARKERS,
    )
    overall = questions.select("endpoint", "comparison", "p_global", pl.lit("predictive").alias("_asked"))
    return (
        candidates.drop(*_OF_MARKERS, "p_global")
        .with_columns(single.alias("_single"), pl.col("contrast").cast(pl.String).alias("_asked"))
        .join(own, on=["_single", "endpoint", "comparison"], how="left", maintain_order="left")
        .join(overall, on=["_asked", "endpoint", "comparison"], how="left", maintain_order="left")
        .select(columns)
    )
