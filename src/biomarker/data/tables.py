"""Every result table: its columns, its rules, and how it is written and read.

A table is Parquet, with a TSV twin for people where ``tsv=True``. Each file carries its schema's name and version and
the provenance of the run; a reader refuses a newer version and says what to do.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from biomarker.data.files import atomic_path
from biomarker.data.schema import Column, Schema, flag, integer, real, rule, small_integer, text, word, words
from biomarker.errors import SchemaError

__all__ = [
    "CONTRASTS",
    "DIRECTIONS",
    "DIRECTIONS_OF",
    "MEASURES",
    "NO_COMPARISON",
    "OBSERVED_DIRECTIONS",
    "CandidateCurves",
    "CandidateCutoffs",
    "CandidateEffects",
    "CandidateScores",
    "Candidates",
    "Flow",
    "Manifest",
    "OverallEffects",
    "Quarantine",
    "Screen",
    "ScreenNull",
    "read_metadata",
    "read_table",
    "write_rows",
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
#: Of arms that were not randomised: a difference between them need not be a benefit of treatment.
OBSERVED_DIRECTIONS = {1: "high -> more in favour of drug", -1: "low -> more in favour of drug"}
#: Of a contrast and a type of endpoint whose words differ from those of its contrast: nobody "responds" by survival,
#: nor by a grade of toxicity.
DIRECTIONS_OF = {("response", kind): DIRECTIONS["prognostic"] for kind in ("ordinal", "survival")}
_DIRECTION_WORDS = [words for signs in (*DIRECTIONS.values(), OBSERVED_DIRECTIONS) for words in signs.values()]

#: What an effect in a group is: of one group, or of two (see `biomarker.stats.group_effects`).
MEASURES = (
    "rate",
    "mean",
    "restricted mean",
    "event rate",
    "risk difference",
    "log odds ratio",
    "mean difference",
    "restricted mean difference",
    "log hazard ratio",
)

STATUSES = ("ok", "constant", "too_few", "separation", "not_converged", "overflow", "filtered", "missing")


def _p() -> Column:
    return real(nullable=True, min=0.0, max=1.0)


def _number() -> Column:
    return real(nullable=True)


def _text() -> Column:
    return text(nullable=True)


def _count() -> Column:
    return integer(nullable=True, min=0)


class Screen(Schema):
    """``screen/<contrast>.<modality>``: every feature and endpoint, tested or not, and why not.

    ``estimate`` is the change of the endpoint per unit of the feature; ``feature_sd`` its standard deviation in the
    analysed subjects, for a comparison between features; ``n_with`` how many of the ``n`` have a yes-or-no feature
    (values 0 and 1), null for any other. ``refit_estimate`` and ``p_refit`` come from the full fit
    where one was made, by the method that ``refit_method`` names; ``p_value`` comes from the test that ``method``
    names, always.
    """

    modality = text()
    feature_id = text()
    label = text()
    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    method = text()
    estimate = _number()
    effect_scale = text()
    std_error = _number()
    statistic = _number()
    dof = real(nullable=True, infinite=True)
    p_value = _p()
    log10_p = real(nullable=True, max=0.0)
    n = integer(min=0)
    n_events = _count()
    feature_sd = _number()
    n_with = _count()
    refit_estimate = _number()
    refit_std_error = _number()
    refit_low = _number()
    refit_high = _number()
    p_refit = _p()
    refit_method = word(["maximum likelihood", "Firth"], nullable=True)
    refit_status = word(list(STATUSES), nullable=True)
    p_permutation = _p()
    p_familywise = _p()
    auc = _p()
    auc_low = _p()
    auc_high = _p()
    p_rank_sum = _p()
    prespecified = flag()
    status = word(list(STATUSES))
    reason = _text()

    @rule
    def numbers_only_where_ok() -> pl.Expr:
        """A row that could not be estimated has no p-value and says why; a row that could has one."""
        ok = pl.col("status") == "ok"
        return (
            pl.when(ok)
            .then(pl.col("p_value").is_not_null())
            .otherwise(pl.col("p_value").is_null() & pl.col("estimate").is_null() & pl.col("reason").is_not_null())
        )


class Candidates(Schema):
    """``candidates``: the ranked answer. Columns that do not apply are null.

    Key: (``candidate_id``, ``endpoint``, ``comparison``, ``contrast``).
    """

    rank = integer(min=1)
    rank_overall = integer(min=1)
    score = _number()
    candidate_id = text(key=True)
    label = text()
    kind = word(["single", "formula", "panel"])
    features = words(text())
    modality = text()
    endpoint = text(key=True)
    endpoint_label = text()
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    method = text()
    estimate = _number()
    effect_scale = text()
    ci_low = _number()
    ci_high = _number()
    std_error = _number()
    statistic = _number()
    statistic_plain = _number()
    dof = real(nullable=True, infinite=True)
    p_value = _p()
    log10_p = real(nullable=True, max=0.0)
    q_value = _p()
    q_group = _p()
    family = text()
    n = integer(min=0)
    n_events = _count()
    benefit_sign = small_integer(nullable=True)
    direction = word(_DIRECTION_WORDS, nullable=True)
    p_global = _p()
    p_refit = _p()
    p_permutation = _p()
    p_marginal = _p()
    p_conditional = _p()
    q_conditional = _p()
    p_heldout = _p()
    p_familywise = _p()
    n_searched = integer(min=0)
    estimate_shrunk = _number()
    shrunk_low = _number()
    shrunk_high = _number()
    shrinkage_method = _text()
    stability = _p()
    group_id = _text()
    leader_id = _text()
    tier = word(["A", "B", "C"], nullable=True)
    status = word(list(STATUSES))
    reason = _text()
    provenance_id = text()

    @rule
    def interval_holds_estimate() -> pl.Expr:
        """The interval contains its estimate."""
        inside = (pl.col("ci_low") <= pl.col("estimate")) & (pl.col("estimate") <= pl.col("ci_high"))
        return inside | pl.col("estimate").is_null() | pl.col("ci_low").is_null()

    @rule
    def q_not_below_p() -> pl.Expr:
        """A q-value is never smaller than its p-value, unless a share of true nulls was estimated (Storey)."""
        not_below = pl.col("q_value") >= pl.col("p_value") * (1 - 1e-12)
        return pl.col("q_value").is_null() | pl.col("family").str.contains("Storey") | not_below

    @rule
    def group_not_below_family() -> pl.Expr:
        """Reading many families at once is never cheaper than reading one, unless a share of nulls was estimated."""
        not_below = pl.col("q_group") >= pl.col("q_value") * (1 - 1e-12)
        return pl.col("q_group").is_null() | pl.col("family").str.contains("Storey") | not_below


class CandidateScores(Schema):
    """``candidate_scores``: what the score of each candidate is made of; a part that is not known has no row."""

    candidate_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    part = word(["certainty", "effect", "stability", "replication", "conditional", "assayability"], key=True)
    value = real(min=0.0, max=1.0)
    weight = real(min=0.0)


class CandidateEffects(Schema):
    """``candidate_effects``: what a candidate does in all, marker-positive and marker-negative subjects.

    Positive is the side of the cut-off (``candidate_cutoffs``) on which subjects do better or benefit more. ``arm`` is
    null for a difference: between the arms of ``comparison``, or, where no arms are compared, between marker-positive
    and marker-negative subjects. ``basis``: ``raw`` numbers in the groups have no interval, because the same subjects
    chose the groups; ``shrunk`` and ``heldout`` allow for the choice; ``replication`` comes from another cohort.
    """

    candidate_id = text()
    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    population = word(["all", "positive", "negative"])
    arm = _text()
    measure = word(list(MEASURES))
    scale = word(["additive", "relative"])
    basis = word(["raw", "shrunk", "heldout", "replication"])
    estimate = _number()
    std_error = _number()
    ci_low = _number()
    ci_high = _number()
    n = integer(min=0)
    n_events = _count()
    horizon = real(nullable=True, min=0.0)
    cohort = _text()


class CandidateCutoffs(Schema):
    """``candidate_cutoffs``: where a candidate is cut, how many are positive, how well the assay tells."""

    candidate_id = text(key=True)
    endpoint = text(key=True)
    comparison = text(key=True)
    contrast = word(list(CONTRASTS), key=True)
    cutoff = real()
    unit = _text()
    positive = word(["above", "at or below"])
    ci_low = _number()
    ci_high = _number()
    statistic = real(min=0.0)
    p_value = _p()
    prevalence = _p()
    prevalence_low = _p()
    prevalence_high = _p()
    n = integer(min=0)
    assay_sensitivity = _p()
    assay_specificity = _p()
    source = word(["measured", "assumed", "literature"])


class CandidateCurves(Schema):
    """``candidate_curves``: Kaplan-Meier curves by marker group and arm on a fixed grid of times.

    ``group`` is low or high, cut at the median (below it where no value is above it). ``survival`` is null where fewer
    subjects than the disclosure limit are at risk. Descriptive: the same subjects chose the candidate.
    """

    candidate_id = text()
    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    group = word(["low", "high"])
    arm = text()
    cutoff = real()
    unit = text()
    time = real(min=0.0)
    survival = _p()
    ci_low = _p()
    ci_high = _p()
    at_risk = _count()


class OverallEffects(Schema):
    """``overall_effects``: the treatment's effect on each endpoint in everybody, one row a comparison."""

    endpoint = text()
    endpoint_label = text()
    comparison = text()
    method = text()
    estimate = _number()
    effect_scale = text()
    std_error = _number()
    ci_low = _number()
    ci_high = _number()
    p_value = _p()
    estimate_unadjusted = _number()
    ci_low_unadjusted = _number()
    ci_high_unadjusted = _number()
    benefit_sign = small_integer(nullable=True)
    n_active = integer(min=0)
    n_control = integer(min=0)
    events_active = _count()
    events_control = _count()
    status = word(list(STATUSES))
    reason = _text()


class Quarantine(Schema):
    """``quarantine/<modality>``: each row of an input file that could not be used, and why.

    ``line`` counts the file's lines from 1 with the header (rows from 1 for Parquet). ``value`` is masked for columns
    of identifiers and free text.
    """

    file = text()
    line = integer(min=1)
    field = text()
    value = _text()
    reason = text()


class Flow(Schema):
    """``flow``: who is analysed, who is not, and why; what goes in is what comes out plus what was left out.

    ``scope`` names one sum (``subjects``, ``ingest``, ``analysis``), which may be split by modality, endpoint,
    comparison and contrast. ``kind``: ``in``, ``used``, ``quarantined``, ``excluded``.
    """

    scope = text()
    modality = _text()
    endpoint = _text()
    comparison = _text()
    contrast = _text()
    unit = word(["rows", "subjects", "endpoints", "features"])
    kind = word(["in", "used", "quarantined", "excluded"])
    reason = _text()
    n = integer(min=0)

    @rule
    def adds_up() -> pl.Expr:
        """In = used + quarantined + excluded."""
        signed = pl.when(pl.col("kind") == "in").then(pl.col("n")).otherwise(-pl.col("n"))
        return signed.sum().over("scope", "modality", "endpoint", "comparison", "contrast", "unit") == 0

    @rule
    def left_out_for_a_reason() -> pl.Expr:
        """Whatever was quarantined or excluded has a reason."""
        return pl.col("kind").is_in(["in", "used"]) | pl.col("reason").is_not_null()


class ScreenNull(Schema):
    """``null``: discoveries among permuted subjects, beside those among the real ones.

    ``permutation`` 0 is the real screen; in each other one the features of a subject are those of another. A q-value is
    over the family, all modalities together; ``tested`` and ``discoveries`` are of one modality.
    """

    endpoint = text()
    comparison = text()
    contrast = word(list(CONTRASTS))
    prespecified = flag()
    modality = text()
    permutation = integer(min=0)
    criterion = word(["q_value", "p_value"])
    threshold = real(min=0.0, max=1.0)
    tested = integer(min=0)
    discoveries = integer(min=0)

    @rule
    def no_more_than_tested() -> pl.Expr:
        """What is discovered was tested."""
        return pl.col("discoveries") <= pl.col("tested")


class Manifest(Schema):
    """``manifest``: which name a file's slug stands for."""

    slug = text()
    name = text()
    kind = word(["modality", "endpoint", "comparison"])


def write_table(
    table: pl.DataFrame,
    schema: type[Schema],
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
    schema : type of Schema
        One of the classes above.
    path : Path
        Ends in ``.parquet``; the TSV twin has the same stem.
    provenance : mapping of str to str
        Deterministic facts only: content hashes, versions, seed.

    Raises
    ------
    SchemaError
        The table does not keep what its schema promises.
    """
    checked = schema.validate(table)
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


def write_rows(
    rows: Sequence[Mapping[str, Any]],
    schema: type[Schema],
    path: Path,
    *,
    provenance: Mapping[str, str],
    tsv: bool = False,
) -> None:
    """`write_table` of rows as plain mappings; a column that a row does not name is null there."""
    types = dict(schema.create_empty().schema)
    table = pl.DataFrame([{name: row.get(name) for name in types} for row in rows], schema=types, strict=False)
    write_table(table, schema, path, provenance=provenance, tsv=tsv)


def read_metadata(path: Path) -> dict[str, str]:
    """Schema name, schema version and provenance that a table carries."""
    try:
        stored = pl.read_parquet_metadata(path)
    except pl.exceptions.ComputeError as error:
        raise SchemaError(f"{path} cannot be read as Parquet", "Delete it and run again: it is made anew.") from error
    return {key: value for key, value in stored.items() if key != "ARROW:schema"}


def read_table(path: Path, schema: type[Schema]) -> pl.DataFrame:
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
    return schema.validate(pl.read_parquet(path))
