"""What the candidates tried again do in marker-positive and marker-negative subjects of the further cohorts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from biomarker.data.cohort import Cohort
from biomarker.data.tables import CandidateEffects
from biomarker.discovery.population_effects import effect_rows
from biomarker.discovery.question import questions
from biomarker.discovery.replication import Frozen, scores_in
from biomarker.discovery.subgroups import Positive

__all__ = ["replication_effects"]

KEY = ["candidate_id", "endpoint", "comparison", "contrast"]


def replication_effects(
    frozen: Sequence[Frozen], further: Mapping[str, Cohort], tested: pl.DataFrame, *, seed: int
) -> pl.DataFrame:
    """Effects in all, marker-positive and marker-negative subjects of each further cohort.

    The cut-off is the one that the discovery cohort gave. Nobody here chose it, so that groups and their intervals are
    plain: neither shrunk nor widened.

    Parameters
    ----------
    frozen : sequence of Frozen
    further : mapping of name to Cohort
    tested : polars.DataFrame
        Of `biomarker.discovery.replication.replicate`: only what could be tested has effects.
    seed : int
        Of the study.

    Returns
    -------
    polars.DataFrame
        Columns of `CandidateEffects`, ``basis`` replication, ``cohort`` the name; a horizon is that of the cohort.
    """
    ok = set(tested.filter(pl.col("status") == "ok").select("cohort", *KEY).iter_rows())
    rows: list[dict[str, Any]] = []
    for name, cohort in further.items():
        own = [one for one in frozen if one.cut and (name, *(one.row[key] for key in KEY)) in ok]
        contrasts = list(dict.fromkeys(str(one.row["contrast"]) for one in own))
        alone = np.arange(cohort.n_subjects, dtype=np.int64)
        asked = {tuple(q.key.values()): q for q in questions(cohort, contrasts, alone, seed=seed)}
        for one in own:
            question = asked.get(tuple(one.row[key] for key in KEY[1:]))
            if question is None:
                continue
            scores = scores_in(cohort, one.rule)
            known = question.rows & ~np.isnan(scores)
            groups = Positive(known, known & ((scores > one.rule.cutoff) == one.rule.above))
            key = {column: one.row[column] for column in KEY}
            rows += [key | row | {"cohort": name} for row in effect_rows(question, {"replication": groups}, None)]
    empty = CandidateEffects.create_empty()
    if not rows:
        return empty
    return pl.DataFrame(rows, schema=dict(empty.schema), strict=False).with_columns(pl.col(pl.Float64).fill_nan(None))
