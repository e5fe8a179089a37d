"""Names that a spreadsheet took for dates or numbers: ``SEPT2`` becomes ``2-Sep``, ``2310009E13`` becomes ``2.31E+13``.

What was meant can mostly not be told from what is left (``1-Mar`` was MARCH1 or MARC1), so nothing is guessed back.
"""

import re

import polars as pl

from biomarker.errors import SchemaError
from biomarker.ingest.reading import Table

__all__ = ["mangled", "once", "refuse_mangled"]

#: Months as spreadsheets write them in English and German, with their number.
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mrz": 3, "mär": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8,
    "sept": 9, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_MONTH = "|".join(_MONTHS)
_FORMS = (
    rf"(?P<n>\d{{1,4}})(?:[-/ ]|\. ?)(?P<month>{_MONTH})\.?(?:[-/ ]\d{{2,4}})?",
    rf"(?P<month>{_MONTH})[-/ .](?P<n>\d{{1,4}})",
    r"\d{4}-(?P<number>\d{2})-(?P<n>\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?)?",
    r"\d{1,2}/\d{1,2}/\d{2,4}",
    r"\d(?:[.,]\d+)?e\+\d+",
)

#: Gene symbols of the form month and number, as they are called now and as they were called then.
_GENES = {
    3: "MARCHF{0} or MTARC{0} (once MARCH{0}, MARC{0})",
    9: "SEPTIN{0} (once SEPT{0})",
    12: "DELEC{0} (once DEC{0})",
}


def mangled(names: pl.Series) -> pl.Series:
    """Which names look like a spreadsheet's date or number; null where the name is null.

    Parameters
    ----------
    names : polars.Series of str

    Returns
    -------
    polars.Series of bool

    Notes
    -----
    ``1-Mar``, ``Mar-01``, ``1. Mrz``, ``2001-03-01``, ``3/1/2001`` and ``2.31E+13`` do; ``MARCH1``, ``SEPT2``,
    ``HLA-A`` and a bare number (an Entrez id) do not. Valid for names of genes and proteins: a column of something else
    may well be called by a date.
    See Ziemann, Eren and El-Osta 2016, doi:10.1186/s13059-016-1044-7.
    """
    plain = "|".join(re.sub(r"\?P<\w+>", "", form) for form in _FORMS)
    return names.cast(pl.String).str.contains(rf"(?i)^(?:{plain})$")


def once(name: str) -> str:
    """The gene symbols that a mangled name may have been, in words; empty where none is known."""
    for form in _FORMS[:3]:
        found = re.fullmatch(form, name, re.IGNORECASE)
        if found:
            parts = found.groupdict()
            month = _MONTHS[parts["month"].lower()] if "month" in parts else int(parts["number"])
            return _GENES.get(month, "").format(int(parts["n"]))
    return ""


def refuse_mangled(table: Table, names: pl.Series, *, what: str) -> None:
    """Raise a `SchemaError` where a name of the table (a row each, null where missing) is a date or number.

    ``what`` is the word for what is named: a gene, an assay.
    """
    at = mangled(names).fill_null(value=False).arg_true()
    if len(at):
        name = names[at[0]]
        meant = f"; {name} may have been {once(name)}" if once(name) else ""
        raise SchemaError(
            f"{table.name}, {table.where(at)}: a spreadsheet turned the {what} into {name!r}",
            f"Take the file as it was before a spreadsheet opened it, or correct the names by hand{meant}.",
        )
