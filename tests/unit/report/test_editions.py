"""One document an edition, and every file drawn from it."""

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import factory
import jsonschema
import openpyxl
import polars as pl
import pytest
from reading import ENGLISH, section, table, visible

from biomarker.report import ReportInputs, build
from biomarker.report.edition import write_edition
from biomarker.report.flat import flat_table, tables_of

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    "html": "index.html",
    "json": "report.json",
    "pdf": "report.pdf",
    "xlsx": "candidates.xlsx",
    "tsv": "candidates.tsv",
    "tables": "tables.zip",
    "dossiers": "dossiers.zip",
}


def written(document: dict[str, Any], folder: Path) -> dict[str, Path]:
    folder.mkdir()
    files = {kind: folder / name for kind, name in FILES.items()}
    write_edition(document, files)
    return files


@pytest.fixture(scope="module")
def small_inputs() -> ReportInputs:
    return factory.inputs(genes=40)


@pytest.fixture(scope="module")
def small(small_inputs: ReportInputs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return written(build(small_inputs), tmp_path_factory.mktemp("edition") / "small")


def paper(path: Path) -> str:
    """The words of a PDF."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


def test_the_published_schema_describes_both_editions(demo_inputs: ReportInputs) -> None:
    schema = json.loads((ROOT / "workflow/schemas/report.schema.json").read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    check.check_schema(schema)
    for edition in ("partner", "internal"):
        document = json.loads(json.dumps(build(demo_inputs, edition)))
        assert [error.message[:200] for error in check.iter_errors(document)] == []
        assert document["edition"] == edition


def test_the_same_results_give_the_same_bytes_in_every_file(small: dict[str, Path], small_inputs, tmp_path) -> None:
    again = written(build(small_inputs), tmp_path / "again")
    assert {kind: path.read_bytes() == again[kind].read_bytes() for kind, path in small.items()} == dict.fromkeys(
        FILES, True
    )


def test_a_number_changed_in_one_table_changes_every_file(small, small_inputs, tmp_path) -> None:
    changed = small_inputs.candidates.with_columns(
        pl.when(pl.col("rank_overall") == 1).then(3.21e-31).otherwise(pl.col("q_value")).alias("q_value")
    )
    files = written(build(dataclasses.replace(small_inputs, candidates=changed)), tmp_path / "changed")

    def cells(path: Path) -> list[Any]:
        return [cell for row in openpyxl.load_workbook(path)["candidates"].iter_rows(values_only=True) for cell in row]

    assert 3.21e-31 in cells(files["xlsx"])
    assert 3.21e-31 not in cells(small["xlsx"])
    assert "3.21e-31" in files["json"].read_text()
    assert "3.21e-31" not in small["json"].read_text()
    assert "3.21e-31" in files["tsv"].read_text()
    assert "3.21e-31" not in small["tsv"].read_text()
    assert "3.2e-31" in visible(files["html"].read_text())
    assert "3.2e-31" not in visible(small["html"].read_text())
    assert "3.2e-31" in paper(files["pdf"])
    assert "3.2e-31" not in paper(small["pdf"])


def test_the_workbook_holds_what_the_document_holds(small: dict[str, Path]) -> None:
    document = json.loads(small["json"].read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(small["xlsx"])
    names = [block["id"] for _, block in tables_of(document)]
    assert len(book.sheetnames) == 1 + len(names)
    for _, block in tables_of(document):
        heads, rows = flat_table(block, ENGLISH)
        sheet = [list(row) for row in book[block["id"][:31]].iter_rows(values_only=True)]
        assert [head or "" for head in sheet[0]] == heads
        for line, expected in zip(sheet[1:], rows, strict=True):
            assert [rounded(cell) for cell in line] == [rounded(cell) for cell in expected]


def rounded(cell: Any) -> Any:
    """A workbook holds fifteen digits of a number, and nothing for an empty text."""
    return float(f"{cell:.12e}") if isinstance(cell, int | float) else cell or None


def test_no_cell_of_the_workbook_is_a_formula(tmp_path: Path) -> None:
    inputs = factory.inputs(genes=20)
    named = inputs.candidates.with_columns(label=pl.lit("=HYPERLINK(1)"))
    files = written(build(dataclasses.replace(inputs, candidates=named)), tmp_path / "hostile")
    cells = [cell for row in openpyxl.load_workbook(files["xlsx"])["candidates"].iter_rows() for cell in row]
    assert any(cell.value == "=HYPERLINK(1)" for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n"}


def test_every_table_is_in_the_zip_as_text(small: dict[str, Path]) -> None:
    document = json.loads(small["json"].read_text(encoding="utf-8"))
    with zipfile.ZipFile(small["tables"]) as archive:
        assert archive.namelist() == [f"{section}.{block['id']}.tsv" for section, block in tables_of(document)]
        lines = archive.read("candidates.candidates.tsv").decode().splitlines()
    assert lines == small["tsv"].read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(table(document, "candidates")["rows"])
    assert len({line.count("\t") for line in lines}) == 1


def test_the_internal_edition_holds_counts_that_the_partner_edition_withholds(small_inputs: ReportInputs) -> None:
    few = small_inputs.overall.with_columns(n_active=pl.lit(3))
    inputs = dataclasses.replace(small_inputs, overall=few)
    partner, internal = (build(inputs, edition) for edition in ("partner", "internal"))
    assert 3 not in table(partner, "overall")["rows"][0]
    assert 3 in table(internal, "overall")["rows"][0]


def test_a_section_without_a_table_says_what_the_study_file_would_need(demo_document: dict[str, Any]) -> None:
    for name in ("designs", "economics"):
        empty = section(demo_document, name)
        if empty["no_data"]:
            said = ENGLISH.plain(empty["blocks"][0]["text"])
            assert said.startswith("No data.")
            assert "study file would need a section" in said
