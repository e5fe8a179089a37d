"""What a source's rows became, and what may not be a baseline feature."""

from collections.abc import Mapping

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.errors import LeakageError
from biomarker.ingest.endpoints import EndpointTable
from biomarker.ingest.source import Ingested

__all__ = ["endpoints_account", "refuse_post_baseline", "rows_account"]


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


def endpoints_account(found: EndpointTable) -> pl.DataFrame:
    """Subjects with and without each endpoint, and columns of a group that cannot be one; columns of ``Flow``."""
    rows: list[tuple[str, str | None, str, str, str | None, int]] = []
    for endpoint in found.endpoints:
        rows.append(("endpoints", endpoint.name, "subjects", "in", None, len(found.subject_ids)))
        for reason, n in sorted(found.missing[endpoint.name].items()):
            rows.append(("endpoints", endpoint.name, "subjects", "excluded", reason, n))
        rows.append(("endpoints", endpoint.name, "subjects", "used", None, int(endpoint.known.sum())))
    if found.left_out:
        given = len(found.endpoints) + len(found.left_out)
        rows.append(("endpoints", None, "endpoints", "in", None, given))
        rows += [("endpoints", None, "endpoints", "excluded", f"{k}: {v}", 1) for k, v in found.left_out.items()]
        rows.append(("endpoints", None, "endpoints", "used", None, len(found.endpoints)))
    return pl.DataFrame(
        {
            "scope": [row[0] for row in rows],
            "modality": None,
            "endpoint": pl.Series([row[1] for row in rows], dtype=pl.String),
            "comparison": None,
            "contrast": None,
            "unit": [row[2] for row in rows],
            "kind": [row[3] for row in rows],
            "reason": pl.Series([row[4] for row in rows], dtype=pl.String),
            "n": [row[5] for row in rows],
        }
    )


def refuse_post_baseline(content: FeatureValues, post_baseline: Mapping[str, str], modality: str) -> None:
    """Raise a `LeakageError` where a baseline matrix holds a column that was measured after treatment began.

    Parameters
    ----------
    content : FeatureValues
    post_baseline : mapping of column to the reason it is none of the baseline
        Whatever file a column of that name comes from, and in upper or lower case.
    modality : str
    """
    reasons = {name.casefold(): reason for name, reason in post_baseline.items()}
    found = [name for name in content.features["feature_id"] if name.casefold() in reasons]
    if found:
        listed = "; ".join(f"{name} ({reasons[name.casefold()]})" for name in found)
        raise LeakageError(
            f"modality {modality}: these columns are not known at baseline: {listed}",
            f"Name them under modalities.{modality}.exclude, take them out of `columns`, or make them a modality of "
            "their own, with `when: on-treatment` and a landmark.",
        )
