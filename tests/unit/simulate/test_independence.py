"""The generator knows nothing of the analysis: it could not show an error in code that it shares."""

import ast

import pytest

#: anndata and pandas write files of single cells, tifffile pictures
ALLOWED = {"numpy", "scipy", "polars", "pyarrow", "anndata", "pandas", "tifffile"}
OWN = {"biomarker", "biomarker.errors", "biomarker.rng"}
STANDARD = {
    "base64", "collections", "contextlib", "dataclasses", "datetime", "gzip", "io", "json", "math", "os", "pathlib",
    "statistics", "struct", "tempfile", "typing",
}  # fmt: skip


def test_modules_import_only_errors_rng_and_what_arrays_and_files_need(project):
    modules = sorted((project / "src" / "biomarker" / "simulate").glob("*.py"))
    assert len(modules) > 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module] if node.module != "biomarker" else [f"biomarker.{a.name}" for a in node.names]
            for name in names:
                inside = name in OWN or name.startswith("biomarker.simulate")
                if not (inside or name.split(".")[0] in ALLOWED | STANDARD):
                    pytest.fail(f"{module.name} imports {name}")
