"""Error rates of every test, by number of subjects and kind of data: `make calibrate`, after the claims.

``python tests/calibration/methods.py`` answers the cells that are not answered yet and writes docs/calibration.json and
docs/calibration.md. An interrupted run goes on where it stopped; a cell whose own code has changed, and gives other
numbers, is answered anew.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cells
import numpy as np
from cells import LEVELS, Cell, probe
from closure import code_digest
from method_page import page, verdict
from method_tests import CELLS
from threadpoolctl import threadpool_limits

from biomarker.data.files import atomic_path

__all__ = ["RESULTS", "answer", "digest_of", "read", "write"]

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "docs" / "calibration.json"
DATA = tuple(HERE / f"{name}.py" for name in ("cells", "null_data"))


def digest_of(cell: Cell) -> str:
    """Of the code that the cell runs."""
    return code_digest(cell.test.modules, DATA)


def answer(cell: Cell) -> dict[str, Any]:
    """The cell's numbers; of a test that rejects too often also those of its permutation p-value."""
    found: dict[str, Any] = getattr(cells, cell.question)(cell)
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
    with atomic_path(path) as partial:
        partial.write_text(rows.replace('},"', '},\n"') + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page(json.loads(rows)), encoding="utf-8")


def is_of_the_code(cell: Cell, stored: dict[str, Any]) -> bool:
    """Whether the code, or all that it gives on the first data sets, is still that of a stored answer.

    Code that was only moved or made faster asks nothing anew.
    """
    too_few = cell.question == "null" and stored["tested"] < cell.test.enough
    if too_few and stored["data_sets"] not in (cells.MOST_SETS, cells.IN_VAIN):
        return False
    if stored.get("code") == digest_of(cell):
        return True
    with threadpool_limits(1):
        return bool(np.allclose(stored.get("probe", np.nan), probe(cell), rtol=1e-8, atol=1e-300))


def answered(cell: Cell, stored: dict[str, Any] | None, *, only_check: bool = False) -> dict[str, Any] | None:
    """The stored answer where it is of the code, else a new one, or None where there is only to be checked."""
    if stored is not None and is_of_the_code(cell, stored):
        return {**stored, "code": digest_of(cell)}
    if only_check:
        return None
    begun = time.process_time()  # of this process: others may be at work on the machine
    with threadpool_limits(1):
        fresh = {**answer(cell), "probe": probe(cell), "code": digest_of(cell)}
    return {**fresh, "seconds": round(time.process_time() - begun, 1)}


def answered_by_name(name: str, stored: dict[str, Any] | None, only_check: bool) -> dict[str, Any] | None:
    """`answered` in a process of its own."""
    return answered(next(cell for cell in CELLS if cell.name == name), stored, only_check=only_check)


def main() -> int:
    """Answer for the cells that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    parser.add_argument("--only", nargs="*", default=[""], help="cells whose name holds one of these")
    parser.add_argument("--take", type=Path, nargs="*", default=[], help="files with further answers, of other runs")
    parser.add_argument("--workers", type=int, default=1, help="cells at a time")
    parser.add_argument("--check", action="store_true", help="only say which stored answers are not the code's")
    asked = parser.parse_args()
    answers = read(asked.out)
    for path in asked.take:
        answers |= read(path)
    if asked.only == [""]:  # cells that are no longer asked
        asked_for = {cell.name for cell in CELLS}
        answers = {name: row for name, row in answers.items() if name in asked_for or name.startswith("studies")}
    waiting = [cell.name for cell in CELLS if any(part in cell.name for part in asked.only)]
    if asked.check:
        waiting = [name for name in waiting if name in answers]
    other = 0
    # processes of their own, made anew: a test is a function and does not travel, the name of its cell does
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(answered_by_name, name, answers.get(name), asked.check): name for name in waiting}
        for job in as_completed(jobs):
            name, found = jobs[job], job.result()
            if found is None:
                other += 1
                print(f"not of this code: {name}", flush=True)
            elif found != answers.get(name):
                fresh = found.get("probe") != answers.get(name, {}).get("probe")
                answers[name] = found
                write(asked.out, answers)
                if fresh:
                    print(f"{found['seconds']:6.0f} s  {name}", flush=True)
    write(asked.out, answers)
    return int(other > 0)


if __name__ == "__main__":
    raise SystemExit(main())
