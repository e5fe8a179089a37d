"""Patients' results as controls: a moving statistic over each test at each site, and results against those before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker import rng
from biomarker.data.cohort import Cohort
from biomarker.data.quality_tables import ALL
from biomarker.quality.analyser import FIRST_LOOK, first_results
from biomarker.quality.drift_rows import iso_day
from biomarker.quality.findings import Findings
from biomarker.quality.laboratory.patients import delta_check, moving_average, moving_mean, moving_median, trimmed

if TYPE_CHECKING:
    from biomarker.quality.judge import JudgeSettings

__all__ = ["DeltaSettings", "MovingSettings", "judge_deltas", "judge_moving"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MovingSettings:
    """How patients' results are looked at as controls; see the study file's ``quality.patients``."""

    statistic: Literal["mean", "median", "ewma"] = "median"
    block: int = 20
    truncate: float = 0.02


@dataclass(frozen=True, kw_only=True)
class DeltaSettings:
    """By test, the change in percent beyond which a result is odd; one longer ago is not compared with."""

    limits: Mapping[str, float]
    within_days: float = 90.0


def judge_moving(
    found: Findings,
    modality: str,
    records: pl.DataFrame | pl.LazyFrame,
    cohort: Cohort,
    groups: Mapping[str, str],
    moving: MovingSettings,
    settings: "JudgeSettings",
) -> None:
    """Watch a moving statistic of each subject's first result, in order of date, by test and site.

    Results beyond the ``truncate`` quantiles are set to them; the statistic moves over ``block`` results. Its limits
    stand about the median of all results, as far as the statistic strays anywhere in a share ``settings.level`` of
    series whose results are permuted; ``p_value`` is the share that strays as far as the one seen, times the number of
    series. Series of fewer than twice ``block`` results are not judged.

    Notes
    -----
    First results are mostly from before treatment, so that the drug's own effect is no alarm. **Valid when** subjects
    come in no order that matters. Limits by permutation serve a study that is looked at afterwards; a laboratory that
    watches day by day sets them by `biomarker.quality.laboratory.patients.alarm_limits`.
    """
    first = first_results(records, cohort.subject_ids)
    pieces = []
    for (test,), part in first.group_by("test", maintain_order=True):
        site = [groups.get(s) if groups else ALL for s in part["subject_id"]]
        for one in sorted({s for s in site if s is not None}):
            here = part.filter(pl.Series([s == one for s in site]))
            pieces.append((str(test), one, here["value"].to_numpy(), here["day"].to_numpy()))
    judged = sum(len(values) >= 2 * moving.block for _, _, values, _ in pieces)
    needed = int(np.ceil(5 * judged / settings.level)) if judged else 0
    generator = rng.stream(settings.seed, "quality", "moving", modality)
    flagged = 0
    for test, one, values, day in pieces:
        row: dict[str, object] = {"modality": modality, "test": test, "group": one, "statistic": moving.statistic}
        row |= {"n": len(values), "n_alarms": 0, "p_adjusted": 1.0, "flagged": False}
        if len(values) >= 2 * moving.block and np.ptp(values) > 0:
            row |= _watched(values, day, moving, settings.level, judged, needed, generator)
        flagged += bool(row["flagged"])
        found.moving.append(row)
        if row["flagged"]:
            found.add("moving", modality, item=test if one == ALL else f"{test} at {one}", n=judged, flagged=1,
                      p=float(row["p_adjusted"]),  # type: ignore[arg-type]
                      message=f"patients' results leave their limits on {row['first_alarm']}")  # fmt: skip
    if not flagged:
        found.add(
            "moving", modality, n=judged, flagged=0, message="tests at sites whose moving statistic left its limits"
        )


def _watched(
    values: Floats, day: Floats, moving: MovingSettings, level: float, judged: int, needed: int,
    generator: np.random.Generator,
) -> dict[str, object]:  # fmt: skip
    low, high = np.quantile(values, [moving.truncate, 1 - moving.truncate])
    kept = trimmed(values, limits=(low, high), outside="winsorise") if low < high else values
    centre = float(np.median(kept))
    path = _path(kept, centre, moving)
    seen = np.abs(path - centre).max()

    def strays(n: int) -> Floats:
        return np.array([np.abs(_path(generator.permutation(kept), centre, moving) - centre).max() for _ in range(n)])

    by_chance = strays(FIRST_LOOK)
    if (by_chance >= seen).sum() <= 2:
        by_chance = strays(max(needed, FIRST_LOOK))
    p = (1 + int((by_chance >= seen * (1 - 1e-12)).sum())) / (1 + len(by_chance))
    limit = float(np.quantile(by_chance, 1 - level))
    alarms = np.flatnonzero(np.abs(path - centre) > limit)
    at = day[len(values) - len(path) :]
    return {
        "centre": centre, "low": centre - limit, "high": centre + limit, "n_alarms": len(alarms),
        "first_alarm": iso_day(at[alarms[0]]) if len(alarms) else None, "p_value": p,
        "p_adjusted": min(1.0, p * judged), "flagged": p * judged <= level and len(alarms) > 0,
    }  # fmt: skip


def _path(values: Floats, centre: float, moving: MovingSettings) -> Floats:
    if moving.statistic == "mean":
        return moving_mean(values, block=moving.block)
    if moving.statistic == "median":
        return moving_median(values, block=moving.block)
    return moving_average(values, weight=2 / (moving.block + 1), start=centre)


def judge_deltas(found: Findings, modality: str, records: Iterable[pl.DataFrame], delta: DeltaSettings) -> None:
    """Hold each result against the subject's result of the test before it, and name those that changed too much.

    Parameters
    ----------
    found : Findings
        A row of ``samples`` for each subject with an odd change, its largest; never left out.
    modality : str
    records : iterable of polars.DataFrame
        ``subject_id, test, value, d`` of the modality's window, each subject's in one frame.
    delta : DeltaSettings
    """
    compared = odd = 0
    worst: dict[str, tuple[float, str]] = {}
    for part in records:
        for test, limit in sorted(delta.limits.items()):
            rows = part.filter(pl.col("test").cast(pl.String) == test, pl.col("value").is_not_null())
            if rows.is_empty():
                continue
            subject = rows["subject_id"].cast(pl.String).to_numpy()
            check = delta_check(subject, rows["d"].to_numpy(), rows["value"].to_numpy(), limit=limit,
                                within_days=delta.within_days)  # fmt: skip
            compared += int((~np.isnan(check.change)).sum())
            odd += int(check.flagged.sum())
            for who, change in zip(subject[check.flagged], check.change[check.flagged], strict=True):
                share = abs(float(change)) / limit
                if who not in worst or share > worst[who][0]:
                    worst[who] = (share, f"{test} changed by {change:.0f}% since the visit before")
    for who, (share, words) in sorted(worst.items()):
        found.sample(modality, who, "delta", share, words)
    found.add("delta", modality, item=", ".join(sorted(delta.limits)), n=compared, flagged=odd,
              message="results that differ from the subject's result before by more than the limit")  # fmt: skip
