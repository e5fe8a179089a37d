"""From screens to the ranked answer: families, false discovery rates, directions, order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from biomarker.data.endpoint import Endpoint
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import DIRECTIONS, DIRECTIONS_OF, OBSERVED_DIRECTIONS, Candidates
from biomarker.discovery.assay import assay_variance_shares
from biomarker.discovery.families import CORRECTIONS, FAMILY
from biomarker.discovery.groups import gathered, with_groups
from biomarker.discovery.looks import with_replication
from biomarker.discovery.predictive_calls import with_predictive_calls
from biomarker.discovery.score import ScoreSettings, score_table, with_caps, with_score, with_tiers
from biomarker.discovery.shrunken import with_shrunken
from biomarker.features.registry import TRANSFORMS
from biomarker.stats.multiplicity import benjamini_hochberg, grouped_q_values, holm, null_share

__all__ = ["RankSettings", "Ranked", "all_candidates", "kept_rows", "rank_candidates", "with_directions"]

GROUP = ("contrast", "prespecified")
Floats = NDArray[np.float64]
ANSWER = ("endpoint", "comparison", "contrast")
LEVEL = 0.95
#: Whether a family holds anything at all is asked without an estimated share of true nulls.
WITHIN_GROUPS = CORRECTIONS | {"storey": benjamini_hochberg}
PENALISED = "The likelihood has no finite maximum: estimate, interval and p_refit are Firth's, penalised."


@dataclass(frozen=True)
class RankSettings:
    """Which rows make the table, and in which order; see the study file's section ``rank``.

    ``randomised`` says whether arms were: else a difference between them is called no benefit of treatment. ``cvs`` is
    the coefficient of variation of an assay, by modality, where it is known.
    """

    q: float
    keep: int
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli", "storey"] = "benjamini-hochberg"
    randomised: bool = True
    score: ScoreSettings = field(default_factory=ScoreSettings)
    cvs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Ranked:
    """Columns of `Candidates`, and of `CandidateScores`: what each score is made of."""

    candidates: pl.DataFrame
    scores: pl.DataFrame


def rank_candidates(
    rows: pl.DataFrame,
    endpoints: Sequence[Endpoint],
    *,
    settings: RankSettings,
    provenance_id: str,
    matrices: Mapping[str, FeatureMatrix] | None = None,
    further: pl.DataFrame | None = None,
    caps: pl.DataFrame | None = None,
    predictive: tuple[pl.DataFrame, pl.DataFrame] | None = None,
    replication: pl.DataFrame | None = None,
) -> Ranked:
    """Score the rows of `kept_rows`, group those that tell one story, and put all in order.

    Within a list (endpoint, comparison, contrast) markers that were named beforehand come first, then the leaders of
    groups in tiers A and B by score, then all others by score; ties by p-value. On the page prespecified markers come
    first, then what is called, leaders before those behind them, by score.

    Parameters
    ----------
    rows : polars.DataFrame
        Of `kept_rows`; with ``replication``, ``stability``, ``q_conditional`` and the like where they are known.
    endpoints : sequence of Endpoint
    settings : RankSettings
    provenance_id : str
    matrices : mapping of modality to FeatureMatrix, optional
        Without them nobody stands behind anybody.
    further : polars.DataFrame, optional
        Candidates of another kind (formulas), columns of `Candidates`.
    caps : polars.DataFrame, optional
        ``modality``, ``endpoint``, ``tier_cap``: what the quality of the data allows at most; null means all.
    predictive : pair of polars.DataFrame, optional
        Columns of `PredictiveMarkers` and `PredictiveQuestions`: the conditional call enters score and tier.
    replication : polars.DataFrame, optional
        Columns of `Replication`, where there are further cohorts: enters the score, and tier A needs it.
    """
    rows = all_candidates(rows, endpoints, provenance_id=provenance_id, further=further)
    if predictive is not None:
        rows = with_predictive_calls(rows, *predictive)
    if replication is not None:
        rows = with_replication(rows, replication)
    if matrices:
        rows = rows.join(_detection(matrices), on="candidate_id", how="left", maintain_order="left")
    values = gathered(matrices, rows.filter(kind="single")["candidate_id"]) if matrices else {}
    if matrices and settings.cvs:
        shares = assay_variance_shares(values, {name: _scale(m) for name, m in matrices.items()}, settings.cvs)
        rows = rows.join(shares, on="candidate_id", how="left", maintain_order="left")
    rows = with_score(rows, q=settings.q, weights=settings.score.weights)
    rows = rows.sort(["score", "log10_p", "candidate_id"], descending=[True, False, False], nulls_last=True)
    rows = with_groups(rows, values, list(ANSWER), correlation=settings.score.correlation)
    rows = with_caps(with_tiers(rows, q=settings.q, settings=settings.score), caps)
    rows = _in_order(rows, settings.q)
    scores = score_table(rows, settings.score.weights)
    return Ranked(rows.select(Candidates.column_names()), scores)


def all_candidates(
    rows: pl.DataFrame, endpoints: Sequence[Endpoint], *, provenance_id: str, further: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows of `kept_rows` with every column of `Candidates`, candidates of another kind (formulas) below them."""
    labels = {e.name: e.label for e in endpoints}
    rows = rows.with_columns(
        pl.lit("single").alias("kind"),
        pl.concat_list("candidate_id").alias("features"),
        pl.lit(provenance_id).alias("provenance_id"),
        pl.col("endpoint").replace_strict(labels, return_dtype=pl.String).alias("endpoint_label"),
    )
    absent = set(Candidates.column_names()) - set(rows.columns)
    rows = rows.with_columns(pl.lit(None, Candidates.columns[name].dtype).alias(name) for name in sorted(absent))
    if further is not None and not further.is_empty():
        named = {name: k for k, name in enumerate(labels)}
        more = further.with_columns(
            pl.col("endpoint").replace_strict(named, return_dtype=pl.Int64).alias("endpoint_order"),
            pl.lit(value=False).alias("prespecified"),
        )
        rows = pl.concat([rows, more.select(n for n in more.columns if n in rows.columns)], how="diagonal_relaxed")
    return rows


def _scale(matrix: FeatureMatrix) -> str:
    """Of the values that `gathered` gives."""
    return TRANSFORMS[matrix.recipes[-1]].gives if matrix.recipes else matrix.scale


def _detection(matrices: Mapping[str, FeatureMatrix]) -> pl.DataFrame:
    """Share of subjects above the assay's limit of detection, for the features of which it is known."""
    known = [
        matrix.features.select(
            (pl.lit(f"{name}:") + pl.col("feature_id")).alias("candidate_id"),
            pl.col("detection_rate").cast(pl.Float64),
        )
        for name, matrix in matrices.items()
        if "detection_rate" in matrix.features.columns
    ]
    return pl.concat(known) if known else pl.DataFrame(schema={"candidate_id": pl.String, "detection_rate": pl.Float64})


def _in_order(rows: pl.DataFrame, q: float) -> pl.DataFrame:
    """Add ``rank`` and ``rank_overall``."""
    behind = pl.col("leader_id") != pl.col("candidate_id")
    by_score = [-pl.col("score").fill_null(-1.0), pl.col("log10_p"), "endpoint_order", "contrast", "comparison"]
    aside = behind | (pl.col("tier").cast(pl.String) == "C")
    within = [~pl.col("prespecified"), aside, *by_score, "candidate_id"]
    rows = rows.sort(within, nulls_last=True, maintain_order=True)
    rows = rows.with_columns(pl.int_range(1, pl.len() + 1).over(ANSWER).cast(pl.Int64).alias("rank"))
    called = (pl.col("q_value") <= q).fill_null(value=False)
    rows = rows.sort([~pl.col("prespecified"), ~called, behind, *by_score, "rank"], nulls_last=True)
    return rows.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("rank_overall"))


def kept_rows(screens: Sequence[pl.DataFrame], endpoints: Sequence[Endpoint], settings: RankSettings) -> pl.DataFrame:
    """What the screens say of the features that make the table.

    The q-value is taken over a family: all features of all modalities that were tested within one endpoint, comparison
    and contrast; markers that were named beforehand are a family of their own. ``q_group`` is for reading all families
    of a contrast at once. ``p_familywise`` is Holm's, or from permutations where every modality of the family has them.
    ``p_value`` is the screen's and nothing else's. The interval is that of the full fit where one was made, else the
    screen's. Shrunken effects learn from the whole family.

    Returns
    -------
    polars.DataFrame
        Every row with ``q_value <= settings.q``, the first ``settings.keep`` of each (endpoint, comparison, contrast)
        by p-value, and every prespecified marker.
    """
    tested = pl.concat(screens).filter(pl.col("status") == "ok")
    tested = _with_q_values(tested.with_row_index("place"), settings.correction)
    order = ["endpoint_order", "comparison", "contrast", "log10_p", "modality", "place"]
    known = {endpoint.name: (k, endpoint) for k, endpoint in enumerate(endpoints)}
    tested = tested.with_columns(
        pl.col("endpoint")
        .replace_strict({n: k for n, (k, _) in known.items()}, return_dtype=pl.Int64)
        .alias("endpoint_order"),
        (pl.col("modality") + ":" + pl.col("feature_id")).alias("candidate_id"),
    ).sort(order)
    first = pl.int_range(1, pl.len() + 1).over(ANSWER) <= settings.keep
    rows = tested.filter((pl.col("q_value") <= settings.q) | first | pl.col("prespecified"))
    rows = with_shrunken(_with_intervals(rows), tested, list(FAMILY))
    return with_directions(rows, {name: endpoint for name, (_, endpoint) in known.items()}, settings.randomised)


def _with_q_values(tested: pl.DataFrame, correction: str) -> pl.DataFrame:
    parts = []
    for _, family in tested.group_by(FAMILY, maintain_order=True):
        p_value = family["p_value"].to_numpy()
        kind = "prespecified" if family["prespecified"][0] else "exploratory"
        words = f"{family.height} {kind} features within endpoint, comparison and contrast"
        if correction == "storey":
            words += f"; Storey, share of true nulls {null_share(p_value):.3f}"
        parts.append(
            family.with_columns(
                pl.Series("q_value", CORRECTIONS[correction](p_value)),
                pl.Series("q_within", WITHIN_GROUPS[correction](p_value)),
                pl.Series("p_familywise", _familywise(family)),
                pl.lit(words).alias("family"),
                pl.lit(family.height).alias("n_searched"),
            )
        )
    if not parts:
        numbers = [pl.lit(None, pl.Float64).alias(name) for name in ("q_value", "q_group")]
        return tested.with_columns(*numbers, pl.lit(None, pl.String).alias("family"))
    return _with_group_q_values(pl.concat(parts))


def _with_group_q_values(tested: pl.DataFrame) -> pl.DataFrame:
    """Endpoints and comparisons of a contrast read together; prespecified markers on their own."""
    parts = []
    for _, group in tested.group_by(GROUP, maintain_order=True):
        families = group.partition_by(FAMILY, maintain_order=True)
        grouped = grouped_q_values([family["q_within"].to_numpy() for family in families])
        parts += [
            family.with_columns(pl.Series("q_group", q_group))
            for family, q_group in zip(families, grouped, strict=True)
        ]
    return pl.concat(parts).drop("q_within")


def _familywise(family: pl.DataFrame) -> Floats:
    """From permutations, times the number of modalities since each has its own maximum; else Holm's."""
    permuted = family["p_familywise"]
    if permuted.null_count():
        return holm(family["p_value"].to_numpy())
    return np.minimum(permuted.to_numpy() * family["modality"].n_unique(), 1.0)


def _with_intervals(rows: pl.DataFrame) -> pl.DataFrame:
    """Estimate, standard error and interval of the full fit where there is one, else of the screen.

    Wald's interval of the normal law after maximum likelihood, the profile interval after Firth's penalised fit.
    """
    refitted = pl.col("refit_estimate").is_not_null()
    rows = rows.with_columns(
        pl.when(refitted).then("refit_estimate").otherwise("estimate").alias("estimate"),
        pl.when(refitted).then("refit_std_error").otherwise("std_error").alias("std_error"),
        pl.when(refitted).then(float("inf")).otherwise("dof").alias("interval_dof"),
    )
    dof = rows["interval_dof"].to_numpy()
    upper = (1 + LEVEL) / 2
    with np.errstate(invalid="ignore"):
        quantile = np.where(
            np.isinf(dof), special.ndtri(upper), special.stdtrit(np.where(np.isinf(dof), 1.0, dof), upper)
        )
    half = pl.Series("half", quantile) * rows["std_error"]
    penalised = pl.col("refit_method") == "Firth"
    told_apart = pl.col("refit_status") == "separation"
    return rows.with_columns(
        pl.when(penalised).then("refit_low").otherwise(rows["estimate"] - half).alias("ci_low"),
        pl.when(penalised).then("refit_high").otherwise(rows["estimate"] + half).alias("ci_high"),
        pl.when(told_apart).then(pl.lit("separation")).otherwise("status").alias("status"),
        pl.when(penalised).then(pl.lit(PENALISED)).otherwise("reason").alias("reason"),
    )


def with_directions(rows: pl.DataFrame, endpoints: Mapping[str, Endpoint], randomised: bool) -> pl.DataFrame:  # noqa: FBT001
    """Rows with ``benefit_sign`` and ``direction``, from the sign of their estimate."""
    good = pl.col("endpoint").replace_strict({n: e.good_sign for n, e in endpoints.items()}, return_dtype=pl.Int8)
    sign = pl.col("estimate").sign().cast(pl.Int8) * good
    kind = pl.col("endpoint").replace_strict({n: e.type for n, e in endpoints.items()}, return_dtype=pl.String)
    asked = {(contrast, None): by_sign for contrast, by_sign in DIRECTIONS.items()} | DIRECTIONS_OF
    if not randomised:
        asked["predictive", None] = OBSERVED_DIRECTIONS
    words = pl.lit(None, pl.String)
    for (contrast, type_), by_sign in asked.items():
        of_contrast = (pl.col("contrast") == contrast) & (pl.lit(value=True) if type_ is None else kind == type_)
        for value, text in by_sign.items():
            words = pl.when(of_contrast & (sign == value)).then(pl.lit(text)).otherwise(words)
    return rows.with_columns(sign.alias("benefit_sign"), words.alias("direction"))
