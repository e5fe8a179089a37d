"""How many of the cohort's subjects a modality has features of, and which features were not made."""

from collections import Counter

import polars as pl

from biomarker.features.builder import Built

__all__ = ["features_account"]


def features_account(built: Built, modality: str) -> pl.DataFrame:
    """Subjects with and without features, the modality's own that the cohort does not know, and features left out.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.tables.Flow`: a sum over the cohort and one over the features (scope ``features``),
        and one over the modality's subjects (scope ``modality``).
    """
    matching, made = built.matching, built.values.features.height
    rows = [("features", "subjects", "in", None, matching.cohort)]
    rows += [("features", "subjects", "excluded", reason, n) for reason, n in sorted(matching.excluded.items())]
    rows += [("features", "subjects", "used", None, matching.used)]
    if built.left_out:
        reasons = Counter(built.left_out.values())
        rows += [("features", "features", "in", None, made + len(built.left_out))]
        rows += [("features", "features", "excluded", reason, n) for reason, n in sorted(reasons.items())]
        rows += [("features", "features", "used", None, made)]
    rows += [("modality", "subjects", "in", None, matching.used + matching.unknown)]
    if matching.unknown:
        rows += [("modality", "subjects", "excluded", "not among the subjects of the study", matching.unknown)]
    rows += [("modality", "subjects", "used", None, matching.used)]
    return pl.DataFrame(
        {
            "scope": [row[0] for row in rows],
            "modality": modality,
            "endpoint": None,
            "comparison": None,
            "contrast": None,
            "unit": [row[1] for row in rows],
            "kind": [row[2] for row in rows],
            "reason": pl.Series([row[3] for row in rows], dtype=pl.String),
            "n": [row[4] for row in rows],
        }
    )
