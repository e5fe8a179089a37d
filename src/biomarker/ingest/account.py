"""What a source's rows became, and what may not be a baseline feature."""

from collections.abc import Mapping

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import LeakageError
from biomarker.ingest.source import Ingested

__all__ = ["refuse_post_baseline", "rows_account"]


def rows_account(ingested: Ingested, modality: str) -> pl.DataFrame:
    """Rows read, used, quarantined and excluded, by reason; columns of `biomarker.data.tables.Flow`."""
    by_reason = ingested.quarantine.group_by("reason", maintain_order=True).len().sort("reason")
    rows = [("in", None, ingested.rows_in)]
    rows += [("quarantined", reason, n) for reason, n in by_reason.iter_rows()]
    rows += [("excluded", reason, n) for reason, n in sorted(ingested.excluded.items())]
    rows += [("used", None, ingested.rows_used)]
    return pl.DataFrame(
        {
            "scope": "ingest",
            "modality": modality,
            "endpoint": None,
            "comparison": None,
            "contrast": None,
            "unit": "rows",
            "kind": [row[0] for row in rows],
            "reason": pl.Series([row[1] for row in rows], dtype=pl.String),
            "n": [row[2] for row in rows],
        }
    )


def refuse_post_baseline(content: FeatureValues, post_baseline: Mapping[str, str], modality: str) -> None:
    """Raise a `LeakageError` where a baseline matrix holds a column that was measured after treatment began.

    Parameters
    ----------
    content : FeatureValues
    post_baseline : mapping of column to the reason it is none of the baseline
    modality : str
    """
    found = [name for name in content.features["feature_id"] if name in post_baseline]
    if found:
        listed = "; ".join(f"{name} ({post_baseline[name]})" for name in found)
        raise LeakageError(
            f"modality {modality}: these columns are not known at baseline: {listed}",
            f"Name them under modalities.{modality}.exclude, or take them out of `columns`.",
        )
