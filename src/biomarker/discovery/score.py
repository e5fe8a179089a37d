"""One number that says how much a candidate has in its favour, from parts between 0 and 1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

__all__ = ["PARTS", "WEIGHTS", "ScoreSettings", "score_parts", "score_table", "with_caps", "with_score", "with_tiers"]

#: What the score is made of, with the weight of each part by default; docs/judging-candidates.md gives the reasons.
WEIGHTS = {
    "certainty": 0.35,
    "effect": 0.20,
    "stability": 0.15,
    "replication": 0.15,
    "conditional": 0.10,
    "assayability": 0.05,
}
PARTS = tuple(WEIGHTS)
#: Half-way size of an effect: a ratio of two, or half a standard deviation of the outcome.
_HALF_RATIO, _HALF_DIFFERENCE = 0.6931471805599453, 0.5
_KEY = ["candidate_id", "endpoint", "comparison", "contrast"]


@dataclass(frozen=True)
class ScoreSettings:
    """How candidates are scored, grouped and put into tiers; see the study file's section ``rank``.

    Attributes
    ----------
    weights : mapping of part to float
    tier_a, tier_b : float
        Least scores of the tiers A and B.
    tier_b_q : float
        Largest q-value of tier B.
    correlation : float
        From which a candidate stands behind another.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    tier_a: float = 0.5
    tier_b: float = 0.4
    tier_b_q: float = 0.2
    correlation: float = 0.7


def score_parts(rows: pl.DataFrame, q: float) -> dict[str, pl.Expr]:
    """Each part as an expression over candidates, null where nothing is known of it.

    ``certainty``: ``L / (L + L0)``, L the negative decimal logarithm of p and L0 that of ``q / n_searched``, the
    Bonferroni level: one half there. ``effect``: ``e / (e + h)``, e the shrunken effect of having a yes-or-no feature,
    or of two standard deviations of any other; h is log 2 for a logarithm of a ratio, else half a residual standard
    deviation of the outcome. ``stability``: the share of half-samples that select it. ``conditional``: 1 minus the
    q-value beside the other candidates, which is 1 for a feature that was not among those tried where others were.
    ``replication``: the share of cohorts in which it held. ``assayability``: the
    share of subjects with a value, times the share above the assay's limit of detection, times the share of the
    variance that is not the assay's.

    Parameters
    ----------
    rows : polars.DataFrame
        Columns of candidates, and where known ``feature_sd``, ``n_with``, ``replication``, ``detection_rate``,
        ``assay_variance_share``.
    q : float
        False discovery rate within a family.
    """
    have = set(rows.columns)
    kind = pl.col("kind") if "kind" in have else pl.lit("single")
    absent = pl.lit(None, pl.Float64)

    def given(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Float64) if name in have else absent

    # what a formula was found among does not enter its held-out test, only the leaders that were tried there
    tried = pl.when(kind == "formula").then(pl.col("q_value") / given("p_value"))
    searched = pl.max_horizontal(tried.otherwise(pl.col("n_searched")), pl.lit(1))
    bonferroni = searched.cast(pl.Float64).log10() - pl.lit(q).log10()
    certainty = -pl.col("log10_p") / (bonferroni - pl.col("log10_p"))
    lists = ["endpoint", "comparison", "contrast"]
    measured = pl.col("n") / pl.col("n").max().over(*lists, kind)
    assay = measured * given("detection_rate").fill_null(1.0) * (1.0 - given("assay_variance_share").fill_null(0.0))
    # where the joint fit was made, who was not good enough to be in it has gained nothing by that
    beside = given("q_conditional")
    asked = beside.is_not_null().any().over(*lists)
    return {
        "certainty": certainty.clip(0.0, 1.0),
        "effect": _effect(given),
        "stability": given("stability"),
        "replication": given("replication"),
        "conditional": 1.0 - pl.when(asked & (kind == "single")).then(beside.fill_null(1.0)).otherwise(beside),
        "assayability": assay.clip(0.0, 1.0),
    }


def _effect(given: Callable[[str], pl.Expr]) -> pl.Expr:
    size = pl.coalesce("estimate_shrunk", "estimate").abs()
    step = pl.when(given("n_with").is_not_null()).then(1.0).otherwise(2.0 * given("feature_sd"))
    interaction = pl.col("contrast").cast(pl.String) == "predictive"
    spread = given("std_error") * given("feature_sd") * pl.col("n").sqrt()
    spread = pl.when(interaction).then(spread / 2.0).otherwise(spread)
    half = pl.when(pl.col("effect_scale").str.starts_with("log")).then(_HALF_RATIO).otherwise(_HALF_DIFFERENCE * spread)
    effect = size * step
    return pl.when(half > 0).then(effect / (effect + half)).fill_nan(None)


def with_score(rows: pl.DataFrame, *, q: float, weights: Mapping[str, float]) -> pl.DataFrame:
    """Add ``score``, the weighted mean of the parts that are known, and each part as ``part_<name>``.

    A part that is not known has no weight: the score of a study without replication is not lower for it.
    """
    rows = rows.with_columns(**{f"part_{name}": part for name, part in score_parts(rows, q).items()})
    known = {name: pl.col(f"part_{name}").is_not_null().cast(pl.Float64) * weights[name] for name in PARTS}
    total = pl.sum_horizontal(*known.values())
    gained = pl.sum_horizontal(*(pl.col(f"part_{name}").fill_null(0.0) * weights[name] for name in PARTS))
    return rows.with_columns(score=pl.when(total > 0).then(gained / total))


def with_tiers(rows: pl.DataFrame, *, q: float, settings: ScoreSettings) -> pl.DataFrame:
    """Add ``tier``.

    A: q at most the study's, score at least `tier_a`, leads its group; where the joint fit was made, its p beside the
    others is at most the study's q, too (the search was paid for by the q-value: what is asked here is whether another
    candidate explains it); where further cohorts are given, it held in one of them. B: q at most the study's, or at
    most `tier_b_q` with a score of `tier_b`.
    C: what else is in the table.
    """
    leads = pl.col("leader_id").is_null() | (pl.col("leader_id") == pl.col("candidate_id"))
    called = (pl.col("q_value") <= q).fill_null(value=False)
    beside = pl.col("p_conditional")
    alone = beside.is_null() | (beside <= q)
    held = pl.col("replication").fill_null(0.0) > 0 if "replication" in rows.columns else pl.lit(value=True)
    a = called & leads & alone & held & (pl.col("score") >= settings.tier_a)
    b = called | ((pl.col("q_value") <= settings.tier_b_q) & (pl.col("score") >= settings.tier_b))
    tier = pl.when(a.fill_null(value=False)).then(pl.lit("A")).when(b.fill_null(value=False)).then(pl.lit("B"))
    return rows.with_columns(tier=tier.otherwise(pl.lit("C")))


def with_caps(rows: pl.DataFrame, caps: pl.DataFrame | None) -> pl.DataFrame:
    """Lower ``tier`` to what the quality of a modality, or of a modality for an endpoint, allows.

    A formula is as good as the worst of its parts, of whichever modality.
    """
    if caps is None:
        return rows
    for modality, endpoint, cap in caps.select("modality", "endpoint", "tier_cap").drop_nulls("tier_cap").iter_rows():
        about = (
            pl.lit(value=True)
            if modality is None
            else pl.col("features").list.eval(pl.element().str.starts_with(f"{modality}:")).list.any()
        )
        about &= pl.lit(value=True) if endpoint is None else pl.col("endpoint") == endpoint
        better = pl.col("tier").cast(pl.String) < cap
        rows = rows.with_columns(
            tier=pl.when(about & better).then(pl.lit(cap)).otherwise(pl.col("tier").cast(pl.String))
        )
    return rows


def score_table(rows: pl.DataFrame, weights: Mapping[str, float]) -> pl.DataFrame:
    """Columns of `CandidateScores`: one row a candidate and part that is known."""
    names = [f"part_{name}" for name in PARTS]
    long = rows.select(*_KEY, *names).unpivot(names, index=_KEY, variable_name="part", value_name="value")
    long = long.drop_nulls("value").with_columns(pl.col("part").str.strip_prefix("part_"))
    return long.with_columns(weight=pl.col("part").replace_strict(dict(weights), return_dtype=pl.Float64))
