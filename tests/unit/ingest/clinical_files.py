"""Writes SAS XPORT and Dataset-JSON files for tests: by pyreadstat, and by hand where a file is to be broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat


def write_xport(path: Path, table: dict[str, list[Any]], *, name: str = "DM", formats: dict[str, str] | None = None):
    frame = pd.DataFrame(table)
    pyreadstat.write_xport(frame, str(path), table_name=name, file_format_version=5, variable_format=formats)
    return path


def dataset_json(table: dict[str, list[Any]], **about: Any) -> dict[str, Any]:
    columns = [
        {
            "itemOID": f"IT.{name}",
            "name": name,
            "label": name,
            "dataType": "double" if any(isinstance(cell, float | int) for cell in cells) else "string",
        }
        for name, cells in table.items()
    ]
    rows = [list(row) for row in zip(*table.values(), strict=True)]
    return {"datasetJSONVersion": "1.1.0", "records": len(rows), "columns": columns, "rows": rows, **about}


def write_dataset_json(path: Path, table: dict[str, list[Any]], **about: Any) -> Path:
    path.write_text(json.dumps(dataset_json(table, **about)), encoding="utf-8")
    return path
