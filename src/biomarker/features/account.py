"""How many of the cohort's subjects a modality has features of."""

import polars as pl

from biomarker.features.builder import Matching

__all__ = ["subjects_account"]


def subjects_account(matching: Matching, modality: str) -> pl.DataFrame:
    """Subjects of the cohort with and without features, and the modality's own that the cohort does not know.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.tables.Flow`: one sum over the cohort (scope ``features``) and one over the
        modality's subjects (scope ``modality``).
    """
    rows = [("features", "in", None, matching.cohort)]
    rows += [("features", "excluded", reason, n) for reason, n in sorted(matching.excluded.items())]
    rows += [("features", "used", None, matching.used)]
    rows += [("modality", "in", None, matching.used + matching.unknown)]
    rows += [("modality", "excluded", "not in the subject table", matching.unknown)] if matching.unknown else []
    rows += [("modality", "used", None, matching.used)]
    return pl.DataFrame(
        {
            "scope": [row[0] for row in rows],
            "modality": modality,
            "endpoint": None,
            "comparison": None,
            "contrast": None,
            "unit": "subjects",
            "kind": [row[1] for row in rows],
            "reason": pl.Series([row[2] for row in rows], dtype=pl.String),
            "n": [row[3] for row in rows],
        }
    )
