"""Who may import whom, beyond what ruff sees."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src" / "biomarker"

# These two are usable on their own with plain numpy: of the package only this comes along
ALONE = ("trial", "economics")
COME_ALONG = {"arrays", "stats", "errors", "rng"}


def imported(source: str) -> set[str]:
    """Every module that a Python source names in an import statement, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imported_by_rules(source: str) -> set[str]:
    """Every module that a Snakemake file imports (the language is Python only in parts, so line by line)."""
    return set(re.findall(r"^\s*(?:from|import)\s+([\w.]+)", source, re.MULTILINE))


def test_the_import_contracts_hold():
    lint = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    finished = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_workflow_and_rules_import_only_the_standard_library_and_snakemake_utils():
    files = [*ROOT.glob("workflow/**/Snakefile"), *ROOT.glob("workflow/**/*.smk"), *ROOT.glob("rules/*.smk")]
    assert any(file.name == "Snakefile" for file in files)
    assert any(file.suffix == ".smk" for file in files)
    beyond = {
        f"{file.relative_to(ROOT)}: {module}"
        for file in files
        for module in imported_by_rules(file.read_text(encoding="utf-8"))
        if module.split(".")[0] not in sys.stdlib_module_names and module != "snakemake.utils"
    }
    assert beyond == set()


def leaning_on_more(package: Path) -> set[str]:
    """Every import in `trial` and `economics` of a part of the package that does not come along with them."""
    return {
        f"{file.relative_to(package)}: {module}"
        for part in ALONE
        for file in (package / part).rglob("*.py")
        for module in imported(file.read_text(encoding="utf-8"))
        if module.startswith("biomarker.") and module.split(".")[1] not in {*COME_ALONG, part}
    }


def test_trial_and_economics_need_only_arrays_stats_errors_and_rng():
    assert leaning_on_more(PACKAGE) == set()


def test_an_import_of_tables_in_trial_would_be_seen(tmp_path):
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "power.py").write_text("from biomarker.data import tables\nfrom biomarker.stats import cox\n")
    assert leaning_on_more(tmp_path) == {"trial/power.py: biomarker.data", "trial/power.py: biomarker.data.tables"}


def test_every_module_says_what_it_is():
    silent = [
        str(file.relative_to(ROOT))
        for file in PACKAGE.rglob("*.py")
        if (tree := ast.parse(file.read_text(encoding="utf-8"))).body and not ast.get_docstring(tree)
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import json, os.path", {"json", "os.path"}),
        ("from biomarker import errors", {"biomarker", "biomarker.errors"}),
        ("def f():\n    from polars import col", {"polars", "polars.col"}),
    ],
)
def test_an_import_is_seen_wherever_it_stands(source, modules):
    assert imported(source) == modules


def test_an_import_in_a_rule_file_is_seen_and_prose_is_not():
    source = (
        "import json\nfrom pathlib import Path\nrule a:\n    # taken from x import y\n    run:\n        import numpy\n"
    )
    assert imported_by_rules(source) == {"json", "pathlib", "numpy"}
