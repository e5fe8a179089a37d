"""A laboratory table as sites send it: repeated visits, local units, sex-specific ranges, results one cannot read."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from biomarker import rng
from biomarker.simulate.chunks import chunks
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.subjects import ENROLMENT_DAYS, SITE_SHARES, Subjects, iso_dates

__all__ = ["DRIFT", "NAMES", "PLANTED_TEST", "baseline", "control_table", "draw_test_levels", "laboratory_tables"]

PLANTED_TEST = "LDH"
BASELINE_VISITS = 2  # screening and day 0
VISIT_DAYS = (-21, 0, 28, 56, 84)  # screening falls anywhere between its day and -1
HAEMOLYSIS_SPOILS = ("AST", "LDH")
CRP_DETECTION = 0.6  # mg/L; anything below reads "<0.6"
CREATININE_SITE, HAEMOGLOBIN_SITE = 2, 4  # sites with units of their own


@dataclass(frozen=True)
class Drift:
    """An analyser that reads another value from a day on: one site, one test, a factor."""

    test: str
    site: int
    from_day: int
    factor: float


DRIFT = Drift("albumin", site=0, from_day=300, factor=1.12)  # more than the spread between subjects, 0.09


@dataclass(frozen=True)
class Analyte:
    """A test: unit, median, spread between and within subjects (log scale), decimals, ranges (male, female).

    ``on_drug`` is the shift (log scale) that the drug brings by the third visit on treatment.
    """

    name: str
    unit: str
    median: float
    between: float
    within: float
    decimals: int
    male: tuple[float, float]
    female: tuple[float, float]
    female_ratio: float = 1.0
    on_drug: float = 0.0


ANALYTES = (
    Analyte("ALT", "U/L", 24.0, 0.38, 0.16, 0, (0, 50), (0, 35), female_ratio=0.80, on_drug=0.30),
    Analyte("AST", "U/L", 25.0, 0.32, 0.13, 0, (0, 50), (0, 35), female_ratio=0.88, on_drug=0.22),
    Analyte("LDH", "U/L", 230.0, 0.30, 0.07, 0, (135, 250), (135, 250)),
    Analyte("CRP", "mg/L", 8.0, 0.95, 0.35, 1, (0, 5), (0, 5)),
    Analyte("albumin", "g/L", 39.0, 0.09, 0.03, 0, (35, 52), (35, 52)),
    Analyte("haemoglobin", "g/L", 136.0, 0.10, 0.03, 0, (130, 175), (120, 155), female_ratio=0.91, on_drug=-0.06),
    Analyte("neutrophils", "10*9/L", 4.8, 0.33, 0.14, 2, (1.8, 7.5), (1.8, 7.5), on_drug=-0.35),
    Analyte("lymphocytes", "10*9/L", 1.5, 0.34, 0.12, 2, (1.0, 4.0), (1.0, 4.0)),
    Analyte("platelets", "10*9/L", 262.0, 0.26, 0.08, 0, (150, 400), (150, 400), on_drug=-0.12),
    Analyte("creatinine", "umol/L", 82.0, 0.18, 0.06, 0, (62, 106), (44, 80), female_ratio=0.78),
    Analyte("bilirubin", "umol/L", 9.0, 0.36, 0.18, 0, (3, 21), (3, 21)),
    Analyte("CEA", "ug/L", 4.5, 0.90, 0.10, 1, (0, 5), (0, 5)),
)
NAMES = tuple(analyte.name for analyte in ANALYTES)
CORRELATIONS = {
    ("ALT", "AST"): 0.65,
    ("ALT", "bilirubin"): 0.20,
    ("AST", "bilirubin"): 0.20,
    ("CRP", "albumin"): -0.45,
    ("CRP", "neutrophils"): 0.35,
    ("CRP", "haemoglobin"): -0.25,
    ("CRP", "platelets"): 0.25,
    ("albumin", "haemoglobin"): 0.30,
}
#: Control materials: tests that have them, levels as multiples of the median, days between runs, shares of a run's
#: variance that are a repetition's, the run's and the day's (an EP05 experiment of package VCA, dataEP05A2_2), and CV.
CONTROLLED = ("ALT", "LDH", "CRP", "albumin", "creatinine")
CONTROL_LEVELS = {"low": 0.7, "high": 1.6}
CONTROL_EVERY = 7
CONTROL_COMPONENTS = (1.929 / 2.898, 1.681 / 2.898, 1.362 / 2.898)
CONTROL_CV = 0.03
# (site, test): the unit, how many of it make one of the common unit, decimals. Creatinine weighs 113.12 g/mol:
# 1 umol/L = 113.12 ug/L = 0.011312 mg/dL.
LOCAL_UNITS = {
    (CREATININE_SITE, "creatinine"): ("mg/dL", 113.12 / 10_000, 2),
    (HAEMOGLOBIN_SITE, "haemoglobin"): ("g/dL", 0.1, 1),
}


@dataclass(frozen=True)
class Visits:
    """What is drawn of the visits of some subjects, before the trial's outcome is known.

    Attributes
    ----------
    noise : ndarray (n_subjects, n_visits, n_tests)
        Standardised noise of single results.
    day : ndarray of int (n_subjects, n_visits)
        Day of the visit relative to randomisation.
    missing, haemolysed : ndarray of bool (n_subjects, n_visits, n_tests)
    """

    noise: np.ndarray
    day: np.ndarray
    missing: np.ndarray
    haemolysed: np.ndarray


def draw_test_levels(planted: np.ndarray, *, seed: int) -> np.ndarray:
    """Standardised log level of each subject and test, which the noise of single visits surrounds.

    Parameters
    ----------
    planted : ndarray (n_subjects,)
        Level of the planted test; it is independent of the others, so no other test is correlated with an endpoint.
    seed : int

    Returns
    -------
    ndarray (n_subjects, n_tests)
    """
    correlation = np.eye(len(NAMES))
    for (first, second), value in CORRELATIONS.items():
        i, j = NAMES.index(first), NAMES.index(second)
        correlation[i, j] = correlation[j, i] = value
    generator = rng.stream(seed, "simulate", "labs")
    level = generator.standard_normal((len(planted), len(NAMES))) @ np.linalg.cholesky(correlation).T
    level[:, NAMES.index(PLANTED_TEST)] = planted
    return level


def baseline(level: np.ndarray, subjects: Subjects, test: str, settings: TrialSettings, *, seed: int) -> np.ndarray:
    """Last readable result at or before randomisation in the common unit, as written; NaN where there is none.

    Parameters
    ----------
    level : ndarray (n_subjects, n_tests)
        From `draw_test_levels`.
    subjects : Subjects
    test : str
        Not the one that drifts.
    settings : TrialSettings
    seed : int

    Returns
    -------
    ndarray (n_subjects,)
    """
    which, found = NAMES.index(test), []
    for number, rows in chunks(len(subjects)):
        visits = _draw_visits(number, len(level[rows]), settings, seed=seed)
        value = _values(level[rows], visits, subjects.take(rows))[:, :BASELINE_VISITS, which]
        lost = (visits.missing | visits.haemolysed)[:, :BASELINE_VISITS, which]
        value = np.where(lost, np.nan, value.round(ANALYTES[which].decimals))
        found.append(np.where(np.isnan(value[:, 1]), value[:, 0], value[:, 1]))
    return np.concatenate(found)


def laboratory_tables(
    level: np.ndarray,
    subjects: Subjects,
    settings: TrialSettings,
    *,
    followed_days: np.ndarray,
    tumour_change: np.ndarray,
    seed: int,
) -> Iterator[pl.DataFrame]:
    """The long table, a row a result, while the subject is followed; in runs of subjects.

    Parameters
    ----------
    level : ndarray (n_subjects, n_tests)
        From `draw_test_levels`.
    subjects : Subjects
    settings : TrialSettings
    followed_days : ndarray (n_subjects,)
        Days from randomisation until the subject progresses or leaves: later visits do not take place.
    tumour_change : ndarray (n_subjects,)
        Percent change, complete. On treatment, and only there, CEA follows it: a trap for whoever takes a later visit
        for baseline.
    seed : int

    Yields
    ------
    polars.DataFrame
        ``subject_id, test, value, unit, date, ref_low, ref_high``; ``value`` is text.
    """
    for number, rows in chunks(len(subjects)):
        visits = _draw_visits(number, len(level[rows]), settings, seed=seed)
        yield _table(level[rows], visits, subjects.take(rows), settings, followed_days[rows], tumour_change[rows])


def control_table(settings: TrialSettings, *, seed: int) -> pl.DataFrame:
    """Results of control materials at each site, a run a week from enrolment to the last visit.

    A result is ``target * exp(cv * error)``; day and run are common to both levels. Where results of patients drift,
    so do those of the materials.

    Returns
    -------
    polars.DataFrame
        ``site, test, level, date, value, target, sd``; target and SD are the maker's, in the common unit.
    """
    generator = rng.stream(seed, "simulate", "controls")
    repetition, run, day = CONTROL_COMPONENTS
    days = np.arange(VISIT_DAYS[0], ENROLMENT_DAYS + VISIT_DAYS[-1], CONTROL_EVERY)
    tables = []
    for site in range(len(SITE_SHARES)):
        for name in CONTROLLED:
            analyte = ANALYTES[NAMES.index(name)]
            common = np.hypot(run, day) * generator.standard_normal((len(days), 1))
            error = common + repetition * generator.standard_normal((len(days), len(CONTROL_LEVELS)))
            drifted = settings.lab_drift and (site, name) == (DRIFT.site, DRIFT.test)
            factor = np.where(drifted & (days >= DRIFT.from_day), DRIFT.factor, 1.0)
            for k, (level, times) in enumerate(CONTROL_LEVELS.items()):
                target = analyte.median * times
                decimals = analyte.decimals + 1  # of a material one more is reported than of patients
                value = target * factor * np.exp(CONTROL_CV * error[:, k])
                tables.append(
                    pl.DataFrame(
                        {
                            "site": [f"S{site + 1:02d}"] * len(days),
                            "test": [name] * len(days),
                            "level": [level] * len(days),
                            "date": iso_dates(days),
                            "value": value.round(decimals),
                            "target": np.full(len(days), target).round(3),
                            "sd": np.full(len(days), CONTROL_CV * target).round(4),
                        }
                    )
                )
    return pl.concat(tables).sort("date", "site", "test", maintain_order=True)


def _draw_visits(number: int, n_subjects: int, settings: TrialSettings, *, seed: int) -> Visits:
    """Visits of one run of subjects."""
    generator = rng.stream(seed, "simulate", "visits", number)
    shape = (n_subjects, len(VISIT_DAYS), len(NAMES))
    noise = generator.standard_normal(shape)
    day = np.array(VISIT_DAYS) + generator.integers(-3, 4, size=shape[:2])
    day[:, 0] = generator.integers(VISIT_DAYS[0], 0, size=n_subjects)
    day[:, 1] = 0
    spoils = np.isin(NAMES, HAEMOLYSIS_SPOILS)
    return Visits(
        noise=noise,
        day=day,
        missing=generator.random(shape) < settings.missing_labs,
        haemolysed=(generator.random(shape[:2]) < settings.unreadable_labs)[:, :, None] & spoils,
    )


def _table(
    level: np.ndarray,
    visits: Visits,
    subjects: Subjects,
    settings: TrialSettings,
    followed_days: np.ndarray,
    tumour_change: np.ndarray,
) -> pl.DataFrame:
    """Rows of some subjects."""
    share = np.array([0.0, 0.0, 1.0, 2.0, 3.0]) / 3.0
    shift = np.zeros((len(subjects), len(NAMES)))
    shift[:, NAMES.index("CEA")] = np.clip(tumour_change, -100.0, 100.0) / 60.0
    shift += subjects.drug[:, None] * np.array([analyte.on_drug for analyte in ANALYTES])
    values = _values(level, visits, subjects) * np.exp(share[:, None] * shift[:, None, :])
    day = subjects.day[:, None] + visits.day
    if settings.lab_drift:
        drifted = (subjects.site == DRIFT.site)[:, None] & (day >= DRIFT.from_day)
        values[..., NAMES.index(DRIFT.test)] *= np.where(drifted, DRIFT.factor, 1.0)
    held = (visits.day <= 0) | (visits.day < followed_days[:, None])

    i, visit = np.nonzero(held)
    unit, factor, decimals = _local(subjects.site[i])
    low_high = np.array([[analyte.male, analyte.female] for analyte in ANALYTES], dtype=float)
    limits = (low_high[:, subjects.female[i].astype(int)] * factor.T[:, :, None]).round(2)  # (n_tests, n_visits, 2)
    return pl.DataFrame(
        {
            "subject_id": np.repeat(subjects.subject_id[i], len(NAMES)),
            "test": np.tile(NAMES, len(i)),
            "value": pl.Series(_texts(visits, values, i, visit, factor, decimals), dtype=pl.String),
            "unit": unit.ravel(),
            "date": iso_dates(np.repeat(day[i, visit], len(NAMES))),
            "ref_low": limits[..., 0].T.ravel(),
            "ref_high": limits[..., 1].T.ravel(),
        }
    )


def _values(level: np.ndarray, visits: Visits, subjects: Subjects) -> np.ndarray:
    """Results (n_subjects, n_visits, n_tests) in the common unit, untouched by treatment."""
    median = np.array([analyte.median for analyte in ANALYTES])
    ratio = np.array([analyte.female_ratio for analyte in ANALYTES])
    between = np.array([analyte.between for analyte in ANALYTES])
    within = np.array([analyte.within for analyte in ANALYTES])
    mean = median * np.where(subjects.female[:, None], ratio, 1.0) * np.exp(between * level)
    return mean[:, None, :] * np.exp(within * visits.noise)


def _local(site: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, factor from the common unit, and decimals, each (n_rows, n_tests), as the site of each row reports them."""
    shape = (len(site), len(NAMES))
    unit = np.broadcast_to(np.array([analyte.unit for analyte in ANALYTES], dtype=object), shape).copy()
    factor = np.ones(shape)
    decimals = np.broadcast_to([analyte.decimals for analyte in ANALYTES], shape).copy()
    for (where, test), (local, local_factor, local_decimals) in LOCAL_UNITS.items():
        cell = (site == where, NAMES.index(test))
        unit[cell], factor[cell], decimals[cell] = local, local_factor, local_decimals
    return unit, factor, decimals


def _texts(
    visits: Visits,
    values: np.ndarray,
    i: np.ndarray,
    visit: np.ndarray,
    factor: np.ndarray,
    decimals: np.ndarray,
) -> list[str | None]:
    """Results of the visits held as the laboratory prints them, visit by visit; None where there is none."""
    value = values[i, visit]
    printed = [f"{x:.{d}f}" for x, d in zip((value * factor).ravel(), decimals.ravel(), strict=True)]
    text = np.array(printed, dtype=object).reshape(value.shape)
    crp = NAMES.index("CRP")
    text[value[:, crp].round(ANALYTES[crp].decimals) < CRP_DETECTION, crp] = f"<{CRP_DETECTION}"
    text[visits.haemolysed[i, visit]] = "hemolysed"
    text[visits.missing[i, visit]] = None
    return text.ravel().tolist()
