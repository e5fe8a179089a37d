"""What is known of a laboratory's methods: precision, agreement with another method, reference limits, sigma."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.errors import InsufficientDataError
from biomarker.quality.findings import Findings
from biomarker.quality.laboratory.comparison import deming, passing_bablok
from biomarker.quality.laboratory.performance import sigma_metric, total_error
from biomarker.quality.laboratory.precision import nested_precision
from biomarker.quality.laboratory.reference import direct_limits, indirect_limits

__all__ = ["Methods", "judge_methods"]

#: Below so many sigma a method needs more controls than a laboratory can run.
LOW_SIGMA = 3.0


@dataclass(frozen=True, kw_only=True)
class Methods:
    """Experiments on the methods behind a study's tests; None where there is none.

    Attributes
    ----------
    precision : polars.DataFrame
        ``test, day, run, value``.
    comparison : polars.DataFrame
        ``test, x, y``; y is the method in use.
    line : str
        ``passing-bablok`` or ``deming``, with ``ratio`` for the latter.
    reference : polars.DataFrame
        ``test, value`` and perhaps ``group``.
    population : str
        ``healthy``, or ``mixed`` where patients are among them.
    allowed_error : mapping of test to float
        In percent.
    """

    precision: pl.DataFrame | None = None
    comparison: pl.DataFrame | None = None
    line: Literal["passing-bablok", "deming"] = "passing-bablok"
    ratio: float = 1.0
    reference: pl.DataFrame | None = None
    population: Literal["healthy", "mixed"] = "healthy"
    allowed_error: Mapping[str, float] = field(default_factory=dict)


def judge_methods(found: Findings, methods: Methods, *, assigned: frozenset[str] = frozenset(), seed: int) -> None:
    """Add the rows of ``methods`` and a finding for each kind of experiment.

    Sigma is ``(allowed - |bias|) / cv`` in percent: the coefficient of variation within the laboratory from the
    precision experiment, else from the control materials in control (over sites and levels); the bias at the
    mean of the comparison from its line, else of the control materials against the targets that the laboratory gives.
    An experiment that cannot be judged has a row with the reason.

    Parameters
    ----------
    found : Findings
        Its rows of control materials are looked at.
    methods : Methods
    assigned : frozenset of str
        Modalities whose control materials have targets that the laboratory gives; others say nothing of a bias.
    seed : int
    """
    cv, bias = _precision(found, methods.precision), _comparison(found, methods)
    _reference(found, methods, seed=seed)
    for test, away in _control_biases(
        [row for row in found.controls if row["modality"] in assigned], set(methods.allowed_error)
    ):
        bias.setdefault(test, away)
    _sigma(found, methods.allowed_error, cv, bias)


def _precision(found: Findings, given: pl.DataFrame | None) -> dict[str, float]:
    """Coefficients of variation by test, in percent."""
    cvs: dict[str, float] = {}
    for test, part in _tests(given, "value"):
        try:
            one = nested_precision(part["day"].to_numpy(), part["run"].to_numpy(), part["value"].to_numpy())
        except ValueError as error:
            _row(found, "precision", test, "within-laboratory SD", n=part.height, reason=str(error))
            continue
        cvs[test] = one.cv
        _row(found, "precision", test, "mean", one.mean, n=one.n)
        _row(found, "precision", test, "repeatability SD", one.repeatability, one.repeatability_interval, n=one.n)
        _row(found, "precision", test, "between-run SD", one.run, n=one.n)
        _row(found, "precision", test, "between-day SD", one.day, n=one.n)
        interval = one.within_laboratory_interval
        _row(found, "precision", test, "within-laboratory SD", one.within_laboratory, interval, n=one.n)
        _row(found, "precision", test, "within-laboratory CV, %", one.cv, n=one.n)
    if given is not None:
        n = given["test"].n_unique()
        message = f"precision experiments; {n - len(cvs)} could not be judged"
        found.add("precision", n=n, flagged=0, message=message)
    return cvs


def _comparison(found: Findings, methods: Methods) -> dict[str, float]:
    """Biases by test at the mean of the comparison, in percent."""
    biases: dict[str, float] = {}
    off = []
    for test, part in _tests(methods.comparison):
        x, y = (part[name].fill_null(np.nan).to_numpy() for name in ("x", "y"))
        try:
            line = passing_bablok(x, y) if methods.line == "passing-bablok" else deming(x, y, ratio=methods.ratio)
        except InsufficientDataError as error:
            _row(found, "comparison", test, "slope", n=part.height, reason=str(error))
            continue
        mean = float(x[np.isfinite(x) & np.isfinite(y)].mean())
        _row(found, "comparison", test, "slope", line.slope, line.slope_interval, n=line.n)
        _row(found, "comparison", test, "intercept", line.intercept, line.intercept_interval, n=line.n)
        if mean > 0:
            biases[test] = 100 * ((line.intercept + line.slope * mean) / mean - 1)
            _row(found, "comparison", test, "bias at the mean, %", biases[test], n=line.n)
        if not _within(1.0, line.slope_interval) or not _within(0.0, line.intercept_interval):
            off.append(test)
    if methods.comparison is not None:
        found.add("comparison", item=", ".join(off) or None, n=methods.comparison["test"].n_unique(), flagged=len(off),
                  message="methods whose line leaves slope 1 or intercept 0 outside its interval")  # fmt: skip
    return biases


def _reference(found: Findings, methods: Methods, *, seed: int) -> None:
    judged = refused = 0
    for test, of_test in _tests(methods.reference, "value"):
        groups = of_test.group_by("group", maintain_order=True) if "group" in of_test.columns else [((None,), of_test)]
        for (group,), part in sorted(groups, key=lambda one: str(one[0][0])):
            values, name = part["value"].to_numpy(), None if group is None else str(group)
            try:
                limits = (
                    direct_limits(values)
                    if methods.population == "healthy"
                    else indirect_limits(values, rng=rng.stream(seed, "quality", "reference", test, name or ""))
                )
            except InsufficientDataError as error:
                refused += 1
                _row(found, "reference", test, "lower limit", n=part.height, reason=str(error), group=name)
                continue
            judged += 1
            for quantity, value, interval in (
                ("lower limit", limits.low, limits.low_interval),
                ("upper limit", limits.high, limits.high_interval),
            ):
                _row(found, "reference", test, quantity, value, interval, n=limits.n, group=name)
    if methods.reference is not None:
        found.add("reference", n=judged + refused, flagged=0,
                  message=f"reference limits ({methods.population}); {refused} could not be judged")  # fmt: skip


def _sigma(found: Findings, allowed: Mapping[str, float], cv: Mapping[str, float], bias: Mapping[str, float]) -> None:
    low = []
    for test, error in sorted(allowed.items()):
        of_controls = [r for r in found.controls if r["test"] == test and r["in_control"]]
        spread = cv.get(test, _control_cv(of_controls))
        away = bias.get(test)
        if spread is None or away is None:
            what = "precision" if spread is None else "bias"
            reason = f"no {what} is known: neither an experiment nor control materials of this test"
            _row(found, "sigma", test, "sigma", n=len(of_controls), reason=reason)
            continue
        sigma = sigma_metric(error, away, spread)
        _row(found, "sigma", test, "allowed error, %", error, n=len(of_controls))
        _row(found, "sigma", test, "bias, %", away, n=len(of_controls))
        _row(found, "sigma", test, "CV, %", spread, n=len(of_controls))
        _row(found, "sigma", test, "total error, %", total_error(away, spread), n=len(of_controls))
        _row(found, "sigma", test, "sigma", sigma, n=len(of_controls))
        if sigma < LOW_SIGMA:
            low.append(test)
    if allowed:
        found.add("sigma", item=", ".join(low) or None, n=len(allowed), flagged=len(low),
                  message=f"methods below {LOW_SIGMA:g} sigma of the allowed error")  # fmt: skip


def _by_level(rows: Sequence[Mapping[str, object]]) -> list[pl.DataFrame]:
    if not rows:
        return []
    table = pl.DataFrame([{k: row[k] for k in ("group", "level", "value", "target")} for row in rows])
    return [part for _, part in table.group_by("group", "level", maintain_order=True) if (part["target"] > 0).all()]


def _control_cv(rows: Sequence[Mapping[str, object]]) -> float | None:
    """Root mean square over sites and levels, in percent; None where there is none."""
    cvs = [100 * float(p["value"].std() / p["value"].mean()) for p in _by_level(rows) if p.height > 1]  # type: ignore[operator]
    return float(np.sqrt(np.mean(np.square(cvs)))) if cvs else None


def _control_biases(rows: Sequence[Mapping[str, object]], tests: set[str]) -> Iterator[tuple[str, float]]:
    """Bias of each test's control materials, of the site and level that are farthest off, in percent."""
    for test in sorted(tests):
        biases = [
            100 * float((p["value"] / p["target"]).mean() - 1)  # type: ignore[operator]
            for p in _by_level([row for row in rows if row["test"] == test])
        ]
        if biases:
            yield test, max(biases, key=abs)


def _within(value: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= value <= interval[1]


def _tests(given: pl.DataFrame | None, needed: str | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows of each test, in the order of their names, without those that lack what is needed."""
    if given is None:
        return
    known = given if needed is None else given.filter(pl.col(needed).is_not_null())
    for test in sorted(given["test"].unique()):
        yield test, known.filter(test=test)


def _row(
    found: Findings, check: str, test: str, quantity: str, estimate: float | None = None,
    interval: tuple[float, float] = (np.nan, np.nan), *, n: int, group: str | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    low, high = (None if np.isnan(end) else float(end) for end in interval)
    found.methods.append({
        "check": check, "test": test, "group": group, "quantity": quantity, "estimate": estimate, "low": low,
        "high": high, "n": n, "reason": reason,
    })  # fmt: skip
