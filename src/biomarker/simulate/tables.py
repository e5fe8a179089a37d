"""The drawn trial as the tables a study hands over."""

import numpy as np
import polars as pl

from biomarker.simulate.expression import Profiles
from biomarker.simulate.mutations import Mutations
from biomarker.simulate.outcomes import Availability, Outcomes
from biomarker.simulate.subjects import STAGES, Subjects, iso_dates

__all__ = ["batch_table", "sequenced_table", "subject_table"]


def subject_table(subjects: Subjects, availability: Availability, outcomes: Outcomes) -> pl.DataFrame:
    """One row a subject: who, where, which arm, and the endpoints as far as they were written down.

    Parameters
    ----------
    subjects : Subjects
    availability : Availability
    outcomes : Outcomes

    Returns
    -------
    polars.DataFrame (n_subjects, 12)
    """
    return pl.DataFrame(
        {
            "subject_id": subjects.subject_id,
            "site": [f"S{site + 1:02d}" for site in subjects.site],
            "arm": np.where(subjects.drug, "drug", "placebo"),
            "randomised_on": iso_dates(subjects.day),
            "age": subjects.age,
            "sex": np.where(subjects.female, "f", "m"),
            "stage": np.array(STAGES)[subjects.stage],
            "ecog": _known(subjects.ecog, ~subjects.ecog_missing),
            "best_response": outcomes.best_response,
            "pfs_months": outcomes.pfs_months,
            "pfs_event": outcomes.pfs_event.astype(int),
            "tumour_change": _known(outcomes.tumour_change, availability.tumour_measured),
        }
    )


def batch_table(subjects: Subjects, profiles: Profiles) -> pl.DataFrame:
    """The laboratory's list of expression profiles: whose, and measured in which batch."""
    order = np.sort(profiles.order)
    return pl.DataFrame({"subject_id": subjects.subject_id[order], "batch": np.where(profiles.batch[order], "B", "A")})


def sequenced_table(subjects: Subjects, mutations: Mutations) -> pl.DataFrame:
    """Who was sequenced: without a row among the mutations these have none, and the others are not known."""
    return pl.DataFrame({"subject_id": subjects.subject_id[mutations.sequenced]})


def _known(values: np.ndarray, known: np.ndarray) -> list:
    """Values as a list with None where unknown."""
    return [value if there else None for value, there in zip(values.tolist(), known, strict=True)]
