"""A candidate with everything that was learned for it, frozen: the same score for one subject or a thousand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.cohort import Cohort
from biomarker.data.recipe import Recipe, narrowed
from biomarker.data.rule_tables import CandidateRecipes, CandidateRules
from biomarker.discovery.analysis import analyses
from biomarker.discovery.markers import fitted_recipes
from biomarker.errors import DataError
from biomarker.features.combat import learned_batches
from biomarker.features.registry import TRANSFORMS

__all__ = ["FrozenRule", "Part", "freeze", "thaw"]

Floats = NDArray[np.float64]
Evaluate = Callable[[str, Floats], Floats]


@dataclass(frozen=True)
class Part:
    """One feature of a rule: ``modality:feature``, how it was measured, and the transforms of its modality in order."""

    feature: str
    unit: str
    scale: str
    recipes: tuple[Recipe, ...]

    @property
    def modality(self) -> str:
        """Before the colon."""
        return self.feature.partition(":")[0]

    @property
    def needed(self) -> tuple[str, ...]:
        """Features that must be measured to compute this one: all that a transform takes together."""
        own = self.feature.partition(":")[2]
        return self.recipes[0].feature_ids if self.recipes else (own,)

    @property
    def batches(self) -> frozenset[str] | None:
        """Batches that a transform has learned; None where no transform asks for a subject's batch."""
        learned = [learned_batches(recipe.state) for recipe in self.recipes if recipe.transform.by_batch]
        return frozenset(learned[0]) if learned else None

    def value(self, measured: Floats, batch: str | None = None) -> float:
        """The transformed feature of one subject from `needed`, (n_needed,), and its batch where that is asked for."""
        # what the study's own matrix holds is single precision
        values, scale = measured.astype(np.float32).astype(np.float64)[None, :], self.scale
        for recipe in self.recipes:
            found = recipe.apply(
                values, feature_ids=recipe.feature_ids, scale=scale, batches=() if batch is None else (batch,)
            )
            values, scale = np.asarray(found, dtype=np.float64), recipe.transform.gives
        return float(values[0, self.needed.index(self.feature.partition(":")[2])])


@dataclass(frozen=True)
class FrozenRule:
    """What `CandidateRules` and `CandidateRecipes` hold of one candidate.

    Attributes
    ----------
    parts : tuple of Part
    cutoff : float
    above : bool
        Whether subjects above the cut-off are the positive ones.
    formula : str or None
        Shape and constants as JSON; None for a single feature.
    """

    parts: tuple[Part, ...]
    cutoff: float
    above: bool
    formula: str | None

    def score(
        self, measured: Sequence[Floats], evaluate: Evaluate | None = None, batches: Sequence[str | None] = ()
    ) -> float:
        """Score of one subject.

        Parameters
        ----------
        measured : sequence of (n_needed,)
            Of each part, as measured; NaN where missing.
        evaluate : callable, optional
            ``(formula, values (1, n_parts)) -> (1,)``, for a formula.
        batches : sequence of str, optional
            Of each part, the subject's batch; None where the part needs none.

        Returns
        -------
        float
            NaN where something that is needed is missing.
        """
        if any(np.isnan(values).any() for values in measured):
            return float("nan")
        known = batches or [None] * len(self.parts)
        parts = zip(self.parts, measured, known, strict=True)
        values = np.array([[part.value(own, batch) for part, own, batch in parts]])
        if self.formula is None:
            return float(values[0, 0])
        if evaluate is None:
            raise DataError("the rule is a formula, and nothing that computes formulas was given")
        return float(evaluate(self.formula, values)[0])

    def positive(self, score: float) -> bool | None:
        """Whether a subject with this score is marker-positive; None without a score."""
        if np.isnan(score):
            return None
        return bool(score > self.cutoff) == self.above


def freeze(
    cohort: Cohort, candidates: pl.DataFrame, cutoffs: pl.DataFrame, formulas: Mapping[str, str] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rules of the candidates that have a cut-off, with the transforms they need.

    Parameters
    ----------
    cohort : Cohort
    candidates, cutoffs : polars.DataFrame
        Columns of `Candidates` and of `CandidateCutoffs`.
    formulas : mapping of candidate_id to str, optional
        Shape and constants of formulas.

    Returns
    -------
    rules, recipes : polars.DataFrame
        Columns of `CandidateRules` and `CandidateRecipes`.
    """
    key = ["candidate_id", "endpoint", "comparison", "contrast"]
    chosen = cutoffs.select(*key, "cutoff", "positive").join(
        candidates.select(*key, "label", "endpoint_label", "kind", "features"), on=key, maintain_order="left"
    )
    used = {(a.contrast, a.comparison): a.used for c in chosen["contrast"].unique() for a in analyses(cohort, c)}
    rules, recipes = [], {}
    for row in chosen.iter_rows(named=True):
        parts = []
        for feature in row["features"]:
            modality, _, name = feature.partition(":")
            matrix = cohort.matrices[modality]
            fitted = ""
            if matrix.recipes:
                fitted = " ".join([modality, row["contrast"], row["comparison"]])
                if fitted not in recipes:
                    subjects = used[row["contrast"], row["comparison"]][cohort.rows_of(matrix)]
                    recipes[fitted] = fitted_recipes(matrix, subjects)
            unit = str(matrix.features["unit"][matrix.feature_ids.index(name)] or "")
            parts.append((unit, matrix.scale, fitted))
        units, scales, names = (list(column) for column in zip(*parts, strict=True))
        formula = (formulas or {}).get(row["candidate_id"]) if row["kind"] == "formula" else None
        rules.append(row | {"units": units, "scales": scales, "recipes": names, "formula": formula})
    numbers = [one for name, steps in recipes.items() for one in _numbers(name, steps)]
    return _table(rules, CandidateRules), _table(numbers, CandidateRecipes)


def thaw(rule: Mapping[str, Any], recipes: pl.DataFrame) -> FrozenRule:
    """A row of `CandidateRules` as a rule, with its transforms from `CandidateRecipes`."""
    fitted = {name: _recipes(recipes.filter(pl.col("recipe") == name)) for name in set(rule["recipes"]) - {""}}
    columns = zip(rule["features"], rule["units"], rule["scales"], rule["recipes"], strict=True)
    parts = tuple(
        Part(feature, unit, scale, narrowed(fitted.get(name, ()), feature.partition(":")[2]))
        for feature, unit, scale, name in columns
    )
    return FrozenRule(parts, rule["cutoff"], rule["positive"] == "above", rule["formula"])


def _numbers(recipe: str, steps: Sequence[Recipe]) -> list[dict[str, Any]]:
    """Rows of `CandidateRecipes`."""
    rows = []
    for step, fitted in enumerate(steps):
        about = {"recipe": recipe, "step": step, "transform": fitted.transform.name, "scale": fitted.scale}
        places = enumerate(fitted.feature_ids)
        rows += [about | {"name": "feature", "feature_id": name, "value": float(i)} for i, name in places]
        for name, state in fitted.state.items():
            values = np.asarray(state, dtype=np.float64)
            if values.ndim == 0:
                rows.append(about | {"name": name, "feature_id": None, "value": float(values)})
                continue
            pairs = zip(fitted.feature_ids, values.tolist(), strict=True)
            rows += [about | {"name": name, "feature_id": feature, "value": value} for feature, value in pairs]
    return rows


def _recipes(numbers: pl.DataFrame) -> tuple[Recipe, ...]:
    found = []
    for (_,), part in numbers.sort("step", maintain_order=True).group_by("step", maintain_order=True):
        names = part.filter(name="feature").sort("value")["feature_id"].to_list()
        state = {}
        for (name,), values in part.filter(pl.col("name") != "feature").group_by("name", maintain_order=True):
            alone = values["feature_id"].is_null().any()
            state[str(name)] = np.array(values["value"][0]) if alone else values["value"].to_numpy()
        found.append(Recipe(TRANSFORMS[part["transform"][0]], tuple(names), part["scale"][0], state))
    return tuple(found)


def _table(rows: list[dict[str, Any]], schema: Any) -> pl.DataFrame:
    empty = schema.create_empty()
    if not rows:
        return empty
    return pl.DataFrame([{name: row[name] for name in empty.columns} for row in rows], schema=dict(empty.schema))
