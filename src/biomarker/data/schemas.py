"""Every result table by the name that its file carries: a reader who is handed a file learns from it what it is.

A further module of tables is one line here.
"""

import inspect
from pathlib import Path

import polars as pl

from biomarker.data import (
    economics_tables,
    formula_tables,
    landmark_tables,
    predictive_tables,
    quality_tables,
    record_tables,
    replication_tables,
    rule_tables,
    stability_tables,
    tables,
    trial_tables,
)
from biomarker.data.schema import Schema
from biomarker.data.tables import read_metadata, read_table
from biomarker.errors import SchemaError

__all__ = ["MODULES", "read_any", "schemas"]

#: The modules that declare result tables, in the order of the documentation.
MODULES = (
    tables,
    rule_tables,
    quality_tables,
    formula_tables,
    record_tables,
    trial_tables,
    economics_tables,
    predictive_tables,
    landmark_tables,
    stability_tables,
    replication_tables,
)


def schemas() -> dict[str, type[Schema]]:
    """Every public schema by its name."""
    public = {name: getattr(module, name) for module in MODULES for name in module.__all__}
    return {name: found for name, found in public.items() if inspect.isclass(found) and issubclass(found, Schema)}


def read_any(path: Path) -> pl.DataFrame:
    """Read a result table of any kind, checked against the schema that its file names.

    Raises
    ------
    SchemaError
        The file is no result table, is damaged, or was written by a newer version.
    """
    name = read_metadata(path).get("schema", "")
    if name not in schemas():
        raise SchemaError(
            f"{path} is no result table of this version ({name or 'it names no schema'})",
            "Update the package, or delete the file and run again.",
        )
    return read_table(path, schemas()[name])
