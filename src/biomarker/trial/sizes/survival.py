"""Survival: events, subjects and time, for one look or several."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from biomarker.errors import ConfigError
from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.sizes.accrual import Accrual, Hazard, as_hazard, event_probability
from biomarker.trial.sizes.plan import ROUNDING, Plan, Power, allocation, make_plan, make_power

__all__ = ["SurvivalSize", "events_needed", "power_survival", "sample_size_survival"]

Floats = npt.NDArray[np.float64]

METHODS = {
    "schoenfeld": "Schoenfeld's events",
    "freedman": "Freedman's events",
    "hsieh-freedman": "Freedman's events, Hsieh's form for unequal allocation",
    "lachin-foulkes": "Lachin-Foulkes, log hazard ratio, variance under each hypothesis",
    "lachin": "Lachin-Foulkes, difference of hazards, variance under each hypothesis",
    "lachin-simple": "Lachin, difference of hazards, variance under the alternative throughout",
}


@dataclass(frozen=True, eq=False)
class SurvivalSize:
    """Events, subjects and time of a survival study.

    Attributes
    ----------
    events, n : float
        At the end, at most; not rounded.
    events_whole, n_whole : int
        After rounding (see `convention`); 0 where rounding is "none".
    events_fixed, n_fixed : float
        Of the design with one look.
    n_treatment, n_control : float
    events_expected, events_expected_null : float
        Expected events under the alternative and under no effect.
    events_by_look, time_by_look : (n_looks,)
        Events at each look, and when they are expected under the alternative.
    critical_hazard_ratio : (n_looks,)
        Estimate at which each look rejects.
    accrual_duration, follow_up, duration : float
        Of accrual, from the last entry to the end, and their sum.
    event_probability, event_probability_control : float
        Probability of an observed event by the end, of treatment and control subjects.
    """

    events: float
    n: float
    events_whole: int
    n_whole: int
    events_fixed: float
    n_fixed: float
    n_treatment: float
    n_control: float
    events_expected: float
    events_expected_null: float
    events_by_look: Floats
    time_by_look: Floats
    critical_hazard_ratio: Floats
    accrual_duration: float
    follow_up: float
    duration: float
    event_probability: float
    event_probability_control: float
    hazard_ratio: float
    power: float
    alpha: float
    sided: int
    ratio: float
    convention: str


def events_needed(
    hazard_ratio: float,
    *,
    null: float = 1.0,
    ratio: float = 1.0,
    method: str = "schoenfeld",
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
) -> float:
    """Events that a log-rank test needs, not rounded.

    Schoenfeld: ``d = (z_alpha + z_beta)^2 (1 + r)^2 / (r ln^2(HR / null))``. Freedman:
    ``(z_alpha + z_beta)^2 (1 + r HR)^2 / (r (1 - HR)^2)``. Hsieh-Freedman:
    ``(z_alpha + z_beta)^2 (1 + r)^2 (1 + HR)^2 / (4 r (1 - HR)^2)``.

    Parameters
    ----------
    hazard_ratio : float
        Treatment over control.
    null : float
        Hazard ratio under the null hypothesis: 1, or the margin of non-inferiority (Schoenfeld only).
    ratio : float
        Treatment subjects per control subject.
    method : {"schoenfeld", "freedman", "hsieh-freedman"}
    alpha, power, sided
        Default 0.025 one-sided (0.05 two-sided) and 0.9.
    design : GroupSequentialDesign, optional
        Looks; the result is then the maximum number.

    Returns
    -------
    float

    Raises
    ------
    ConfigError
        An argument is outside its range; the hazard ratio equals the null.

    Notes
    -----
    Valid when hazards are proportional and the hazard ratio is not extreme (Schoenfeld: within about 0.5 to 2).

    References
    ----------
    Schoenfeld 1983, https://doi.org/10.2307/2531021; Freedman 1982, https://doi.org/10.1002/sim.4780010204

    Examples
    --------
    >>> round(events_needed(0.7), 1)
    330.4
    """
    plan = make_plan(alpha, power, sided, design)
    return _events(plan, _ratio_of_hazards(hazard_ratio, null), null, ratio, method) * plan.inflation


def _ratio_of_hazards(hazard_ratio: float, null: float) -> float:
    """The hazard ratio, refused where there is nothing to show."""
    between("null", null, 0.0)
    hr = between("hazard_ratio", hazard_ratio, 0.0)
    if abs(np.log(hr / null)) < 1e-9:
        raise refuse(
            "hazard_ratio", hazard_ratio, f"a positive number other than {null:g}, which is the null hypothesis"
        )
    return hr


def _events(plan: Plan, hr: float, null: float, ratio: float, method: str) -> float:
    """Events with one look."""
    one_of("method", method, ("schoenfeld", "freedman", "hsieh-freedman"))
    allocation(ratio)
    if method != "schoenfeld" and null != 1.0:
        raise refuse("null", null, f"1 with method {method!r}")
    square = (plan.z_alpha + plan.z_beta) ** 2
    if method == "freedman":
        return float(square * (1.0 + ratio * hr) ** 2 / (ratio * (1.0 - hr) ** 2))
    if method == "hsieh-freedman":
        return float(square * ((1.0 + ratio) * (1.0 + hr)) ** 2 / (4.0 * ratio * (1.0 - hr) ** 2))
    return float(square * (1.0 + ratio) ** 2 / (ratio * np.log(hr / null) ** 2))


def sample_size_survival(
    hazard_ratio: float,
    *,
    hazard_control: Hazard | float,
    accrual: Accrual,
    follow_up: float | None = None,
    dropout: Hazard | float = 0.0,
    dropout_control: Hazard | float | None = None,
    null: float = 1.0,
    ratio: float = 1.0,
    method: str = "schoenfeld",
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SurvivalSize:
    """Events and subjects of a survival study; or its accrual time or follow-up, for given rates of accrual.

    What is left out is what is found: with ``accrual.duration`` and `follow_up`, the number of subjects; with
    ``accrual.rates`` and `follow_up`, the accrual duration; with ``accrual.rates`` and ``accrual.duration``, the
    follow-up. Schoenfeld and Freedman: ``n = d / (w_t P_t + w_c P_c)`` with `event_probability`. Lachin-Foulkes:
    ``n = (z_alpha sqrt(V0) + z_beta sqrt(V1))^2 / ln^2(HR / null)``, ``V = 1 / (w_t P_t) + 1 / (w_c P_c)``, under the
    null hypothesis with the hazards' weighted mean.

    Parameters
    ----------
    hazard_ratio : float
        Treatment over control.
    hazard_control : Hazard or float
        In the control arm; `hazard_from_median`, `hazard_from_event_probability`.
    accrual : Accrual
    follow_up : float, optional
        From the last entry to the analysis; 0 or more.
    dropout, dropout_control : Hazard or float
        Hazard of leaving without event, of treatment and control; the same if one is given.
    null : float
        Hazard ratio under the null hypothesis: 1, or the margin of non-inferiority.
    ratio : float
        Treatment subjects per control subject.
    method : {"schoenfeld", "freedman", "hsieh-freedman", "lachin-foulkes", "lachin", "lachin-simple"}
        The last two test the difference of two constant hazards.
    alpha, power, sided
        Default 0.025 one-sided (0.05 two-sided) and 0.9.
    design : GroupSequentialDesign, optional
        Looks; brings its own alpha, power and sides.
    rounding : {"arm", "total", "none"}
        Of subjects; events are rounded up unless "none".

    Returns
    -------
    SurvivalSize

    Raises
    ------
    ConfigError
        An argument is outside its range; the hazard ratio equals the null; too much or too little is given; the events
        never come.

    Notes
    -----
    Valid when hazards are proportional and drop-out is independent of the event.

    References
    ----------
    Schoenfeld 1983, https://doi.org/10.2307/2531021; Lachin and Foulkes 1986, https://doi.org/10.2307/2531201;
    Lachin 1981, https://doi.org/10.1016/0197-2456(81)90001-5

    Examples
    --------
    >>> plan = sample_size_survival(
    ...     0.6, hazard_control=hazard_from_median(6), accrual=Accrual(duration=24), follow_up=12
    ... )
    >>> round(plan.events, 2), round(plan.n, 2)
    (161.07, 189.12)
    """
    plan = make_plan(alpha, power, sided, design)
    one_of("method", method, tuple(METHODS))
    one_of("rounding", rounding, ROUNDING)
    setting = _Setting(
        plan=plan,
        hr=_ratio_of_hazards(hazard_ratio, null),
        null=null,
        ratio=ratio,
        method=method,
        control=as_hazard("hazard_control", hazard_control),
        dropout=as_hazard("dropout", dropout),
        dropout_control=as_hazard("dropout_control", dropout if dropout_control is None else dropout_control),
        accrual=accrual,
    )
    if max(setting.control.rates) == 0:
        raise refuse("hazard_control", hazard_control, "a positive hazard")
    accrual, follow_up, n = _timing(setting, follow_up)
    return _describe(replace(setting, accrual=accrual), follow_up, n, rounding)


@dataclass(frozen=True)
class _Setting:
    """The arguments, checked."""

    plan: Plan
    hr: float
    null: float
    ratio: float
    method: str
    control: Hazard
    dropout: Hazard
    dropout_control: Hazard
    accrual: Accrual

    def probabilities(self, accrual: Accrual, duration: float) -> tuple[float, float]:
        """Observed events a subject under treatment and control."""
        treated = event_probability(
            self.control.times(self.hr), accrual=accrual, duration=duration, dropout=self.dropout
        )
        control = event_probability(self.control, accrual=accrual, duration=duration, dropout=self.dropout_control)
        return treated, control

    def probability(self, accrual: Accrual, duration: float) -> float:
        """Observed events a subject, both arms together."""
        w, v = allocation(self.ratio)
        treated, control = self.probabilities(accrual, duration)
        return w * treated + v * control

    def n_fixed(self, accrual: Accrual, duration: float) -> float:
        """Subjects with one look."""
        plan, (w, v) = self.plan, allocation(self.ratio)
        if self.method in ("schoenfeld", "freedman", "hsieh-freedman"):
            return _events(plan, self.hr, self.null, self.ratio, self.method) / self.probability(accrual, duration)
        factor = (v + w * self.hr) / (v + w * self.null)
        flat = len(self.control.rates) == 1

        def variance(control: Hazard, treated: Hazard) -> float:
            p = event_probability(treated, accrual=accrual, duration=duration, dropout=self.dropout)
            q = event_probability(control, accrual=accrual, duration=duration, dropout=self.dropout_control)
            if self.method == "lachin-foulkes":
                return 1.0 / (w * p) + 1.0 / (v * q)
            return treated.rates[0] ** 2 / (w * p) + control.rates[0] ** 2 / (v * q)

        alternative = variance(self.control, self.control.times(self.hr))
        average = self.control.times(factor)
        null = variance(average, average.times(self.null))
        if self.method == "lachin-foulkes":
            effect = float(np.log(self.hr / self.null))
        elif flat and self.null == 1.0:
            effect = self.control.rates[0] * (self.hr - 1.0)
            null = alternative if self.method == "lachin-simple" else null
        else:
            raise refuse("method", self.method, "another method where the hazard changes or the null is not 1")
        return float((plan.z_alpha * np.sqrt(null) + plan.z_beta * np.sqrt(alternative)) ** 2 / effect**2)


def _timing(setting: _Setting, follow_up: float | None) -> tuple[Accrual, float, float]:
    """Accrual with its duration, follow-up, and subjects at most, whichever was left out.

    Where a time is to be found and there are looks, the events of the design with one look, on its own timeline, are
    multiplied by the inflation factor, and time and subjects are those that give as many events.
    """
    accrual, inflation = setting.accrual, setting.plan.inflation
    if follow_up is not None:
        after = between("follow_up", follow_up, 0.0, closed="low")
        if accrual.duration is not None:
            return accrual, after, inflation * setting.n_fixed(accrual, accrual.duration + after)
        if accrual.rates is None:
            raise refuse("accrual", accrual, "an accrual with a duration or rates")
        why = "the accrual rate is too low, or has an end too soon"

        def recruited(time: float) -> tuple[Accrual, float]:
            return accrual.lasting(time), time + after

        time = _time_for_events(setting, recruited, "accrual", why)
        return accrual.lasting(time), after, float(accrual.entered(time))
    if accrual.duration is None or accrual.rates is None:
        raise refuse("follow_up", None, "a number of at least 0, or accrual with both duration and rates")
    end = accrual.duration
    n = float(accrual.entered(end))

    def followed(time: float) -> tuple[Accrual, float]:
        return accrual, end + time

    return accrual, _time_for_events(setting, followed, "follow_up", f"{n:.4g} subjects never have the events"), n


def _time_for_events(
    setting: _Setting, timeline: Callable[[float], tuple[Accrual, float]], name: str, why: str
) -> float:
    """The time at which the events are there."""

    def events(time: float) -> float:
        accrual, duration = timeline(time)
        return float(accrual.entered(accrual.duration or 0.0)) * setting.probability(accrual, duration)

    def needed(time: float) -> float:
        accrual, duration = timeline(time)
        return setting.n_fixed(accrual, duration) * setting.probability(accrual, duration)

    alone = _cross(lambda time: events(time) - needed(time), name, why)
    target = needed(alone) * setting.plan.inflation
    return _cross(lambda time: events(time) - target, name, why)


def _cross(function: Callable[[float], float], name: str, why: str) -> float:
    """Where an increasing function of time crosses 0."""
    low, high = 1e-9, 1e-3
    if function(low) >= 0:
        raise ConfigError(
            f"{name} would be negative: there are events enough by the end of accrual",
            "shorten the accrual or lower its rates",
        )
    while not function(high) >= 0:
        low, high = high, 2.0 * high
        if high > 1e7:
            raise ConfigError(f"{name} cannot be found: {why}", "raise the accrual, or lower power or drop-out")
    return float(brentq(function, low, high, xtol=1e-10))


def _describe(setting: _Setting, follow_up: float, n: float, rounding: str) -> SurvivalSize:
    """The study with all that follows from it."""
    plan, accrual, (w, v) = setting.plan, setting.accrual, allocation(setting.ratio)
    end = float(accrual.duration or 0.0)
    duration = end + follow_up
    treated, control = setting.probabilities(accrual, duration)
    share = w * treated + v * control
    n_fixed = n / plan.inflation
    events = n * share
    t = np.ones(1) if plan.design is None else plan.design.information
    z = np.array([plan.z_alpha]) if plan.design is None else plan.design.upper
    expected = (1.0, 1.0)
    if plan.design is not None:
        expected = (plan.design.expected_information, plan.design.expected_information_null)
    sign = np.sign(np.log(setting.hr / setting.null))
    up = [int(np.ceil(x - 1e-9 * max(1.0, x))) for x in (n * w, n * v, n, events)]
    whole = {"arm": up[0] + up[1], "total": up[2], "none": 0}[rounding]
    times = [
        float(brentq(lambda s, d=d: n * setting.probability(accrual, s) - d, 1e-9, duration, xtol=1e-9))
        for d in events * t[:-1]
    ]
    return SurvivalSize(
        events=events,
        n=n,
        events_whole=0 if rounding == "none" else up[3],
        n_whole=whole,
        events_fixed=n_fixed * share,
        n_fixed=n_fixed,
        n_treatment=n * w,
        n_control=n * v,
        events_expected=n_fixed * share * expected[0],
        events_expected_null=n_fixed * share * expected[1],
        events_by_look=events * t,
        time_by_look=np.array([*times, duration]),
        critical_hazard_ratio=setting.null * np.exp(sign * z / np.sqrt(w * v * events * t)),
        accrual_duration=end,
        follow_up=follow_up,
        duration=duration,
        event_probability=treated,
        event_probability_control=control,
        hazard_ratio=setting.hr,
        power=plan.power,
        alpha=plan.alpha,
        sided=plan.sided,
        ratio=setting.ratio,
        convention=f"{METHODS[setting.method]}, null hazard ratio {setting.null:g}; rounding: {rounding}; {plan.words}",
    )


def power_survival(
    events: float,
    hazard_ratio: float,
    *,
    null: float = 1.0,
    ratio: float = 1.0,
    method: str = "schoenfeld",
    alpha: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
) -> Power:
    """Power of a number of events: `events_needed` the other way round. `n` of the result counts events."""
    plan = make_plan(alpha, None, sided, design)
    d = between("events", events, 0.0)
    hr = _ratio_of_hazards(hazard_ratio, null)
    # events are proportional to (z_alpha + z_beta)^2
    unit = _events(plan, hr, null, ratio, method) / (plan.z_alpha + plan.z_beta) ** 2
    reached = float(np.sqrt(d / unit)) - plan.z_alpha
    words = f"{METHODS[method]}, null hazard ratio {null:g}"
    return make_power(plan, d, reached, effect=float(np.log(hr / null)), convention=words)
