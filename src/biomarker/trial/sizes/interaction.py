"""Treatment-by-marker interaction: does the effect differ between marker-positive and -negative subjects?"""

from collections.abc import Sequence

import numpy as np

from biomarker.trial.checks import between, one_of, refuse
from biomarker.trial.group_sequential import GroupSequentialDesign
from biomarker.trial.sizes.plan import SampleSize, allocation, make_plan, make_size, normal_n

__all__ = ["sample_size_interaction_means", "sample_size_interaction_rates", "sample_size_interaction_survival"]

CELLS = "four numbers: positive treated, positive control, negative treated, negative control"


def _size(
    effect: float,
    variances: Sequence[float],
    *,
    prevalence: float,
    ratio: float,
    alpha: float | None,
    power: float | None,
    sided: int | None,
    design: GroupSequentialDesign | None,
    rounding: str,
    convention: str,
) -> SampleSize:
    """``n = (z_alpha + z_beta)^2 sum(v_ij / share_ij) / effect^2`` over the four cells."""
    plan = make_plan(alpha, power, sided, design)
    p = between("prevalence", prevalence, 0.0, 1.0)
    w, v = allocation(ratio)
    if abs(effect) < 1e-12:
        raise refuse("effect", effect, "an interaction other than 0: the two effects must differ")
    share = np.array([p * w, p * v, (1 - p) * w, (1 - p) * v])
    variance = float((np.asarray(variances) / share).sum())
    n = normal_n(plan, effect, variance, variance)
    return make_size(
        plan, n, effect=effect, ratio=ratio, rounding=rounding, convention=convention, variance_null=variance
    )


def sample_size_interaction_means(
    difference_positive: float,
    difference_negative: float,
    *,
    sd: float,
    prevalence: float,
    ratio: float = 1.0,
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SampleSize:
    """Subjects needed to show that a difference of means depends on a marker.

    ``n = (z_alpha + z_beta)^2 sd^2 / (p (1 - p) w (1 - w) (D+ - D-)^2)`` with prevalence p and share w of treatment.

    Parameters
    ----------
    difference_positive, difference_negative : float
        Treatment minus control in marker-positive and marker-negative subjects.
    sd : float
        Standard deviation within a cell.
    prevalence : float
        Share of marker-positive subjects among those randomised.
    ratio, alpha, power, sided, design, rounding
        As in `sample_size_means`.

    Returns
    -------
    SampleSize

    Raises
    ------
    ConfigError
        An argument is outside its range; the effects are equal.

    Notes
    -----
    Valid when the marker is known without error: with an imperfect assay give the effects of the tested groups.

    References
    ----------
    Brookes et al. 2004, https://doi.org/10.1016/j.jclinepi.2003.08.009

    Examples
    --------
    >>> whole = sample_size_interaction_means(0.5, 0.0, sd=1.0, prevalence=0.5).n
    >>> round(whole / 168.118769, 6)
    4.0
    """
    between("sd", sd, 0.0)
    effect = between("difference_positive", difference_positive) - between("difference_negative", difference_negative)
    return _size(
        effect,
        [sd**2] * 4,
        prevalence=prevalence,
        ratio=ratio,
        alpha=alpha,
        power=power,
        sided=sided,
        design=design,
        rounding=rounding,
        convention="z test of the interaction of means",
    )


def sample_size_interaction_rates(
    rates: Sequence[float],
    *,
    prevalence: float,
    scale: str = "log-odds",
    ratio: float = 1.0,
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SampleSize:
    """Subjects needed to show that the effect on a proportion depends on a marker.

    Variance of one subject's contribution ``1 / (p q)`` on the log-odds scale, ``p q`` on that of differences.

    Parameters
    ----------
    rates : four numbers
        Event probability of marker-positive treated and control, marker-negative treated and control subjects.
    prevalence : float
        Share of marker-positive subjects among those randomised.
    scale : {"log-odds", "difference"}
        Whether there is an interaction depends on the scale.
    ratio, alpha, power, sided, design, rounding
        As in `sample_size_rates`.

    Returns
    -------
    SampleSize

    Raises
    ------
    ConfigError
        An argument is outside its range; there is no interaction on the scale.

    Notes
    -----
    Valid when expected events and non-events are at least about five in each of the four cells.

    References
    ----------
    Demidenko 2008, https://doi.org/10.1002/sim.2980
    """
    one_of("scale", scale, ("log-odds", "difference"))
    p = _four("rates", rates)
    on_scale = np.log(p / (1 - p)) if scale == "log-odds" else p
    variances = 1 / (p * (1 - p)) if scale == "log-odds" else p * (1 - p)
    return _size(
        float(on_scale[0] - on_scale[1] - on_scale[2] + on_scale[3]),
        variances.tolist(),
        prevalence=prevalence,
        ratio=ratio,
        alpha=alpha,
        power=power,
        sided=sided,
        design=design,
        rounding=rounding,
        convention=f"z test of the interaction of proportions, scale {scale}",
    )


def sample_size_interaction_survival(
    hazard_ratio_positive: float,
    hazard_ratio_negative: float,
    *,
    prevalence: float,
    event_probability: float | Sequence[float] = 1.0,
    ratio: float = 1.0,
    alpha: float | None = None,
    power: float | None = None,
    sided: int | None = None,
    design: GroupSequentialDesign | None = None,
    rounding: str = "arm",
) -> SampleSize:
    """Subjects (or events) needed to show that a hazard ratio depends on a marker.

    Peterson and George: ``n = (z_alpha + z_beta)^2 sum 1 / (share_ij P_ij) / (ln HR+ - ln HR-)^2`` with the probability
    P of an observed event in each cell. With P = 1 the result counts events and is Schmoor's
    ``(z_alpha + z_beta)^2 / (p (1 - p) w (1 - w) ln^2(HR+ / HR-))``, which takes events to be spread as subjects are.

    Parameters
    ----------
    hazard_ratio_positive, hazard_ratio_negative : float
        Treatment over control in marker-positive and marker-negative subjects.
    prevalence : float
        Share of marker-positive subjects among those randomised.
    event_probability : float or four numbers
        Of positive treated, positive control, negative treated, negative control subjects (`event_probability`).
    ratio, alpha, power, sided, design, rounding
        As in `sample_size_survival`.

    Returns
    -------
    SampleSize

    Raises
    ------
    ConfigError
        An argument is outside its range; the hazard ratios are equal.

    Notes
    -----
    Valid when hazards are proportional within marker groups. An interaction of the size of a main effect needs about
    four times its events where the marker splits the subjects in halves, more where it does not.

    References
    ----------
    Peterson and George 1993, Controlled Clinical Trials 14, 511-522; Schmoor, Sauerbrei and Schumacher 2000,
    https://doi.org/10.1002/(SICI)1097-0258(20000229)19:4%3C441::AID-SIM349%3E3.0.CO;2-N

    Examples
    --------
    >>> round(sample_size_interaction_survival(0.5, 1.0, prevalence=0.3, power=0.8).n, 1)
    311.2
    """
    effect = np.log(between("hazard_ratio_positive", hazard_ratio_positive, 0.0))
    effect -= np.log(between("hazard_ratio_negative", hazard_ratio_negative, 0.0))
    one = np.ndim(event_probability) == 0
    cells = _four("event_probability", [event_probability] * 4 if one else event_probability, closed="high")
    counts = "events (Schmoor)" if one and float(cells[0]) == 1.0 else "subjects (Peterson-George)"
    return _size(
        float(effect),
        (1.0 / cells).tolist(),
        prevalence=prevalence,
        ratio=ratio,
        alpha=alpha,
        power=power,
        sided=sided,
        design=design,
        rounding=rounding,
        convention=f"log hazard ratios of two marker groups, n counts {counts}",
    )


def _four(name: str, values: object, *, closed: str = "") -> np.ndarray:
    """Four probabilities, one a cell."""
    cells = np.asarray(values, dtype=np.float64)
    if cells.shape != (4,):
        raise refuse(name, values, CELLS)
    return np.array([between(name, value, 0.0, 1.0, closed=closed) for value in cells])
