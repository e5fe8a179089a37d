"""Error rates of every test, by number of subjects and kind of data: `make calibrate`, after the claims.

``python tests/calibration/methods.py`` answers the cells that are not answered yet and writes docs/calibration.json and
docs/calibration.md. An interrupted run goes on where it stopped; a cell whose own code has changed is answered anew.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cells
from cells import LEVELS, Cell, timed
from closure import code_digest
from method_page import page, verdict
from method_tests import CELLS
from threadpoolctl import threadpool_limits

__all__ = ["RESULTS", "answer", "digest_of", "read", "write"]

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "docs" / "calibration.json"
DATA = tuple(HERE / f"{name}.py" for name in ("cells", "null_data"))


def digest_of(cell: Cell) -> str:
    """Of the code that the cell runs."""
    return code_digest(cell.test.modules, DATA)


def answer(cell: Cell) -> dict[str, Any]:
    """The cell's numbers; of a test that rejects too often also those of its permutation p-value."""
    found = timed(lambda: getattr(cells, cell.question)(cell))
    if cell.question == "null" and verdict(found) == "too bold":
        found["permutation"] = cells.permuted(cell)
    return found


def read(path: Path) -> dict[str, Any]:
    """Stored answers, by cell."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else {}


def write(path: Path, answers: dict[str, Any]) -> None:
    """Store answers and write the page of them."""
    content = {"levels": LEVELS, "cells": dict(sorted(answers.items()))}
    rows = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=int)  # numpy counts
    path.write_text(rows.replace('},"', '},\n"') + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page(json.loads(rows)), encoding="utf-8")


def main() -> None:
    """Answer for the cells that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    parser.add_argument("--only", default="", help="cells whose name holds this")
    asked = parser.parse_args()
    answers = read(asked.out)
    if not asked.only:  # cells that are no longer asked
        asked_for = {cell.name for cell in CELLS}
        answers = {name: row for name, row in answers.items() if name in asked_for or name.startswith("studies")}
    with threadpool_limits(1):
        for cell in CELLS:
            digest = digest_of(cell)
            if asked.only not in cell.name or answers.get(cell.name, {}).get("code") == digest:
                continue
            answers[cell.name] = {**answer(cell), "code": digest}
            write(asked.out, answers)
            print(f"{answers[cell.name]['seconds']:6.0f} s  {cell.name}", flush=True)
    write(asked.out, answers)


if __name__ == "__main__":
    main()
