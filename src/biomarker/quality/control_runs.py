"""Control materials of the analysers behind a modality: rules, charts, drift, and what to make of patients' results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binom

from biomarker import rng
from biomarker.data.quality_tables import ALL
from biomarker.features.judged import under_runs
from biomarker.quality.analyser import Series, tried_harder
from biomarker.quality.drift_rows import drift_row, iso_day
from biomarker.quality.findings import Findings
from biomarker.quality.laboratory.charts import cusum, ewma
from biomarker.quality.laboratory.drift import FEWEST, Drift
from biomarker.quality.laboratory.westgard import RULES, WARNING, multirule

if TYPE_CHECKING:
    from biomarker.quality.judge import JudgeSettings

__all__ = ["ControlRuns", "judge_controls", "judge_results"]

Floats = NDArray[np.float64]

#: A series of which clearly more runs are rejected is loud. In control some 4% are; but they come in rows, because the
#: rules look back, so that their number varies more than that of independent runs.
IN_ORDER = 0.10
#: A series is judged with so many runs beyond those that set its limits.
FEWEST_JUDGED = 5


@dataclass(frozen=True, kw_only=True)
class ControlRuns:
    """Results of control materials, and how they are judged.

    Attributes
    ----------
    results : polars.DataFrame
        ``test, level, value, date, run``, and ``group, target, sd`` where the laboratory gives them.
    in_control : int
        So many first runs of each series set limits that the laboratory does not give, and the charts' spread.
    rules : sequence of str
        See `biomarker.quality.laboratory.westgard.multirule`.
    """

    results: pl.DataFrame
    in_control: int = 20
    rules: Sequence[str] = RULES


@dataclass(frozen=True)
class _Runs:
    """One test at one site: a row a run, a column a control of it (a level, or a replicate of one)."""

    test: str
    group: str
    day: Floats
    run: Floats
    levels: tuple[str, ...]
    value: Floats
    target: Floats
    sd: Floats
    base: NDArray[np.bool_]

    def z(self, value: Floats) -> Floats:
        """Distance of results from their targets in standard deviations (Levey-Jennings), of every run at once."""
        return (value - self.target) / self.sd


@dataclass
class _Judged:
    """What was found of one series."""

    runs: _Runs
    drift: Drift | None
    logarithm: bool
    rules: list[tuple[str, ...]] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> NDArray[np.bool_]:
        return np.array([any(rule != WARNING for rule in broken) for broken in self.rules])


def judge_controls(found: Findings, modality: str, controls: ControlRuns, settings: "JudgeSettings") -> None:
    """Judge every test of every site by its control materials.

    A run is rejected by Westgard's rules on ``z = (value - target) / sd`` of its controls; the mean of its controls
    goes on charts of exponentially weighted averages and cumulative sums, scaled by its spread in the first runs; and
    the daily mean of ``log(value / target)`` is searched for a change of level with its onset, whose growth is foretold
    to cross three standard deviations (of ``z`` where results are not positive).

    Parameters
    ----------
    found : Findings
        Rows of ``controls``, ``drift`` and findings are added.
    modality : str
    controls : ControlRuns
    settings : JudgeSettings

    Notes
    -----
    What becomes of patients' results (``applied``): under ``exclude`` those of a rejected run; under ``correct`` a
    drift is divided off, the runs are judged again, and the results of those still rejected are left out. A run stands
    for the results from its day to the day before the next one with a run. **Valid when** the first runs were in
    control, or the laboratory's targets and standard deviations come from such a period; a material may react to a
    change of reagent as patients' blood does not, so that a change seen in patients' own results goes before it.
    """
    pieces, short, lost = _pieces(controls)
    generator = rng.stream(settings.seed, "quality", "controls", modality)
    needed = int(np.ceil(5 * len(pieces) / settings.level)) if pieces else 0
    judged = [_judged(one, needed, generator) for one in pieces]
    for one in judged:
        p = 1.0 if one.drift is None else min(1.0, one.drift.p_value * len(judged))
        drifts = one.drift is not None and p <= settings.level
        _apply(one, controls.rules, settings.policy, drifts=drifts)
        _add_drift(found, modality, one, p, len(judged), settings, drifts=drifts)
        found.controls += _rows(modality, one)
    _add_findings(found, modality, judged, short, lost, settings)


def judge_results(
    found: Findings, modality: str, records: pl.DataFrame | pl.LazyFrame, groups: Mapping[str, str]
) -> None:
    """Count the results of patients that stand under a rejected run of the modality's control materials.

    Tests and sites whose names the records lack are named: a control run that stands for nobody is a misspelling.
    """
    rows = [row for row in found.controls if row["modality"] == modality]
    if not rows:
        return
    runs = pl.DataFrame(rows).select("test", "group", "date", "run", "rejected", "applied")
    dated = records.lazy().filter(pl.col("date").is_not_null())
    tests = set(dated.select(pl.col("test").cast(pl.String).unique()).collect(engine="streaming").to_series())
    unknown = sorted(set(runs["test"]) - tests)
    unknown += sorted(set(runs["group"]) - set(groups.values()) - {ALL}) if groups else []
    here = under_runs(runs, groups, pl.col("rejected"))
    of_tests = dated.filter(pl.col("test").cast(pl.String).is_in(sorted(set(runs["test"]))))
    under = pl.lit(0) if here is None else here.sum()
    n, flagged = of_tests.select(pl.len(), under.alias("under")).collect(engine="streaming").row(0)
    more = f"; of tests or sites that no result names: {', '.join(unknown)}" if unknown else ""
    found.add("control_results", modality, n=n, flagged=flagged or 0, statistic=(flagged or 0) / n if n else None,
              message=f"results of patients under a rejected run{more}")  # fmt: skip


def _pieces(controls: ControlRuns) -> tuple[list[_Runs], int, int]:
    """Series with enough runs; how many have too few; rows without a result."""
    given = controls.results
    group = pl.col("group") if "group" in given.columns else pl.lit(ALL).alias("group")
    blank = [pl.lit(None, dtype=pl.Float64).alias(name) for name in ("target", "sd") if name not in given.columns]
    rows = given.with_columns(group, *blank).filter(pl.col("value").is_not_null())
    rows = rows.sort("test", "group", "date", "run", maintain_order=True).with_columns(
        number=pl.int_range(pl.len()).over("test", "group", "date", "run", "level")
    )
    pieces, short = [], 0
    for (test, one), part in rows.group_by("test", "group", maintain_order=True):
        runs = _runs(str(test), str(one), part, controls.in_control)
        if runs is None:
            short += 1
        else:
            pieces.append(runs)
    return pieces, short, given.height - rows.height


def _runs(test: str, group: str, part: pl.DataFrame, in_control: int) -> _Runs | None:
    """None where runs, or results of a level in control, are too few."""
    keys = part.select("date", "run").unique(maintain_order=True)
    if keys.height < in_control + FEWEST_JUDGED:
        return None
    place = {key: i for i, key in enumerate(keys.iter_rows())}
    columns = sorted(part.select("level", "number").unique().iter_rows())
    at = {column: j for j, column in enumerate(columns)}
    value, target, sd = (np.full((len(place), len(at)), np.nan) for _ in range(3))
    for row in part.iter_rows(named=True):
        i, j = place[(row["date"], row["run"])], at[(row["level"], row["number"])]
        value[i, j] = row["value"]
        target[i, j] = np.nan if row["target"] is None else row["target"]
        sd[i, j] = np.nan if row["sd"] is None else row["sd"]
    base = np.arange(len(place)) < in_control
    for level in {level for level, _ in columns}:
        of = [j for (one, _), j in at.items() if one == level]
        known = value[np.ix_(base, of)]
        known = known[np.isfinite(known)]
        if len(known) < in_control // 2 or (spread := float(known.std(ddof=1))) <= 0:
            return None
        for j in of:
            target[:, j] = np.where(np.isnan(target[:, j]), known.mean(), target[:, j])
            sd[:, j] = np.where(np.isnan(sd[:, j]), spread, sd[:, j])
    day = np.array([(d - _EPOCH).days for d in keys["date"]], dtype=np.float64)
    run = keys["run"].to_numpy().astype(np.float64)
    return _Runs(test, group, day, run, tuple(level for level, _ in columns), value, target, sd, base)


_EPOCH = date(1970, 1, 1)


def _judged(runs: _Runs, needed: int, generator: np.random.Generator) -> _Judged:
    """The change of level of one series, by the mean of each day."""
    known = np.isfinite(runs.value)
    logarithm = bool((runs.value[known] > 0).all() and (runs.target[known] > 0).all())
    scaled = np.log(runs.value / runs.target) if logarithm else runs.z(runs.value)
    daily = np.nanmean(scaled, axis=1)
    days = np.unique(runs.day)
    level = np.array([daily[runs.day == one].mean() for one in days])
    enough = len(days) >= 2 * FEWEST
    return _Judged(runs, tried_harder(days, level, needed, rng=generator) if enough else None, logarithm)


def _apply(one: _Judged, rules: Sequence[str], policy: str, *, drifts: bool) -> None:
    """Judge each run by the rules, and say what becomes of the results that it stands for."""
    runs = one.runs
    verdicts = multirule(runs.z(runs.value), rules=rules)
    one.rules = [verdict.rules for verdict in verdicts]
    left = np.array([verdict.rejected for verdict in verdicts])
    mended = np.zeros(len(left), dtype=bool)
    if policy == "correct" and drifts and one.logarithm and one.drift is not None:
        reached = _reached(one.drift, runs.day)
        mended = reached != 0
        again = multirule(runs.z(runs.value / np.exp(reached)[:, None]), rules=rules)
        left = np.array([verdict.rejected for verdict in again])
    one.applied = [
        "nothing" if policy == "flag" else "excluded" if out else "corrected" if moved else "nothing"
        for out, moved in zip(left, mended, strict=True)
    ]


def _reached(drift: Drift, day: Floats) -> Floats:
    """What a change had reached on each day; 0 before its onset."""
    if drift.kind == "step":
        return np.where(day >= drift.onset, drift.size, 0.0)
    return np.where(day >= drift.onset, drift.size + drift.slope * (day - day.max()), 0.0)


def _rows(modality: str, one: _Judged) -> list[dict[str, Any]]:
    """A row a result, with its run's verdict and charts."""
    runs, rejected = one.runs, one.rejected
    z = runs.z(runs.value)
    mean = np.nanmean(z, axis=1)
    spread = float(mean[runs.base].std(ddof=1))
    smooth = ewma(mean, target=0.0, sigma=spread, weight=0.2, width=3.0)
    sums = cusum(mean, target=0.0, sigma=spread)
    return [
        {
            "modality": modality, "test": runs.test, "group": runs.group, "level": runs.levels[j],
            "date": iso_day(runs.day[i]), "run": f"{runs.run[i]:g}", "value": runs.value[i, j],
            "target": runs.target[i, j], "sd": runs.sd[i, j], "z": z[i, j], "in_control": bool(runs.base[i]),
            "broken": ", ".join(one.rules[i]) or None, "rejected": bool(rejected[i]),
            "ewma": smooth.values[i], "ewma_signal": i in smooth.signals, "cusum_signal": i in sums.signals,
            "applied": one.applied[i],
        }
        for i, j in zip(*np.nonzero(np.isfinite(runs.value)), strict=True)
    ]  # fmt: skip


def _add_drift(
    found: Findings, modality: str, one: _Judged, p: float, n: int, settings: "JudgeSettings", *, drifts: bool
) -> None:
    runs = one.runs
    cv = float(np.nanmean(runs.sd / runs.target)) if one.logarithm else np.nan
    series = Series(runs.test, runs.group, len(runs.day), int(runs.day.max()), one.drift, one.logarithm, p)
    limit = float(np.log1p(3 * cv)) if one.logarithm else 3.0
    row = drift_row(modality, series, flagged=drifts, limit=limit, settings=settings, source="controls")
    if not one.logarithm:
        row["applied"] = "nothing"  # in standard deviations of the material, which say nothing of patients' units
    found.drift.append(row)
    if drifts:
        found.add("drift", modality, item=f"{_at(one)} (controls)", n=n, flagged=1, loud=True,
                  statistic=row["change"], p=p,
                  message=f"control materials left their level on or about {row['onset']}")  # fmt: skip


def _add_findings(
    found: Findings, modality: str, judged: list[_Judged], short: int, lost: int, settings: "JudgeSettings"
) -> None:
    total = sum(len(one.rules) for one in judged)
    rejected = sum(int(one.rejected.sum()) for one in judged)
    also = ((short, "series too short to judge"), (lost, "rows without a result"))
    more = "".join(f"; {n} {what}" for n, what in also if n)
    found.add("control_runs", modality, n=total, flagged=rejected, statistic=rejected / total if total else None,
              message=f"runs of control materials that the rules reject{more}")  # fmt: skip
    for one in judged:
        n, out = len(one.rules), int(one.rejected.sum())
        p = min(1.0, float(binom.sf(out - 1, n, IN_ORDER)) * len(judged))
        if p <= settings.level:
            found.add("control_runs", modality, item=_at(one), n=n, flagged=out, loud=True, statistic=out / n, p=p,
                      message="more runs are rejected than of an analyser in control")  # fmt: skip


def _at(one: _Judged) -> str:
    return one.runs.test if one.runs.group == ALL else f"{one.runs.test} at {one.runs.group}"
