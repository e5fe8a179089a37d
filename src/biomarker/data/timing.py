"""When values were taken: before treatment, or under it and known by a landmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Survival
from biomarker.errors import ConfigError, InsufficientDataError, LeakageError

__all__ = ["DAYS", "Timing", "at_landmark", "days_of", "require_timing"]

#: Days of each unit of time that an endpoint may be in; a month is a twelfth of a year of 365.25 days.
DAYS: Mapping[str, float] = {
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("wk", "week", "weeks"), 7.0),
    **dict.fromkeys(("mo", "month", "months"), 365.25 / 12),
    **dict.fromkeys(("a", "y", "yr", "year", "years"), 365.25),
}


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When the values of a modality were taken."""

    when: Literal["baseline", "on-treatment"] = field(
        default="baseline",
        metadata={"doc": "Whether the values were taken before treatment or under it; only the former predict."},
    )
    landmark: float | None = field(
        default=None,
        metadata={
            "doc": "With `when: on-treatment`, the day by which all values were taken, counted from where the "
            "endpoints' time starts: only subjects still followed then are analysed, from then on."
        },
    )


def require_timing(timing: Timing, modality: str) -> None:
    """Raise unless values taken under treatment have a landmark, and only they.

    Raises
    ------
    LeakageError
        Who is measured under treatment has lived until then, and the drug may have moved the value: taken for a
        baseline feature it would look prognostic or predictive without being either.
    ConfigError
        A landmark of values from before treatment, or one that is no day after it began.
    """
    if timing.when == "baseline":
        if timing.landmark is not None:
            raise ConfigError(
                f"modality {modality}: landmark: {timing.landmark:g} is given with `when: baseline`",
                "A landmark is of values taken under treatment: say `when: on-treatment`, or leave it out.",
            )
        return
    if timing.landmark is None:
        raise LeakageError(
            f"modality {modality}: values taken under treatment (when: on-treatment) cannot predict from baseline",
            "Say by which day they were taken: `landmark: 28`. Only subjects still followed then are analysed.",
        )
    if not 0 < timing.landmark < 1e5:
        raise ConfigError(f"modality {modality}: landmark: {timing.landmark:g} is no day after treatment began")


def days_of(unit: str, endpoint: str) -> float:
    """Days of an endpoint's unit of time.

    Raises
    ------
    ConfigError
        The unit is none of `DAYS`.
    """
    found = DAYS.get(unit.strip().casefold())
    if found is None:
        raise ConfigError(
            f"endpoint {endpoint}: {unit!r} is no unit of time, so that no landmark can be placed in it",
            "Give `unit` as days, weeks, months or years.",
        )
    return found


def at_landmark(cohort: Cohort, day: float) -> Cohort:
    """The cohort as it stands at a landmark: survival endpoints of those still followed, their time starting there.

    With ``T`` a subject's time and ``L`` the landmark in its unit, subjects with ``T <= L`` are left out (whether with
    an event or censored), and of the others ``T - L`` is analysed. Naively, a value taken under treatment is known only
    in those who lived to have it taken, and time that nobody could have died in is credited to them (immortal time
    bias) [1]_. Endpoints without a time are left out whole: nobody knows whether they came before or after.

    Parameters
    ----------
    cohort : Cohort
        Times start where the days of the values do (randomisation, first dose).
    day : float
        By which every value was taken.

    Returns
    -------
    Cohort
        With ``left_early``: the subjects that are left out of each endpoint, by reason.

    Raises
    ------
    ConfigError
        An endpoint's unit is no unit of time, or none is a survival endpoint.
    InsufficientDataError
        After the landmark an endpoint has no event.

    Notes
    -----
    **Valid when** whoever is still followed at the landmark had the same chance of having the value taken, and
    censoring before it does not depend on what would have been measured. The result speaks of those who reached the
    landmark: it is no baseline predictor, and a difference between arms in it is no effect of treatment.

    References
    ----------
    .. [1] Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J Clin Oncol 1983;1:710-719.
    """
    endpoints, early = [], dict[str, dict[str, NDArray[np.bool_]]]()
    for endpoint in cohort.endpoints:
        if not isinstance(endpoint, Survival):
            continue
        start = day / days_of(endpoint.unit, endpoint.name)
        before = endpoint.known & (endpoint.values <= start)
        early[endpoint.name] = {
            "event at or before the landmark": before & (endpoint.event == 1),
            "censored at or before the landmark": before & (endpoint.event == 0),
        }
        try:
            later = replace(
                endpoint,
                values=np.where(before, np.nan, endpoint.values - start),
                event=np.where(before, np.nan, endpoint.event),
            )
        except InsufficientDataError as error:
            raise InsufficientDataError(f"after day {day:g}: {error.message}", "Choose an earlier landmark.") from error
        endpoints.append(later)
    if not endpoints:
        raise ConfigError(
            "values taken under treatment need a survival endpoint: others have no time to follow from a landmark",
            "Add one, or leave the modality out.",
        )
    return replace(cohort, endpoints=tuple(endpoints), left_early=early)
