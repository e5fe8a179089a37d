"""Score further subjects with a candidate of a finished run, exactly as the run would have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.files import atomic_path
from biomarker.data.matrix import SCALES
from biomarker.data.rule_tables import CandidateRecipes, CandidateRules
from biomarker.data.tables import read_table
from biomarker.discovery.frozen import Evaluate, FrozenRule, thaw
from biomarker.errors import ConfigError, SchemaError
from biomarker.ingest.reading import Table, read_numbers
from biomarker.ingest.spelling import clean

__all__ = ["apply_candidate", "chosen_rule", "scores_of"]

Floats = NDArray[np.float64]


def apply_candidate(
    results: Path,
    candidate: str,
    new_data: Path,
    *,
    out: Path,
    endpoint: str | None = None,
    contrast: str | None = None,
    comparison: str | None = None,
    id: str | None = None,
    measured: Sequence[str] = (),
) -> list[str]:
    """Write the score of every subject of a table, and whether it is marker-positive.

    Parameters
    ----------
    results : Path
        Of a finished run; only ``candidate_rules`` and ``candidate_recipes`` are read.
    candidate : str
        Its ``candidate_id``.
    new_data : Path
        A row a subject: an id, and a column for each feature that the candidate needs, named as in the study. Where
        batches were corrected, also a column ``modality:batch``.
    out : Path
        CSV with ``subject_id, score, positive, reason``.
    endpoint, contrast, comparison : str, optional
        Where the candidate leads several lists, and is cut differently in each.
    id : str, optional
        The id column; the first one where none is named.
    measured : sequence of str
        ``modality=scale`` and ``modality:feature=unit``: a table cannot say its units itself.

    Returns
    -------
    list of str
        What was done, for people.

    Raises
    ------
    ConfigError
        No such candidate, or one of several lists; units that are not said, or are others than the rule's.
    SchemaError
        A column that the rule needs is not there, or a batch is not one that the rule has learned.
    """
    rule, row = chosen_rule(results, candidate, endpoint=endpoint, contrast=contrast, comparison=comparison)
    require_measured(rule, measured)
    table = read_numbers(new_data, id=id, numbers=_names(rule), text=_batch_columns(rule))
    batches = _batches(rule, table)
    scores = scores_of(rule, _columns(rule, table), evaluate=formulas() if rule.formula else None, batches=batches)
    ids = table.ids(table.frame.columns[0])
    found = pl.DataFrame(
        {
            "subject_id": ids,
            "score": pl.Series(scores, dtype=pl.Float64).fill_nan(None),
            "positive": pl.Series([rule.positive(score) for score in scores], dtype=pl.Boolean),
            "reason": pl.Series(_missing(rule, _columns(rule, table)), dtype=pl.String),
        }
    )
    with atomic_path(out) as partial:
        found.write_csv(partial)
    known = found["score"].drop_nulls().len()
    side = f"{row['positive']} {row['cutoff']:.6g}"
    lines = [f"{candidate}, {row['endpoint']}, {row['contrast']}: positive is {side}"]
    lines.append(f"{known} of {found.height} subjects have a score, {int(found['positive'].sum())} are positive: {out}")
    return lines


def chosen_rule(results: Path, candidate: str, **asked: str | None) -> tuple[FrozenRule, dict[str, Any]]:
    """The candidate's rule and its row; refused where there is none, or several and nothing says which."""
    path = results / "candidate_rules.parquet"
    if not path.is_file():
        raise ConfigError(f"{results} holds no candidate_rules.parquet", "Give the folder of a finished run.")
    rules = read_table(path, CandidateRules)
    found = rules.filter(pl.col("candidate_id") == candidate)
    if found.is_empty():
        some = ", ".join(rules["candidate_id"].unique(maintain_order=True).to_list()[:8])
        raise ConfigError(
            f"no rule of {candidate!r} among the {rules.height} of these results ({some})",
            "Only leading candidates have a cut-off: raise rank.effects and run again.",
        )
    for name, value in asked.items():
        if value is not None:
            found = found.filter(pl.col(name).cast(pl.String) == value)
    if found.height != 1:
        keys = rules.filter(pl.col("candidate_id") == candidate).select("endpoint", "contrast", "comparison")
        lists = "; ".join(" / ".join(row) for row in keys.cast(pl.String).iter_rows())
        raise ConfigError(
            f"{candidate} leads {keys.height} lists, expected one to be asked for: {lists}",
            "Say which with --endpoint, --contrast, --comparison.",
        )
    row = found.row(0, named=True)
    recipes = read_table(results / "candidate_recipes.parquet", CandidateRecipes)
    return thaw(row, recipes), row


def require_measured(rule: FrozenRule, measured: Sequence[str]) -> None:
    """Refuse values whose scale or unit is not said, or is another than the rule's: a wrong unit is a wrong patient."""
    said: dict[str, str] = {}
    for item in measured:
        name, equals, value = item.partition("=")
        if not equals or not name or not value:
            raise ConfigError(f"--measured {item!r}: expected modality=scale or modality:feature=unit")
        said[name] = value
    wanted = {part.modality: part.scale for part in rule.parts if part.scale != "native"}
    wanted |= {part.feature: part.unit for part in rule.parts if part.unit}
    for name, expected in wanted.items():
        meaning = f" ({SCALES[expected]})" if expected in SCALES and ":" not in name else ""
        if name not in said:
            hint = f"If it is so, say it: --measured '{name}={expected}'. Else convert the values first."
            raise ConfigError(
                f"{name}: the rule was made in {expected}{meaning}, and the table cannot say its own", hint
            )
        if said[name] != expected:
            raise ConfigError(
                f"{name}: given in {said[name]}, expected {expected}{meaning}", "Convert the values first."
            )
    unknown = sorted(set(said) - set(wanted))
    if unknown:
        raise ConfigError(f"--measured names {unknown[0]!r}; the rule asks for {', '.join(wanted) or 'none'}")


def scores_of(
    rule: FrozenRule,
    columns: Sequence[Floats],
    *,
    evaluate: Evaluate | None = None,
    batches: Sequence[Sequence[str | None]] = (),
) -> list[float]:
    """Score of each subject, each by itself: (n_subjects, n_needed) of each part, and the batches of each subject."""
    known = batches or [()] * len(columns[0])
    return [rule.score(own, evaluate, batch) for *own, batch in zip(*columns, known, strict=True)]


def formulas() -> Evaluate:
    """What computes a stored formula."""
    from biomarker.discovery.formula.shapes import FormulaRecord, evaluate

    return lambda formula, values: evaluate(FormulaRecord.from_json(formula), values)


def _names(rule: FrozenRule) -> list[str]:
    return [f"{prefix}{name}" for part in rule.parts for name in part.needed for prefix in ("", f"{part.modality}:")]


def _batch_columns(rule: FrozenRule) -> list[str]:
    return sorted({f"{part.modality}:batch" for part in rule.parts if part.batches is not None})


def _batches(rule: FrozenRule, table: Table) -> list[list[str | None]]:
    """Batch of each subject in each part that asks for it; refused where one is missing or was never learned."""
    found: list[list[str | None]] = [[None] * len(rule.parts) for _ in range(table.frame.height)]
    for k, part in enumerate(rule.parts):
        if part.batches is None:
            continue
        column = f"{part.modality}:batch"
        learned = sorted(part.batches)
        some = ", ".join(learned[:20]) + (" and more" if len(learned) > 20 else "")
        hint = f"Learned are: {some}. A batch of which nothing is known cannot be corrected: leave its subjects out."
        if column not in table.frame.columns:
            raise SchemaError(f"{table.name}: lacks the column {column!r}, the batch of each subject", hint)
        labels = clean(table.frame[column].cast(pl.String)).to_list()
        strange = [i for i, label in enumerate(labels) if label not in part.batches]
        if strange:
            raise SchemaError(
                f"{table.name}, {table.where(strange)}, column {column!r}: {len(strange)} of {len(labels)} subjects "
                f"are of no batch that the correction of {part.modality} has learned",
                hint,
            )
        for i, label in enumerate(labels):
            found[i][k] = label
    return found


def _columns(rule: FrozenRule, table: Table) -> list[Floats]:
    """Measured values of each part's needed features; a column is named with or without its modality."""
    have = set(table.frame.columns[1:])
    found = []
    for part in rule.parts:
        chosen = [f"{part.modality}:{name}" if f"{part.modality}:{name}" in have else name for name in part.needed]
        absent = [name for name in chosen if name not in have]
        if absent:
            some = ", ".join(absent[:5]) + (" and more" if len(absent) > 5 else "")
            need = (
                f"all {len(chosen)} features that its normalisation was fitted on" if part.recipes else "this feature"
            )
            raise SchemaError(
                f"{table.name}: lacks {len(absent)} of {len(chosen)} columns that {part.feature} needs: {some}",
                f"The rule needs {need}, named as in the study, also upper and lower case.",
            )
        values = [table.numbers(name).fill_null(np.nan).to_numpy().astype(np.float64) for name in chosen]
        found.append(np.column_stack(values))
    return found


def _missing(rule: FrozenRule, columns: Sequence[Floats]) -> list[str | None]:
    """Why a subject has no score: the feature that is missing, or how many."""
    reasons: list[str | None] = [None] * len(columns[0])
    for part, values in zip(rule.parts, columns, strict=True):
        for i, row in enumerate(np.isnan(values)):
            if row.any() and reasons[i] is None:
                first = part.needed[int(row.argmax())]
                more = int(row.sum()) - 1
                reasons[i] = f"{part.modality}:{first} missing" + (f" and {more} more" if more else "")
    return reasons
