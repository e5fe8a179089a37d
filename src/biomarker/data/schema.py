"""What a table promises: columns, types, limits, and rules over several columns.

Written here because it is small and every job of a run pays for its imports: dataframely, the library made for this
with polars, loads an SQL toolkit where one is installed (1.5 s of processor time a job), pandera more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from biomarker.errors import SchemaError

__all__ = ["Column", "Schema", "flag", "integer", "real", "rule", "small_integer", "text", "word", "words"]


@dataclass(frozen=True)
class Column:
    """Type and limits of a column.

    Attributes
    ----------
    dtype : polars data type
    nullable : bool
    key : bool
        Part of the table's key: the combination of all key columns is unique.
    min, max : float or None
        Smallest and largest value. A number is never NaN.
    infinite : bool
        Whether infinity is allowed.
    """

    dtype: pl.DataType
    nullable: bool = False
    key: bool = False
    min: float | None = None
    max: float | None = None
    infinite: bool = False

    def faults(self, name: str) -> dict[str, pl.Expr]:
        """By what was expected, an expression that is true where a row does not keep it."""
        value = pl.col(name)
        found = {} if self.nullable else {f"{name} is never null": value.is_null()}
        if self.min is not None:
            found[f"{name} >= {self.min:g}"] = value < self.min
        if self.max is not None:
            found[f"{name} <= {self.max:g}"] = value > self.max
        if self.dtype.is_float():
            found[f"{name} is no NaN" if self.infinite else f"{name} is finite"] = (
                value.is_nan() if self.infinite else ~value.is_finite()
            )
        return found


def text(*, nullable: bool = False, key: bool = False) -> Column:
    """A column of text."""
    return Column(pl.String(), nullable, key)


def real(
    *, nullable: bool = False, min: float | None = None, max: float | None = None, infinite: bool = False
) -> Column:
    """A number in double precision."""
    return Column(pl.Float64(), nullable, min=min, max=max, infinite=infinite)


def integer(*, nullable: bool = False, min: int | None = None) -> Column:
    """A whole number."""
    return Column(pl.Int64(), nullable, min=min)


def small_integer(*, nullable: bool = False) -> Column:
    """A small whole number."""
    return Column(pl.Int8(), nullable)


def flag(*, nullable: bool = False) -> Column:
    """True or false."""
    return Column(pl.Boolean(), nullable)


def word(values: list[str], *, nullable: bool = False, key: bool = False) -> Column:
    """One of a closed list of words."""
    return Column(pl.Enum(values), nullable, key)


def words(inner: Column) -> Column:
    """A list of values of one type."""
    return Column(pl.List(inner.dtype))


@dataclass(frozen=True)
class Rule:
    """A condition that every row keeps; the docstring of its function says it in words."""

    holds: Callable[[], pl.Expr]
    words: str


def rule(function: Callable[[], pl.Expr]) -> Rule:
    """Make a rule of a function without arguments that returns a polars expression, null counting as kept."""
    return Rule(function, (function.__doc__ or "").strip())


class Schema:
    """Base of the table schemas: subclasses list columns and rules as class attributes."""

    columns: ClassVar[dict[str, Column]] = {}
    rules: ClassVar[dict[str, Rule]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.columns = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        cls.rules = {name: value for name, value in vars(cls).items() if isinstance(value, Rule)}

    @classmethod
    def column_names(cls) -> list[str]:
        """Names of the columns, in order."""
        return list(cls.columns)

    @classmethod
    def primary_key(cls) -> list[str]:
        """Columns whose combination is unique; none where the table has no key."""
        return [name for name, column in cls.columns.items() if column.key]

    @classmethod
    def create_empty(cls) -> pl.DataFrame:
        """A table without rows."""
        return pl.DataFrame(schema={name: column.dtype for name, column in cls.columns.items()})

    @classmethod
    def validate(cls, table: pl.DataFrame) -> pl.DataFrame:
        """The table with the schema's columns in its order and types.

        Raises
        ------
        SchemaError
            A column is absent, cannot be cast without loss, or a row breaks a limit, the key or a rule.
        """
        absent = [name for name in cls.columns if name not in table.columns]
        if absent:
            raise SchemaError(f"table {cls.__name__} lacks the columns {', '.join(absent)}")
        try:
            typed = table.select(pl.col(name).cast(column.dtype) for name, column in cls.columns.items())
        except pl.exceptions.PolarsError as error:
            raise SchemaError(f"table {cls.__name__}: {error}") from error
        # a cast from 2.7 to 2 is no error to polars
        fractions = [name for name in cls.columns if typed.schema[name].is_integer() and table.schema[name].is_float()]
        lost = [name for name in fractions if not (typed[name] == table[name]).all()]
        if lost:
            raise SchemaError(f"table {cls.__name__}: expected whole numbers in {', '.join(lost)}")
        broken = {words: found for words, found in cls._broken(typed).items() if found}
        if broken:
            listed = "; ".join(f"{words} (not so in {n} of {typed.height} rows)" for words, n in broken.items())
            raise SchemaError(f"table {cls.__name__}: expected {listed}")
        return typed

    @classmethod
    def _broken(cls, table: pl.DataFrame) -> dict[str, int]:
        checks = {words: fault for name, column in cls.columns.items() for words, fault in column.faults(name).items()}
        checks |= {rule.words: ~rule.holds() for rule in cls.rules.values()}
        if key := cls.primary_key():
            checks[f"{', '.join(key)} together are unique"] = pl.struct(key).is_duplicated()
        counted = table.select(fault.fill_null(value=False).sum().alias(words) for words, fault in checks.items())
        return dict(zip(counted.columns, counted.row(0), strict=True)) if counted.width else {}
