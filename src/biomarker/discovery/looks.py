"""What half-samples and further cohorts said, beside the candidates."""

import polars as pl

__all__ = ["with_replication", "with_stability"]

KEY = ["candidate_id", "endpoint", "comparison", "contrast"]
LIST = KEY[1:]


def with_replication(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows of candidates with ``replication``: the share of the cohorts it could be tried in in which it held."""
    share = found.filter(pl.col("status") == "ok").group_by(KEY).agg(pl.col("held").mean().alias("replication"))
    same = share.with_columns(pl.col("contrast").cast(rows.schema["contrast"]))
    return rows.join(same, on=KEY, how="left", maintain_order="left")


def with_stability(rows: pl.DataFrame, features: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Rows of candidates with ``stability``: 0 for one that no half selected, null in a list without half-samples."""
    searched = lists.filter(pl.col("index").is_not_null()).select(*LIST, pl.lit(0.0).alias("_none"))
    rows = rows.drop("stability", strict=False)
    rows = rows.join(features, on=KEY, how="left", maintain_order="left")
    rows = rows.join(searched, on=LIST, how="left", maintain_order="left")
    return rows.with_columns(pl.coalesce("stability", "_none").alias("stability")).drop("_none")
