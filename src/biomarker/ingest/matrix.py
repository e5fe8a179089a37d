"""Source ``matrix``: a table of numbers, subjects by features or features by subjects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.data.matrix import FeatureValues
from biomarker.errors import ConfigError, InsufficientDataError, SchemaError
from biomarker.ingest.reading import Table, read_numbers
from biomarker.ingest.source import Ingested, Source, SourceSettings, no_quarantine
from biomarker.ingest.spelling import clean, nearest
from biomarker.ingest.spreadsheet import mangled, refuse_mangled

__all__ = ["SOURCE", "MatrixSettings", "check_numbers", "check_scale", "read_matrix"]

Orientation = Literal["subjects_in_rows", "features_in_rows"]

#: No quantity in a log2 scale comes near 2 to the power of 64.
LOG2_LIMIT = 64.0
#: How far a count may be from an integer: the rounding of a file, not the decimals of an estimate.
COUNT_TOLERANCE = 1e-3
#: What single precision, in which matrices are stored, can hold.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class MatrixSettings(SourceSettings):
    """Settings of a ``matrix``."""

    orientation: Orientation = field(
        metadata={"doc": "What a row of the file is: a subject (subjects_in_rows) or a feature (features_in_rows)."}
    )
    id: str | None = field(
        default=None,
        metadata={
            "doc": "The column of subject ids (subjects in rows) or feature names (features in rows); the first."
        },
    )
    columns: tuple[str, ...] | None = field(
        default=None, metadata={"doc": "The features to take; all where none is named."}
    )
    exclude: tuple[str, ...] = field(
        default=(), metadata={"doc": "Features to leave out; with features in rows also columns that are no subject."}
    )
    scale: Literal["counts", "tpm", "log2_tpm", "log2_cpm", "log2", "native"] = field(
        default="native", metadata={"doc": "What the numbers mean; native: each feature in its own unit."}
    )
    unit: str = field(default="", metadata={"doc": "Unit of all features, for display."})
    units: dict[str, str] = field(default_factory=dict, metadata={"doc": "Units of single features, for display."})
    labels: dict[str, str] = field(default_factory=dict, metadata={"doc": "Names of features for display."})
    codes: dict[str, dict[str, float]] = field(
        default_factory=dict,
        metadata={
            "doc": "Words that stand for numbers, by column: `{grade: {I: 1, II: 2, III: 3}}`; an order must be meant, "
            "because a step of one is the same step everywhere. A word that is not listed is refused."
        },
    )

    def __post_init__(self) -> None:
        if self.codes and self.orientation == "features_in_rows":
            raise ConfigError(
                "`codes` are of columns, and with features in rows a column is a subject", "Leave it out."
            )


def read_matrix(settings: MatrixSettings, *, base: Path) -> Ingested:
    """Read a matrix.

    Every cell but the ids must be a number, ``true``/``false`` (1/0) or missing (`biomarker.ingest.reading.MISSING`).
    Subjects that the study does not know are kept: the features stage counts them.

    Parameters
    ----------
    settings : MatrixSettings
    base : Path
        Folder of the study file.

    Returns
    -------
    Ingested
        ``content`` is a `FeatureValues` (n_subjects, n_features) in the order of the file. A row is what the file has
        as a row, so with features in rows the sum of rows counts features.

    Raises
    ------
    DataError, SchemaError
        See `biomarker.ingest.reading`; ids that are missing, repeated or differ only in case or blanks; a cell that is
        no number; numbers that cannot be on the given scale.

    Notes
    -----
    In memory as double precision: 20,000 x 500 values are 80 MB, and about four times the file's size while it is read.
    """
    wanted = settings.columns if settings.orientation == "subjects_in_rows" else None
    table = read_numbers(
        base / settings.path,
        id=settings.id,
        numbers=wanted,
        text=(*settings.exclude, *settings.codes),
        separator=settings.separator,
    )
    key = table.frame.columns[0]
    if settings.orientation == "subjects_in_rows":
        return _subjects_in_rows(table, key, settings)
    return _features_in_rows(table, key, settings)


def _subjects_in_rows(table: Table, key: str, settings: MatrixSettings) -> Ingested:
    subjects = table.ids(key)
    features = _chosen(table.frame.columns[1:], settings, table.name)
    _check_header(table, features, case=True)
    _require(settings.codes, features, table.name, setting="codes")
    _refuse_mangled_header(table, features, settings.scale)
    values = _numbers(_decoded(table, settings), features)
    check_scale(table, features, values, scale=settings.scale)
    content = _content(values, features, subjects.to_list(), settings, table.name)
    notes = (
        f"{settings.labels.get(name, name)}: {', '.join(f'{word} = {number:g}' for word, number in code.items())}"
        for name, code in settings.codes.items()
    )
    return Ingested(content, no_quarantine(), table.frame.height, table.frame.height, notes=tuple(notes))


def _features_in_rows(table: Table, key: str, settings: MatrixSettings) -> Ingested:
    rows = table.ids(key, case=True)
    header = table.frame.columns[1:]
    known = rows.to_list()
    if settings.scale != "native":
        refuse_mangled(table, rows, what="gene or protein")
    # A column that is no subject (a description, a length) is excluded by its name, like a feature
    annotation = [name for name in settings.exclude if name in set(header)]
    features = _chosen(known, settings, table.name, but=annotation)
    subjects = [name for name in header if name not in set(annotation)]
    _check_header(table, subjects, case=False)
    if not subjects:
        raise InsufficientDataError(f"{table.name} has no column of values")
    keep = rows.is_in(features)
    # Checked on the table as it lies in the file, so that a line can be named
    used = table.kept(keep)
    values = _numbers(used, subjects, named=False)
    check_scale(used, subjects, values, scale=settings.scale)
    content = _content(values.T, used.frame[key].to_list(), subjects, settings, table.name)
    dropped = table.frame.height - used.frame.height
    reason = "not among `columns`" if settings.columns is not None else "named in `exclude`"
    excluded = {reason: dropped} if dropped else {}
    return Ingested(content, no_quarantine(), table.frame.height, used.frame.height, excluded)


def _chosen(known: Sequence[str], settings: MatrixSettings, file: str, *, but: Sequence[str] = ()) -> list[str]:
    """The features asked for, in the order of the file."""
    present = set(known)
    _require(settings.columns or (), known, file, setting="columns")
    _require([name for name in settings.exclude if name not in but], known, file, setting="exclude")
    allowed = present if settings.columns is None else set(settings.columns)
    features = [name for name in known if name in allowed and name not in settings.exclude]
    if not features:
        raise InsufficientDataError(f"{file}: no feature is left", "See the settings `columns` and `exclude`.")
    return features


def _require(names: Iterable[str], known: Sequence[str], file: str, *, setting: str) -> None:
    """Refuse a name in a setting that is none of the features."""
    present = set(known)
    for name in names:
        if name not in present:
            raise SchemaError(
                f"{file}: there is no feature {name!r} (named in `{setting}`)", nearest(name, known, what="features")
            )


def _decoded(table: Table, settings: MatrixSettings) -> Table:
    """The table with words replaced by the numbers that stand for them."""
    columns = []
    for name, code in settings.codes.items():
        words = clean(table.frame[name].cast(pl.String))
        unknown = (words.is_not_null() & ~words.is_in(list(code))).arg_true()
        if len(unknown):
            raise SchemaError(
                f"{table.name}, {table.where(unknown)}, column {name!r}: a word that `codes` does not list "
                f"({', '.join(code)})",
                "List every word with its number, or leave the cells empty.",
            )
        columns.append(words.replace_strict(code, return_dtype=pl.Float64).alias(name))
    return replace(table, frame=table.frame.with_columns(columns))


def _check_header(table: Table, names: Sequence[str], *, case: bool) -> None:
    """Refuse ids in the header that have blanks around them, or that differ only in upper and lower case."""
    position = {name: i + 1 for i, name in enumerate(table.frame.columns)}
    blank = [position[name] for name in names if name != name.strip()]
    if blank:
        raise SchemaError(f"{table.name}: the name of column {blank[0]} has blanks before or after it", "Remove them.")
    if case:
        return
    first: dict[str, int] = {}
    for name in names:
        other = first.setdefault(name.casefold(), position[name])
        if other != position[name]:
            raise SchemaError(
                f"{table.name}: columns {other} and {position[name]} have names equal but for upper and lower case",
                "Write each id in one way.",
            )


def _refuse_mangled_header(table: Table, features: Sequence[str], scale: str) -> None:
    """Refuse genes in the header that a spreadsheet turned into dates; a measurement may well be called by a date."""
    found = [name for name, bad in zip(features, mangled(pl.Series(features, dtype=pl.String)), strict=True) if bad]
    if found and scale != "native":
        column = table.frame.columns.index(found[0]) + 1
        raise SchemaError(
            f"{table.name}, column {column}: a spreadsheet turned the name of a gene or protein into {found[0]!r}"
            + (f" ({len(found)} such names)" if len(found) > 1 else ""),
            "Take the file as it was before a spreadsheet opened it, or correct the names by hand.",
        )


def _numbers(table: Table, columns: Sequence[str], *, named: bool = True) -> NDArray[np.float64]:
    """Values (n_rows, n_columns) in the order of the file, NaN where missing; messages number columns of subjects."""
    frame = table.frame.select(columns)
    place = {name: i + 1 for i, name in enumerate(table.frame.columns)}
    values = frame.with_columns(
        table.numbers(name, called="" if named else f"column {place[name]}")
        for name, dtype in frame.schema.items()
        if dtype != pl.Float64
    ).to_numpy()
    if np.isinf(values).any():
        _refuse(table, columns, np.isinf(values), "infinite", "Leave the cell empty where it is unknown.", values)
    if (np.abs(values) > LARGEST).any():
        what = f"too large: values are kept in single precision, up to {LARGEST:.2g}"
        _refuse(
            table,
            columns,
            np.abs(values) > LARGEST,
            what,
            "Give the feature in a larger unit, or leave it out.",
            values,
        )
    return values


def check_scale(table: Table, columns: Sequence[str], values: NDArray[np.float64], *, scale: str) -> None:
    """Refuse numbers that evidently are not on the given scale.

    Parameters
    ----------
    table : Table
        For the name and the lines.
    columns : sequence of str
        Names of the columns of ``values``.
    values : array (n_rows, n_columns)
        As in the file.
    scale : str
        Counts and TPM are never negative, counts are integers (within 0.001), and a log2 value stays below 64.
    """
    if scale in ("counts", "tpm"):
        hint = "Log values have a scale of their own: log2_tpm, log2_cpm or log2."
        _refuse(table, columns, values < 0, f"negative, which the scale {scale} cannot be", hint, values)
    if scale == "counts":
        hint = (
            "If these are estimated counts (RSEM, salmon, kallisto), round them first; TPM and log values have "
            "scales of their own."
        )
        with np.errstate(invalid="ignore"):
            fraction = np.abs(values - np.round(values)) > COUNT_TOLERANCE
        _refuse(table, columns, fraction, "no whole number, which the scale counts asks for", hint, values)
    if scale.startswith("log2"):
        hint = "Say `scale: tpm` or `scale: counts` if the values are not logarithms."
        _refuse(table, columns, np.abs(values) > LOG2_LIMIT, f"too large for the scale {scale}", hint, values)


def check_numbers(values: NDArray[np.float64], *, scale: str, name: str) -> None:
    """As `check_scale`, of a matrix that has no lines to be named."""
    bad = {
        "negative": scale in ("counts", "tpm") and bool((values < 0).any()),
        "no whole number": scale == "counts" and bool((np.abs(values - np.round(values)) > COUNT_TOLERANCE).any()),
        "too large for a logarithm": scale.startswith("log2") and bool((np.abs(values) > LOG2_LIMIT).any()),
    }
    for what, found in bad.items():
        if found:
            raise SchemaError(
                f"{name}: a value is {what}, which the scale {scale} does not allow",
                "Say which `scale` the numbers are on, and which `matrix` holds them.",
            )


def _refuse(
    table: Table, columns: Sequence[str], bad: NDArray[np.bool_], what: str, hint: str, values: NDArray[np.float64]
) -> None:
    if not bad.any():
        return
    row, column = (int(i) for i in np.argwhere(bad)[0])
    name = f"column {table.frame.columns.index(columns[column]) + 1}"
    many = f" ({int(bad.sum())} such cells)" if bad.sum() > 1 else ""
    raise SchemaError(f"{table.name}, {table.where([row])}, {name}: {values[row, column]:g} is {what}{many}", hint)


def _content(
    values: NDArray[np.float64], features: Sequence[str], subjects: Sequence[str], settings: MatrixSettings, file: str
) -> FeatureValues:
    _require(settings.labels, features, file, setting="labels")
    _require(settings.units, features, file, setting="units")
    names = pl.DataFrame(
        {
            "feature_id": features,
            "label": [settings.labels.get(name, name) for name in features],
            "unit": [settings.units.get(name, settings.unit) for name in features],
        }
    )
    return FeatureValues(values, names, tuple(subjects), settings.scale)


SOURCE = Source(
    type="matrix",
    settings=MatrixSettings,
    read=read_matrix,
    doc="A table of numbers: subjects by features, or features by subjects.",
)
