"""Nobody can be found in a partner's edition."""

import dataclasses
from typing import Any

import factory
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import ENGLISH, blocks
from scipy.optimize import linprog

from biomarker.errors import LeakageError
from biomarker.report import build
from biomarker.report.disclosure import merged_reasons, require_no_identifier, withheld

LIMIT = 5
tables = st.integers(2, 4).flatmap(
    lambda rows: st.integers(2, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 30), min_size=columns, max_size=columns), min_size=rows, max_size=rows
        )
    )
)


def range_known(counts: np.ndarray, hidden: np.ndarray, cell: tuple[int, int]) -> tuple[float, float]:
    """What somebody with the shown cells and all totals can say of a hidden cell: its least and largest value."""
    places = list(zip(*np.nonzero(hidden), strict=True))
    lines, totals = [], []
    for axis, n in ((0, counts.shape[0]), (1, counts.shape[1])):
        for line in range(n):
            lines.append([float(place[axis] == line) for place in places])
            totals.append(float(sum(counts[place] for place in places if place[axis] == line)))
    goal = np.array([float(place == cell) for place in places])
    least, most = (linprog(sign * goal, A_eq=lines, b_eq=totals, bounds=(0, None)) for sign in (1, -1))
    return least.fun, -most.fun


@settings(max_examples=150, deadline=None)
@given(tables)
def test_no_small_cell_can_be_told_from_the_totals(rows: list[list[int]]) -> None:
    counts = np.array(rows)
    hidden = withheld(counts, LIMIT)
    assert hidden[counts < LIMIT].all()
    for cell in zip(*np.nonzero(counts < LIMIT), strict=True):
        low, high = range_known(counts, hidden, cell)
        assert high - low > 1 - 1e-5 or hidden.all(), (counts, hidden, cell)


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert not withheld(np.array([[5, 9], [7, 30]]), LIMIT).any()


def test_one_small_cell_takes_the_smallest_of_its_row_and_column_with_it() -> None:
    hidden = withheld(np.array([[2, 10, 40], [30, 20, 50], [60, 70, 80]]), LIMIT)
    np.testing.assert_array_equal(hidden, [[True, True, False], [True, True, False], [False, False, False]])


def part(reason: str | None, n: int, kind: str = "excluded") -> dict[str, Any]:
    return {"kind": kind, "reason": reason, "n": n}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_merged_reasons_add_up_and_no_reason_stands_for_a_few_unless_it_stands_alone(counts: list[int]) -> None:
    parts = [part(None, 100, "used"), *(part(f"reason {k}", n) for k, n in enumerate(counts))]
    merged = merged_reasons(parts, LIMIT)
    assert sum(one["n"] for one in merged) == 100 + sum(counts)
    reasons = [one for one in merged if one["reason"]]
    assert len(reasons) == 1 or all(one["n"] >= LIMIT for one in reasons)
    told = "; ".join(one["reason"] for one in reasons).split("; ")
    assert sorted(told) == sorted(f"reason {k}" for k in range(len(counts)))


def test_the_flow_of_a_partner_joins_small_reasons_and_the_internal_one_tells_them() -> None:
    inputs = factory.inputs(genes=20)
    rows = inputs.flow.filter(pl.col("scope") == "subjects")
    out = pl.lit("excluded", rows.schema["kind"]).alias("kind")
    split = pl.concat(
        [
            rows.with_columns(n=pl.when(pl.col("kind") == "used").then(pl.lit(226, pl.Int64)).otherwise("n")),
            *(
                rows.head(1).with_columns(out, reason=pl.lit(why), n=pl.lit(n, pl.Int64))
                for why, n in (("withdrew", 2), ("no consent", 1), ("no arm", 11))
            ),
        ]
    )
    inputs = dataclasses.replace(inputs, flow=split)

    def shown(edition: str) -> dict[str | None, int]:
        found = next(
            block for block in blocks(build(inputs, edition), "flow", "sums") if block["id"] == "flow-subjects"
        )
        return {one["reason"]: one["n"] for one in found["rows"][0]["parts"]}

    assert shown("partner") == {None: 226, "no arm; withdrew; no consent": 14}
    assert shown("internal") == {None: 226, "no arm": 11, "withdrew": 2, "no consent": 1}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build(factory.inputs(genes=20))


@pytest.mark.parametrize("name", ["SUBJ-0042", "subj-0042", "G0007 of SUBJ-0042", "(SUBJ-0042)", "x_SUBJ-0042_y"])
def test_an_identifier_in_any_text_makes_no_report_and_is_not_told(name: str) -> None:
    inputs = factory.inputs(genes=20)
    named = inputs.candidates.with_columns(label=pl.lit(name))
    with pytest.raises(LeakageError, match=r"would stand in the report \(document") as caught:
        require_no_identifier(build(dataclasses.replace(inputs, candidates=named)), {}, ["SUBJ-0042", "SUBJ-0043"])
    assert "0042" not in str(caught.value)


def test_a_table_of_single_subjects_is_named_and_its_subjects_are_not(document: dict[str, Any]) -> None:
    points = pl.DataFrame({"who": ["SUBJ-0042", "SUBJ-0043"], "value": [1.0, 2.0]})
    with pytest.raises(LeakageError, match=r"the table candidate_points .* column who") as caught:
        require_no_identifier(document, {"candidate_points": points}, ["SUBJ-0042"])
    assert "0042" not in str(caught.value)


def test_plain_numbers_and_short_words_are_no_alarm(document: dict[str, Any]) -> None:
    require_no_identifier(document, {}, ["240", "1000001", "1.5e10", "drug", "arm", ""])


def test_what_the_report_says_of_disclosure_names_the_limit(document: dict[str, Any]) -> None:
    (items,) = (block["items"] for block in blocks(document, "methods", "listing"))
    assert any("withheld below 5" in ENGLISH.plain(item) for item in items)
