"""Tables that hold a finding so that it can be applied: nothing in them has to be learned again."""

import polars as pl

from biomarker.data.schema import Schema, integer, real, rule, text, word, words
from biomarker.data.tables import CONTRASTS

__all__ = ["CandidateRecipes", "CandidateRules"]


class CandidateRules(Schema):
    """``candidate_rules``: what a leading candidate is computed of, and where it is cut.

    ``units`` and ``scales`` say how each feature was measured in the study; ``recipes`` names the fitted transform of
    its modality in ``candidate_recipes``, empty where values are used as they are.
    """

    candidate_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    label = text()
    endpoint_label = text()
    kind = word(["single", "formula", "panel"])
    features = words(text())
    units = words(text())
    scales = words(text())
    recipes = words(text())
    formula = text(nullable=True)
    cutoff = real()
    positive = word(["above", "at or below"])

    @rule
    def a_formula_says_how_it_is_computed() -> pl.Expr:
        """A formula has its shape and constants, a single feature needs none."""
        return (pl.col("kind") == "formula") == pl.col("formula").is_not_null()


class CandidateRecipes(Schema):
    """``candidate_recipes``: every number that a fitted transform learned, so that a subject can be transformed alone.

    A row a number: of one feature, or of the whole transform (``feature_id`` null). The rows named ``feature`` give the
    features in their order. Empty where no candidate needs a transform. A reference library is the counts of a subject.
    """

    recipe = text()
    step = integer(min=0)
    transform = text()
    scale = text()
    name = text()
    feature_id = text(nullable=True)
    value = real()
