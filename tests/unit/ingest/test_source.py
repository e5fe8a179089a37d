"""What came in is what went out: the sum that every source must make."""

import polars as pl
import pytest

from biomarker.ingest.registry import SOURCES
from biomarker.ingest.source import Ingested, no_quarantine, quarantine_rows


def rows(lines):
    names = ["x"] * len(lines)
    return quarantine_rows(
        file="f.csv", lines=pl.Series(lines), field=pl.Series(names), value=pl.Series(names), reason=pl.Series(names)
    )


def test_sum_that_adds_up_is_accepted():
    assert Ingested(pl.DataFrame(), rows([3, 2]), 7, 4, {"why": 1}).rows_in == 7


@pytest.mark.parametrize(("rows_in", "used", "excluded"), [(7, 5, {"why": 1}), (7, 4, {}), (6, 4, {"why": 1})])
def test_sum_that_does_not_add_up_is_a_fault_of_ours(rows_in, used, excluded):
    with pytest.raises(ValueError, match="accounted for"):
        Ingested(pl.DataFrame(), rows([3, 2]), rows_in, used, excluded)


def test_a_row_stands_in_quarantine_once():
    with pytest.raises(ValueError, match="twice"):
        Ingested(pl.DataFrame(), rows([3, 3]), 2, 0)


def test_quarantine_has_the_columns_of_its_table():
    with pytest.raises(ValueError, match="columns"):
        Ingested(pl.DataFrame(), no_quarantine().drop("reason"), 0, 0)


def test_quarantine_is_in_the_order_of_the_file_and_cuts_long_cells():
    found = quarantine_rows(
        file="f.csv",
        lines=pl.Series([9, 2]),
        field=pl.Series(["a", "b"]),
        value=pl.Series(["z" * 100, None]),
        reason=pl.Series(["r", "s"]),
    )
    assert found.rows() == [("f.csv", 2, "b", None, "s"), ("f.csv", 9, "a", "z" * 40, "r")]


def test_sources_are_known_by_their_type():
    assert list(SOURCES) == sorted(SOURCES)
    assert all(name == source.type for name, source in SOURCES.items())
