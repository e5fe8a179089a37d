"""Result tables of the search for formulas."""

import polars as pl

from biomarker.data.schema import Schema, flag, integer, real, rule, text, word, words
from biomarker.data.tables import CONTRASTS

__all__ = ["FormulaCounts", "FormulaGroups", "FormulaMaps", "FormulaScanned", "FormulaSurvivors", "Formulas"]


class FormulaSurvivors(Schema):
    """``formula/search_<part>``: the pairs that one part of the search kept, to be judged again.

    ``statistic`` numbers what the scan computes of a pair; ``score`` is the squared partial correlation in single
    precision.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    repeat = integer(min=0)
    statistic = integer(min=0)
    first = text()
    second = text()
    score = real(min=0.0)


class FormulaScanned(Schema):
    """``formula/scanned_<part>``: pairs that one part of the search went through, by statistic.

    A row without a reason counts all its pairs; one with a reason those that were not judged. ``status`` says why a
    question was not searched at all.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    repeat = integer(min=0)
    statistic = integer(nullable=True, min=0)
    reason = text(nullable=True)
    pairs = integer(min=0)
    status = text()


class FormulaCounts(Schema):
    """``formula/counts``: how many formulas were planned, and which of them were not searched, and why.

    Searched formulas (no reason) and refused ones add up to those planned. ``unit`` is formulas, by shape, or features
    that had no part in the search.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    unit = word(["formulas", "features"])
    shape = text(nullable=True)
    reason = text(nullable=True)
    n = integer(min=0)

    @rule
    def features_have_a_reason() -> pl.Expr:
        """A feature is listed only where it was left out, and for a reason."""
        return (pl.col("unit") == "formulas") | pl.col("reason").is_not_null()


class Formulas(Schema):
    """``formula/formulas``: the leading formulas and their closest relatives.

    ``record`` holds shape and constants, which is all that is needed to compute the formula for a further patient.
    ``statistic`` and ``statistic_plain`` are those of the searched subjects, turned so that the improvement is
    positive; a formula's own sign is in ``sign``. What begins with ``heldout_`` comes from subjects that had no part in
    the search. Relatives have no test of their own.
    """

    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    candidate_id = text(key=True)
    label = text()
    shape = text()
    features = words(text())
    record = text()
    leader = flag()
    group_id = text()
    n_relatives = integer(nullable=True, min=0)
    rank = integer(min=1)
    sign = integer()
    statistic = real()
    statistic_plain = real()
    n_searched_subjects = integer(min=0)
    heldout_statistic = real(nullable=True)
    heldout_plain = real(nullable=True)
    heldout_parts = words(real())
    p_improvement = real(nullable=True, min=0.0, max=1.0)
    p_heldout = real(nullable=True, min=0.0, max=1.0)
    p_familywise = real(nullable=True, min=0.0, max=1.0)
    n_permutations = integer(min=0)
    heldout_estimate = real(nullable=True)
    heldout_std_error = real(nullable=True)
    n_heldout = integer(nullable=True, min=0)
    n_events_heldout = integer(nullable=True, min=0)
    stability = real(nullable=True, min=0.0, max=1.0)
    repeats = integer(min=1)
    n_searched = integer(min=0)
    reason = text(nullable=True)


class FormulaGroups(Schema):
    """``formula/groups``: how subjects did by where they stand on a formula's parts, in either arm.

    ``first`` and ``second`` say high or low on the two features (cut where the formula cuts them, else at the median of
    the searched subjects); for a formula of one or three features ``first`` is high or low on the formula itself.
    ``value`` is the share with the event, the mean, or events per unit of time, as ``measure`` says. Descriptive: most
    of these subjects chose the formula.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    candidate_id = text()
    first = word(["high", "low"])
    second = word(["high", "low"], nullable=True)
    arm = text()
    heldout = flag()
    n = integer(min=0)
    n_events = integer(nullable=True, min=0)
    measure = word(["share", "mean", "rate"])
    value = real(nullable=True)


class FormulaMaps(Schema):
    """``formula/maps``: the plane of a leading formula's two features: how subjects did in it, and where it decides.

    ``cell``: subjects of an arm between two limits of either feature, with ``n`` and ``value`` as in `FormulaGroups`;
    the outermost cells hold who lies beyond their limits too; cells without a subject are left out. ``line``: a point
    (``x_low``, ``y_low``) where the formula turns from no to yes, or passes its median. No row is of a subject.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    candidate_id = text()
    part = word(["cell", "line"])
    arm = text(nullable=True)
    x_low = real()
    x_high = real(nullable=True)
    y_low = real()
    y_high = real(nullable=True)
    n = integer(nullable=True, min=1)
    measure = word(["share", "mean", "rate"], nullable=True)
    value = real(nullable=True)

    @rule
    def cells_have_limits_and_subjects() -> pl.Expr:
        """A cell has an arm, both limits and its number; a point of the line has none of them."""
        cell = pl.col("part") == "cell"
        return (
            (pl.col("n").is_not_null() == cell)
            & (pl.col("arm").is_not_null() == cell)
            & (pl.col("x_high").is_not_null() == cell)
            & (pl.col("y_high").is_not_null() == cell)
        )
