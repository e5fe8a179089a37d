"""Every result table: its columns, its rules, and how it is written and read.

A table is Parquet, with a TSV twin for people where ``tsv=True``. Each file carries its schema's name and version and the
provenance of the run; a reader refuses a newer version and says what to do.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from biomarker.data.files import atomic_path
from biomarker.errors import SchemaError

__all__ = [
    "CONTRASTS",
    "DIRECTIONS",
    "NO_COMPARISON",
    "CandidateCurves",
    "CandidateCutoffs",
    "CandidateEffects",
    "Candidates",
    "Flow",
    "Manifest",
    "OverallEffects",
    "Quarantine",
    "Screen",
    "ScreenNull",
    "read_metadata",
    "read_table",
    "write_table",
]

SCHEMA_VERSION = 1

#: What a screen asks. ``response``: one arm only, prognostic and predictive cannot be told apart.
CONTRASTS = ("prognostic", "predictive", "response")

#: ``comparison`` of an analysis that compares no two arms.
NO_COMPARISON = "none"

#: Closed vocabulary of ``direction``, by contrast: what a high value means for the patient.
DIRECTIONS = {
    "prognostic": {1: "high -> better outcome", -1: "high -> worse outcome"},
    "predictive": {1: "high -> benefits from drug", -1: "low -> benefits from drug"},
    "response": {1: "high -> responds", -1: "high -> does not respond"},
}
_DIRECTION_WORDS = [words for signs in DIRECTIONS.values() for words in signs.values()]

STATUSES = ("ok", "constant", "too_few", "separation", "not_converged", "overflow", "filtered", "missing")


def _p(**options: Any) -> dy.Float64:
    return dy.Float64(nullable=True, min=0.0, max=1.0, **options)


def _number() -> dy.Float64:
    return dy.Float64(nullable=True)


def _text() -> dy.String:
    return dy.String(nullable=True)


def _count() -> dy.Int64:
    return dy.Int64(nullable=True, min=0)


class Screen(dy.Schema):
    """``screen/<contrast>.<modality>``: every feature and endpoint, tested or not, and why not.

    ``estimate`` is the change of the endpoint per unit of the feature; ``feature_sd`` its standard deviation in the
    analysed subjects, for a comparison between features. ``refit_estimate`` and ``p_refit`` come from the full maximum
    likelihood fit where one was made; ``p_value`` comes from the test that ``method`` names, always.
    """

    modality = dy.String()
    feature_id = dy.String()
    label = dy.String()
    endpoint = dy.String()
    comparison = dy.String()
    contrast = dy.Enum(list(CONTRASTS))
    method = dy.String()
    estimate = _number()
    effect_scale = dy.String()
    std_error = _number()
    statistic = _number()
    dof = dy.Float64(nullable=True, allow_inf=True)
    p_value = _p()
    log10_p = dy.Float64(nullable=True, max=0.0)
    n = dy.Int64(min=0)
    n_events = _count()
    feature_sd = _number()
    refit_estimate = _number()
    refit_std_error = _number()
    p_refit = _p()
    prespecified = dy.Bool()
    status = dy.Enum(list(STATUSES))
    reason = _text()

    @dy.rule()
    def numbers_only_where_ok(cls) -> pl.Expr:
        """A row that could not be estimated has no p-value and says why; a row that could has one."""
        ok = pl.col("status") == "ok"
        return (
            pl.when(ok)
            .then(pl.col("p_value").is_not_null())
            .otherwise(pl.col("p_value").is_null() & pl.col("estimate").is_null() & pl.col("reason").is_not_null())
        )


class Candidates(dy.Schema):
    """``candidates``: the ranked answer. Columns that do not apply are null.

    Key: (``candidate_id``, ``endpoint``, ``comparison``, ``contrast``).
    """

    rank = dy.Int64(min=1)
    rank_overall = dy.Int64(min=1)
    score = _number()
    candidate_id = dy.String(primary_key=True)
    label = dy.String()
    kind = dy.Enum(["single", "formula", "panel"])
    features = dy.List(dy.String())
    modality = dy.String()
    endpoint = dy.String(primary_key=True)
    endpoint_label = dy.String()
    comparison = dy.String(primary_key=True)
    contrast = dy.Enum(list(CONTRASTS), primary_key=True)
    method = dy.String()
    estimate = _number()
    effect_scale = dy.String()
    ci_low = _number()
    ci_high = _number()
    std_error = _number()
    statistic = _number()
    statistic_plain = _number()
    dof = dy.Float64(nullable=True, allow_inf=True)
    p_value = _p()
    log10_p = dy.Float64(nullable=True, max=0.0)
    q_value = _p()
    q_group = _p()
    family = dy.String()
    n = dy.Int64(min=0)
    n_events = _count()
    benefit_sign = dy.Int8(nullable=True)
    direction = dy.Enum(_DIRECTION_WORDS, nullable=True)
    p_global = _p()
    p_refit = _p()
    p_permutation = _p()
    p_marginal = _p()
    p_conditional = _p()
    q_conditional = _p()
    p_heldout = _p()
    p_familywise = _p()
    n_searched = dy.Int64(min=0)
    estimate_shrunk = _number()
    shrunk_low = _number()
    shrunk_high = _number()
    shrinkage_method = _text()
    stability = _p()
    group_id = _text()
    leader_id = _text()
    tier = dy.Enum(["A", "B", "C"], nullable=True)
    status = dy.Enum(list(STATUSES))
    reason = _text()
    provenance_id = dy.String()

    @dy.rule()
    def interval_holds_estimate(cls) -> pl.Expr:
        """The interval contains its estimate."""
        inside = (pl.col("ci_low") <= pl.col("estimate")) & (pl.col("estimate") <= pl.col("ci_high"))
        return inside | pl.col("estimate").is_null() | pl.col("ci_low").is_null()

    @dy.rule()
    def q_not_below_p(cls) -> pl.Expr:
        """A q-value of the Benjamini-Hochberg kind is never smaller than its p-value."""
        return pl.col("q_value").is_null() | (pl.col("q_value") >= pl.col("p_value") * (1 - 1e-12))


class CandidateEffects(dy.Schema):
    """``candidate_effects``: what a candidate does in all, marker-positive and marker-negative subjects."""

    candidate_id = dy.String()
    endpoint = dy.String()
    comparison = dy.String()
    population = dy.Enum(["all", "positive", "negative"])
    arm = _text()
    scale = dy.Enum(["additive", "relative"])
    basis = dy.Enum(["raw", "shrunk", "heldout"])
    estimate = _number()
    std_error = _number()
    ci_low = _number()
    ci_high = _number()
    n = dy.Int64(min=0)
    n_events = _count()


class CandidateCutoffs(dy.Schema):
    """``candidate_cutoffs``: where a candidate is cut, how many are positive, how well the assay tells."""

    candidate_id = dy.String()
    endpoint = dy.String()
    comparison = dy.String()
    cutoff = dy.Float64()
    unit = _text()
    ci_low = _number()
    ci_high = _number()
    prevalence = _p()
    prevalence_low = _p()
    prevalence_high = _p()
    assay_sensitivity = _p()
    assay_specificity = _p()
    source = dy.Enum(["measured", "assumed", "literature"])


class CandidateCurves(dy.Schema):
    """``candidate_curves``: Kaplan-Meier curves by marker group and arm on a fixed grid of times.

    ``group`` is low or high, cut at the median. ``survival`` is null where fewer subjects than the disclosure limit are
    at risk. Descriptive: the same subjects chose the candidate.
    """

    candidate_id = dy.String()
    endpoint = dy.String()
    comparison = dy.String()
    contrast = dy.Enum(list(CONTRASTS))
    group = dy.Enum(["low", "high"])
    arm = dy.String()
    cutoff = dy.Float64()
    time = dy.Float64(min=0.0)
    survival = _p()
    ci_low = _p()
    ci_high = _p()
    at_risk = _count()


class OverallEffects(dy.Schema):
    """``overall_effects``: the treatment's effect on each endpoint in everybody, one row a comparison."""

    endpoint = dy.String()
    endpoint_label = dy.String()
    comparison = dy.String()
    method = dy.String()
    estimate = _number()
    effect_scale = dy.String()
    std_error = _number()
    ci_low = _number()
    ci_high = _number()
    p_value = _p()
    benefit_sign = dy.Int8(nullable=True)
    n_active = dy.Int64(min=0)
    n_control = dy.Int64(min=0)
    events_active = _count()
    events_control = _count()
    status = dy.Enum(list(STATUSES))
    reason = _text()


class Quarantine(dy.Schema):
    """``quarantine/<modality>``: each row of an input file that could not be used, and why.

    ``line`` counts the file's lines from 1 with the header (rows from 1 for Parquet). ``value`` is masked for columns of
    identifiers and free text.
    """

    file = dy.String()
    line = dy.Int64(min=1)
    field = dy.String()
    value = _text()
    reason = dy.String()


class Flow(dy.Schema):
    """``flow``: who is analysed, who is not, and why; what goes in is what comes out plus what was left out.

    ``scope`` names one sum (``subjects``, ``ingest``, ``analysis``), which may be split by modality, endpoint,
    comparison and contrast. ``kind``: ``in``, ``used``, ``quarantined``, ``excluded``.
    """

    scope = dy.String()
    modality = _text()
    endpoint = _text()
    comparison = _text()
    contrast = _text()
    unit = dy.Enum(["rows", "subjects", "endpoints"])
    kind = dy.Enum(["in", "used", "quarantined", "excluded"])
    reason = _text()
    n = dy.Int64(min=0)

    @dy.rule()
    def adds_up(cls) -> pl.Expr:
        """In = used + quarantined + excluded."""
        signed = pl.when(pl.col("kind") == "in").then(pl.col("n")).otherwise(-pl.col("n"))
        return signed.sum().over("scope", "modality", "endpoint", "comparison", "contrast", "unit") == 0

    @dy.rule()
    def left_out_for_a_reason(cls) -> pl.Expr:
        """Whatever was quarantined or excluded has a reason."""
        return pl.col("kind").is_in(["in", "used"]) | pl.col("reason").is_not_null()


class ScreenNull(dy.Schema):
    """``null``: discoveries among permuted labels, beside those among the real ones."""

    endpoint = dy.String()
    comparison = dy.String()
    contrast = dy.Enum(list(CONTRASTS))
    modality = dy.String()
    permutation = dy.Int64(min=0)
    threshold = dy.Float64()
    discoveries = dy.Int64(min=0)


class Manifest(dy.Schema):
    """``manifest``: which name a file's slug stands for."""

    slug = dy.String()
    name = dy.String()
    kind = dy.Enum(["modality", "endpoint", "comparison"])


def write_table(
    table: pl.DataFrame,
    schema: type[dy.Schema],
    path: Path,
    *,
    provenance: Mapping[str, str],
    tsv: bool = False,
) -> None:
    """Check a table against its schema and write it, complete or not at all.

    Parameters
    ----------
    table : polars.DataFrame
        The schema's columns, in any order; columns of other types are cast where nothing is lost.
    schema : type of dataframely.Schema
        One of the classes above.
    path : Path
        Ends in ``.parquet``; the TSV twin has the same stem.
    provenance : mapping of str to str
        Deterministic facts only: content hashes, versions, seed.

    Raises
    ------
    dataframely.exc.ValidationError, polars.exceptions.PolarsError
        A fault of ours: the table does not keep what its schema promises.
    """
    checked = schema.validate(table.select(schema.column_names()), cast=True)
    metadata = {"schema": schema.__name__, "schema_version": str(SCHEMA_VERSION), **provenance}
    with atomic_path(path) as partial:
        checked.write_parquet(partial, compression="zstd", metadata=metadata)
    if tsv:
        flat = checked.with_columns(
            pl.col(name).cast(pl.List(pl.String)).list.join(";")
            for name, kind in checked.schema.items()
            if isinstance(kind, pl.List)
        )
        with atomic_path(path.with_suffix(".tsv")) as partial:
            flat.write_csv(partial, separator="\t")


def read_metadata(path: Path) -> dict[str, str]:
    """Schema name, schema version and provenance that a table carries."""
    try:
        stored = pl.read_parquet_metadata(path)
    except pl.exceptions.ComputeError as error:
        raise SchemaError(f"{path} cannot be read as Parquet", "Delete it and run again: it is made anew.") from error
    return {key: value for key, value in stored.items() if key != "ARROW:schema"}


def read_table(path: Path, schema: type[dy.Schema]) -> pl.DataFrame:
    """Read a table that `write_table` made.

    Raises
    ------
    SchemaError
        The file is of another kind, damaged, or was written by a newer version.
    """
    metadata = read_metadata(path)
    if metadata.get("schema") != schema.__name__:
        raise SchemaError(f"{path} is no {schema.__name__} table")
    if int(metadata["schema_version"]) > SCHEMA_VERSION:
        raise SchemaError(
            f"{path} was written by a newer version (schema {metadata['schema_version']}, known {SCHEMA_VERSION})",
            "Update the package, or delete the results and run again.",
        )
    return schema.validate(pl.read_parquet(path), cast=True)
