"""What the pages say of keys, columns, rules and limits is printed from the code, so that it cannot say otherwise.

A page holds a line ``<!-- generated: NAME ARGUMENTS -->``; before the page is parsed it becomes the Markdown that the
function of that name in `GENERATORS` returns.
"""

import re
from collections.abc import Callable
from typing import Any

from reference_code import benchmark_results, layers, methods, source_benchmarks, statuses, validity
from reference_formulas import formula_shapes
from reference_quality import quality_faults
from reference_rules import stage_sections
from reference_study import missing_cells, scales, source_types, study_section
from reference_tables import directions, result_table, result_tables, unwritten_tables
from reference_truth import claims, tutorial
from sphinx.application import Sphinx

PLACEHOLDER = re.compile(r"^<!-- generated: ([a-z-]+)((?: [\w.]+)*) -->$", re.MULTILINE)

GENERATORS: dict[str, Callable[..., str]] = {
    "benchmark-results": benchmark_results,
    "claims": claims,
    "directions": directions,
    "formula-shapes": formula_shapes,
    "layers": layers,
    "methods": methods,
    "missing-cells": missing_cells,
    "quality-faults": quality_faults,
    "result-table": result_table,
    "result-tables": result_tables,
    "scales": scales,
    "source-benchmarks": source_benchmarks,
    "source-types": source_types,
    "stage-sections": stage_sections,
    "statuses": statuses,
    "study-section": study_section,
    "tutorial": tutorial,
    "unwritten-tables": unwritten_tables,
    "validity": validity,
}


def expand(text: str) -> str:
    """The page with each placeholder replaced."""
    return PLACEHOLDER.sub(lambda match: GENERATORS[match[1]](*match[2].split()), text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what happens to a page's source."""
    app.connect("source-read", _read)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    source[0] = expand(source[0])


def _outdated(app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages with a placeholder are read anew each time: the code they print may have changed."""
    return [name for name in env.found_docs if PLACEHOLDER.search(env.doc2path(name).read_text(encoding="utf-8"))]
