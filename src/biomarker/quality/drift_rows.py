"""The rows of drifting analysers, and what a policy makes of their results."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from scipy.stats import norm

from biomarker import rng
from biomarker.data.cohort import Cohort
from biomarker.data.quality_tables import ALL
from biomarker.quality.analyser import Series, analyser_drifts
from biomarker.quality.findings import Findings
from biomarker.quality.laboratory.drift import crossing

if TYPE_CHECKING:
    from biomarker.quality.judge import JudgeSettings

__all__ = ["ACTIONS", "drift_row", "drift_rows", "iso_day"]

#: What becomes of results from the onset on, by policy.
ACTIONS = {"flag": "nothing", "exclude": "excluded", "correct": "corrected"}
_EPOCH = date(1970, 1, 1)
_FAR = 365 * 200


def drift_rows(
    found: Findings,
    modality: str,
    records: pl.DataFrame | pl.LazyFrame,
    cohort: Cohort,
    groups: Mapping[str, str],
    settings: "JudgeSettings",
) -> None:
    """Every test of every site of one modality."""
    if not records.lazy().select(pl.col("date").is_not_null().any()).collect(engine="streaming").item():
        found.add("drift", modality, n=0, flagged=0, message="results carry no dates: drift cannot be told")
        return
    series = analyser_drifts(
        records,
        groups,
        cohort.covariate_columns()[0],
        cohort.subject_ids,
        level=settings.level,
        rng=rng.stream(settings.seed, "quality", "drift", modality),
    )
    flagged = [one for one in series if one.drift is not None and one.p_adjusted <= settings.level]
    limit = float(np.log1p(settings.allowed_drift))
    rows = [drift_row(modality, one, flagged=one in flagged, limit=limit, settings=settings) for one in series]
    found.drift += rows
    judged = sum(one.drift is not None for one in series)
    if not flagged:
        found.add(
            "drift", modality, n=judged, flagged=0, message="tests at sites whose level changed over the calendar"
        )
    for row in rows:
        if row["flagged"]:
            at = f"{row['test']}" + ("" if row["group"] == ALL else f" at {row['group']}")
            found.add("drift", modality, item=at, n=judged, flagged=1, loud=True, statistic=row["change"],
                      p=row["p_adjusted"], message=f"the level changed on or about {row['onset']}")  # fmt: skip


def drift_row(
    modality: str,
    one: Series,
    *,
    flagged: bool,
    limit: float,
    settings: "JudgeSettings",
    source: Literal["patients", "controls"] = "patients",
) -> dict[str, Any]:
    """A row of ``quality/drift``; a growing change is foretold to cross ``± limit``, a logarithm."""
    row: dict[str, Any] = {
        "modality": modality, "test": one.test, "group": one.group, "source": source, "n": one.n,
        "last": iso_day(one.last_day),
        "on_logarithm": one.logarithm, "p_adjusted": one.p_adjusted, "flagged": flagged,
        "applied": ACTIONS[settings.policy] if flagged else "nothing",
    }  # fmt: skip
    if (drift := one.drift) is None:
        return row
    half = float(norm.ppf(0.975)) * drift.std_error
    changes = [drift.size, drift.size - half, drift.size + half]
    change, low, high = np.exp(changes).tolist() if one.logarithm else changes
    row |= {
        "kind": drift.kind, "onset": iso_day(drift.onset), "onset_low": iso_day(drift.onset_interval[0]),
        "onset_high": iso_day(drift.onset_interval[1]), "change": change, "change_low": low, "change_high": high,
        "slope": drift.slope, "p_value": drift.p_value,
    }  # fmt: skip
    ahead = crossing(drift, limit=limit) if flagged and one.logarithm else None
    if ahead is not None:
        row |= dict(zip(("crosses", "crosses_early", "crosses_late"), map(iso_day, ahead), strict=True))
    return row


def iso_day(days: float) -> str | None:
    """Date of days since 1970; none beyond two centuries."""
    return (_EPOCH + timedelta(days=float(days))).isoformat() if np.isfinite(days) and abs(days) < _FAR else None
