"""Names that a spreadsheet took for something else."""

import polars as pl
import pytest

from biomarker.errors import SchemaError
from biomarker.ingest.reading import read_text
from biomarker.ingest.spreadsheet import mangled, once, refuse_mangled


@pytest.mark.parametrize(
    "name",
    ["1-Mar", "2-SEP", "01-Dec", "Mar-01", "SEP-15", "1. Mrz", "9.Sep", "4-Okt", "1-Dez", "2001-03-01",
     "2002-09-02 00:00:00", "3/1/2001", "1-Mar-2001", "2.31E+13", "2,31E+13", "1e+07"],
)  # fmt: skip
def test_dates_and_numbers_of_a_spreadsheet_are_recognised(name):
    assert mangled(pl.Series([name])).to_list() == [True]


@pytest.mark.parametrize(
    "name",
    ["MARCH1", "SEPT2", "SEPTIN9", "DEC1", "MARC1", "OCT4", "HLA-A", "NKX2-1", "MAR", "H2-K1", "7157", "1.5", "4E-BP1",
     "IL-1ra/1", "CD3E", "Mars-1b", "2310009E13Rik", "1-March family"],
)  # fmt: skip
def test_names_that_only_resemble_them_are_let_be(name):
    assert mangled(pl.Series([name])).to_list() == [False]


def test_missing_name_is_neither():
    assert mangled(pl.Series([None, "1-Mar"], dtype=pl.String)).to_list() == [None, True]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1-Mar", "MARCHF1 or MTARC1 (once MARCH1, MARC1)"),
        ("Sep-09", "SEPTIN9 (once SEPT9)"),
        ("2001-12-01", "DELEC1 (once DEC1)"),
        ("4-Okt", ""),
        ("2.31E+13", ""),
        ("TP53", ""),
    ],
)
def test_what_it_may_have_been_is_said_where_it_is_known(name, words):
    assert once(name) == words


def test_refusal_names_file_line_and_what_it_may_have_been(write):
    table = read_text(write("gene,x\nTP53,1\n2-Sep,2\n"))
    with pytest.raises(SchemaError) as caught:
        refuse_mangled(table, table.frame["gene"], what="gene")
    assert caught.value.message == "table.csv, line 3: a spreadsheet turned the gene into '2-Sep'"
    assert "SEPTIN2 (once SEPT2)" in caught.value.hint
