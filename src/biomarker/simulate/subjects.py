"""Who is in the trial: site, date, arm and baseline characteristics, before anything has happened."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from biomarker import rng

__all__ = ["DAYS_PER_MONTH", "FIRST_DAY", "STAGES", "Subjects", "covariates", "draw_subjects", "iso_dates"]

DAYS_PER_MONTH = 30.4375
SITE_SHARES = (0.28, 0.22, 0.17, 0.14, 0.11, 0.08)
BLOCK = 4
FIRST_DAY = date(2024, 1, 15)
ENROLMENT_DAYS = 540
STAGES = ("IIIB", "IVA", "IVB")
STAGE_SHARES = (0.30, 0.45, 0.25)
ECOG_SHARES = (0.45, 0.43, 0.12)
ECOG_MISSING = 0.04  # an exact share: a category of one or two subjects without event has no finite effect


@dataclass(frozen=True)
class Subjects:
    """The randomised subjects, one element each, sorted by an identifier that carries nothing.

    Attributes
    ----------
    subject_id : ndarray of str (n_subjects,)
    site : ndarray of int (n_subjects,)
        From 0; the site's label is one higher.
    drug : ndarray of bool (n_subjects,)
    day : ndarray of int (n_subjects,)
        Randomisation, in days since the first day of enrolment.
    age : ndarray of int (n_subjects,)
        Years.
    female : ndarray of bool (n_subjects,)
    stage : ndarray of int (n_subjects,)
        Stage of disease, an index into `STAGES`.
    ecog : ndarray of int (n_subjects,)
        True performance status 0, 1 or 2.
    ecog_missing : ndarray of bool (n_subjects,)
        Where the status was not written down.
    """

    subject_id: np.ndarray
    site: np.ndarray
    drug: np.ndarray
    day: np.ndarray
    age: np.ndarray
    female: np.ndarray
    stage: np.ndarray
    ecog: np.ndarray
    ecog_missing: np.ndarray

    def __len__(self) -> int:
        return len(self.subject_id)

    def take(self, rows: slice) -> "Subjects":
        """Some of the subjects."""
        return Subjects(*(getattr(self, one.name)[rows] for one in fields(self)))


def draw_subjects(n_subjects: int, *, seed: int) -> Subjects:
    """Enrol and randomise: permuted blocks of four, 1:1 within site, in order of enrolment.

    Parameters
    ----------
    n_subjects : int
    seed : int

    Returns
    -------
    Subjects

    Notes
    -----
    Age, sex, stage and performance status are independent of arm and site, so site is no confounder of any endpoint.
    """
    generator = rng.stream(seed, "simulate", "subjects")
    site = np.repeat(np.arange(len(SITE_SHARES)), _site_sizes(n_subjects))
    day = generator.integers(0, ENROLMENT_DAYS, size=n_subjects)
    drug = np.empty(n_subjects, dtype=bool)
    for one in range(len(SITE_SHARES)):
        members = np.flatnonzero(site == one)
        members = members[np.argsort(day[members], kind="stable")]
        drug[members] = _blocks(len(members), generator)
    age = np.clip(np.rint(generator.normal(62.0, 10.0, size=n_subjects)), 24, 88).astype(int)
    female = generator.random(n_subjects) < 0.45
    stage = generator.choice(len(STAGES), size=n_subjects, p=STAGE_SHARES)
    ecog = generator.choice(len(ECOG_SHARES), size=n_subjects, p=ECOG_SHARES)
    ecog_missing = np.zeros(n_subjects, dtype=bool)
    ecog_missing[generator.permutation(n_subjects)[: round(ECOG_MISSING * n_subjects)]] = True
    # identifiers are dealt at random and the rows sorted by them: neither names nor order tell site, date or arm
    order = generator.permutation(n_subjects)
    digits = max(4, len(str(n_subjects)))
    subject_id = np.array([f"P{number:0{digits}d}" for number in range(1, n_subjects + 1)])
    drawn = (site, drug, day, age, female, stage, ecog, ecog_missing)
    return Subjects(subject_id, *(column[order] for column in drawn))


def covariates(subjects: Subjects) -> np.ndarray:
    """Design of the analyst's covariates: intercept, drug, age, sex, stage, and performance status.

    Parameters
    ----------
    subjects : Subjects

    Returns
    -------
    ndarray (n_subjects, 9)
        ``1, drug, (age - 60) / 10, female, stage IVA, stage IVB, ecog 1, ecog 2, ecog missing``. A category that nobody
        has is a column of zeros.
    """
    known = ~subjects.ecog_missing
    columns = [
        np.ones(len(subjects)),
        subjects.drug,
        (subjects.age - 60.0) / 10.0,
        subjects.female,
        subjects.stage == 1,
        subjects.stage == 2,
        known & (subjects.ecog == 1),
        known & (subjects.ecog == 2),
        subjects.ecog_missing,
    ]
    return np.column_stack(columns).astype(float)


def iso_dates(days: np.ndarray) -> list[str]:
    """Dates as ``YYYY-MM-DD`` of days since the first day of enrolment.

    Parameters
    ----------
    days : ndarray of int (n,)

    Returns
    -------
    list of str
    """
    return np.datetime_as_string(np.datetime64(FIRST_DAY) + days.astype("timedelta64[D]")).tolist()


def _site_sizes(n_subjects: int) -> np.ndarray:
    """Subjects of each site by largest remainder, so that every site has some in every trial."""
    exact = np.array(SITE_SHARES) * n_subjects
    sizes = np.floor(exact).astype(int)
    largest = np.argsort(sizes - exact, kind="stable")[: n_subjects - sizes.sum()]
    sizes[largest] += 1
    return sizes


def _blocks(n_subjects: int, generator: np.random.Generator) -> np.ndarray:
    """Arms of consecutive subjects (True = drug) from permuted blocks; the last block may stay open."""
    n_blocks = -(-n_subjects // BLOCK)
    block = np.arange(BLOCK) % 2 == 0
    return np.concatenate([generator.permutation(block) for _ in range(n_blocks)])[:n_subjects]
