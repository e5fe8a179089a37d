"""At least five broken files of every source: refused in words, or the rows quarantined with a reason."""

import gzip
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from source_examples import counted, example, read

from biomarker.errors import BiomarkerError


class Broken(NamedTuple):
    """What is done to the example (bytes, or settings and files beside it), and what is said of it."""

    change: Callable[[bytes], bytes]
    refused: str = ""
    quarantined: str = ""
    beside: Callable[[dict[str, str]], dict[str, str]] | None = None
    settings: dict[str, Any] = {}  # noqa: RUF012


def put(old: str, new: str) -> Callable[[bytes], bytes]:
    """Replace the first such piece of text."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data, old
        return data.replace(old.encode(), new.encode("latin-1"), 1)

    return change


def wells(old: str, new: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda beside: {name: text.replace(old, new, 1) for name, text in beside.items()}


def again(data: bytes) -> bytes:
    """The last row once more."""
    return data + data.rstrip(b"\n").rsplit(b"\n", 1)[1] + b"\n"


def same(data: bytes) -> bytes:
    return data


def dated(data: bytes) -> bytes:
    """Days of the laboratory's example as dates, the first of them one that no year has."""
    dates = re.sub(rb"U/L,-?(\d)", rb"U/L,2024-02-1\1", data.replace(b",day,", b",date,"))
    return dates.replace(b"2024-02-10", b"2024-02-31", 1)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


PACKED = Broken(lambda data: gzip.compress(data)[:-9], refused="cut short or damaged")
EMPTY = Broken(lambda data: b"", refused="is empty")
SHORT_ROW = Broken(
    lambda data: data.rstrip(b"\n").rsplit(b"\n", 1)[0] + b"\nP1\n", refused="has 1 cells where the header"
)
OF_TEXT = {"cut short": PACKED, "nothing in it": EMPTY, "a short row": SHORT_ROW}

#: What is wrong, by source and in a word or two.
BROKEN: dict[str, dict[str, Broken]] = {
    "assay-image": {
        "cut short": Broken(half, refused="cut short or damaged"),
        "a table of text": Broken(lambda data: b"a,b\n1,2\n", refused="no picture"),
        "nothing in it": Broken(lambda data: b"", refused="no picture"),
        "no column of wells": Broken(same, refused="no column 'well'", beside=wells("plate,well", "plate,x")),
        "a well off the plate": Broken(same, quarantined="no such well", beside=wells("1,A3,", "1,Z99,")),
        "a word that is no kind": Broken(same, quarantined="neither sample", beside=wells("A3,sample", "A3,x")),
        "a well twice": Broken(same, quarantined="the same well as an earlier row", beside=wells("1,A4,", "1,A3,")),
        "a standard in words": Broken(
            same, quarantined="without concentration", beside=wells("standard,,2\n", "standard,,low\n")
        ),
    },
    "copy-number": OF_TEXT | {
        "another encoding": Broken(put("P3", "P\xe9"), refused="not UTF-8"),
        "no key column": Broken(put("subject_id", "person"), refused="no column 'subject_id'"),
        "ends before it begins": Broken(put("P3,0,30,39", "P3,0,39,30"), quarantined="ends before it begins"),
        "a value in words": Broken(put("P3,0,30,39,0.3333333333333333", "P3,0,30,39,high"), quarantined="not a number"),
        "a segment twice": Broken(again, quarantined="earlier row"),
        "no subject": Broken(put("\nP3,", "\n,"), quarantined="subject is missing"),
    },
    "expression": {
        "cut short": PACKED,
        "nothing in it": EMPTY,
        "fewer rows than announced": Broken(put("4\t3", "5\t3"), refused="announces 5 genes of 3 samples"),
        "another version": Broken(put("#1.2", "#9"), refused="is no GCT"),
        "another encoding": Broken(put("Description\tP1", "D\xe9\tP1"), refused="not UTF-8"),
        "a word for a number": Broken(put("G2\tx\t2", "G2\tx\thigh"), refused="not a number"),
        "a gene twice": Broken(put("G2\t", "G1\t"), refused="stands more than once"),
        "a subject twice": Broken(put("P1\tP2", "P1\tP1"), refused="alike"),
        "a gene that became a date": Broken(put("G2\t", "2-Sep\t"), refused="a spreadsheet turned"),
    },
    "labs": OF_TEXT | {
        "another encoding": Broken(put("P3", "P\xe9"), refused="not UTF-8"),
        "no key column": Broken(put("subject_id", "person"), refused="no column 'subject_id'"),
        "an impossible day": Broken(put("U/L,-3", "U/L,2024-13-45"), quarantined="the day is not a number"),
        "an impossible date": Broken(
            dated, quarantined="not a full date", settings={"day": None, "date": "date"}
        ),
        "a strange unit": Broken(put("23,U/L", "23,drops"), quarantined="not a UCUM unit"),
        "a unit of something else": Broken(put("23,U/L", "23,mg/dL"), refused="in different units"),
        "a word for a number": Broken(put(",23,", ",high,"), quarantined="the value is not a number"),
        "a row twice": Broken(again, quarantined="exact duplicate"),
        "limits the wrong way round": Broken(put("-3,0,40", "-3,50,40"), quarantined="above the upper"),
    },
    "maf": OF_TEXT | {
        "another encoding": Broken(put("P3", "P\xe9"), refused="not UTF-8"),
        "no key column": Broken(put("Hugo_Symbol", "Gene"), refused="no column 'Hugo_Symbol'"),
        "a class that is none": Broken(put("Missense_Mutation\tP3", "Bad_Luck\tP3"), quarantined="is not known"),
        "no subject": Broken(put("Missense_Mutation\tP3", "Missense_Mutation\t"), quarantined="subject is missing"),
        "a variant twice": Broken(again, quarantined="same variant of the subject"),
        "a gene that became a date": Broken(put("G3\t", "1-Mar\t"), refused="a spreadsheet turned"),
        "two spellings of a subject": Broken(put("\tP3\t", "\tp2\t"), refused="upper and lower case"),
    },
    "matrix": OF_TEXT | {
        "another encoding": Broken(put("P3", "P\xe9"), refused="not UTF-8"),
        "a subject twice": Broken(put("P3,", "P2,"), refused="more than once"),
        "no id": Broken(put("P3,", ","), refused="id is missing"),
        "a word for a number": Broken(put("P3,3,", "P3,high,"), refused="not a number"),
        "a date for a number": Broken(put("P3,3,", "P3,2024-03-01,"), refused="a date, not a number"),
        "a comma for a point": Broken(put("P3,3,", 'P3,"3,5",'), refused="is not a number"),
    },
    "maxquant": OF_TEXT | {
        "another encoding": Broken(put("Q2", "Q\xe9"), refused="not UTF-8"),
        "no key column": Broken(put("Majority protein IDs", "IDs"), refused="no column 'Majority protein IDs'"),
        "no intensities": Broken(lambda data: data.replace(b"LFQ intensity", b"Ratio"), refused="LFQ intensity"),
        "a negative intensity": Broken(put("Q2\tG2\t4", "Q2\tG2\t-4"), quarantined="negative or no number"),
        "a mark that is none": Broken(put("\t+\t", "\tyes\t"), quarantined="neither + nor empty"),
        "a group twice": Broken(again, quarantined="earlier row"),
        "no protein": Broken(put("Q2\t", "\t"), quarantined="the protein id is missing"),
    },
    "npx": OF_TEXT | {
        "another encoding": Broken(put("P3", "P\xe9"), refused="not UTF-8"),
        "no key column": Broken(put("OlinkID", "Oid"), refused="no column 'OlinkID'"),
        "a flag that is none": Broken(put(",Warning,", ",Perhaps,"), quarantined="the QC flag is not known"),
        "a word for a number": Broken(put("3.25", "high"), quarantined="the value is not a number"),
        "intensities for logarithms": Broken(put("3.25", "53000"), refused="too large for a log2 scale"),
        "a row twice": Broken(again, quarantined="an exact duplicate of an earlier row"),
        "no subject": Broken(put("\nP3,", "\n,"), quarantined="the subject is missing"),
    },
    "single-cell": {
        "cut short": Broken(half, refused="is cut short or damaged"),
        "a table of text": Broken(lambda data: b"a,b\n1,2\n", refused="is not an HDF5 file"),
        "nothing in it": Broken(lambda data: b"", refused="is not an HDF5 file"),
        "no column of subjects": Broken(same, refused="no column 'donor'", settings={"subject": "donor"}),
        "no such matrix": Broken(same, refused="layers/counts", settings={"matrix": "layers/counts"}),
        "sets without scores": Broken(same, refused="go together", settings={"make": ["scores"]}),
        "no table of cells": Broken(same, refused="no file", settings={"cells": {"path": "none.csv"}}),
    },
    "vcf": {
        "cut short": PACKED,
        "nothing in it": EMPTY,
        "no end of line": Broken(lambda data: data[:-3], refused="its last line does not end"),
        "a short record": Broken(lambda data: data + b"1\t900\n", refused="has 2 cells where the header"),
        "another encoding": Broken(put("p.R3C", "p.\xe9"), refused="not UTF-8"),
        "no line of columns": Broken(put("#CHROM", "CHROM"), refused="no line of column names"),
        "no declared consequences": Broken(put("ID=CSQ", "ID=XYZ"), refused="declares no consequences"),
        "a position that is none": Broken(put("\t21\t", "\tten\t"), quarantined="no whole number"),
        "a consequence that is none": Broken(put("missense_variant|MODERATE|G3", "x|M|G3"), quarantined="not known"),
        "a genotype that is none": Broken(put("0/1:9,3", "0/7:9,3"), quarantined="a genotype cannot be read"),
        "reads in words": Broken(put("0/1:9,3", "0/1:9,many"), quarantined="allele fraction cannot be read"),
        "a record twice": Broken(again, quarantined="in an earlier record"),
        "a sample twice": Broken(put("P1\tP2", "P1\tP1"), refused="alike"),
    },
}  # fmt: skip
CASES = [(source, what) for source, faults in BROKEN.items() for what in faults]


@pytest.mark.parametrize(("source", "what"), CASES)
def test_a_broken_file_is_refused_in_words_or_its_rows_are_quarantined(source, what, tmp_path):
    broken, whole = BROKEN[source][what], example(source)
    beside = broken.beside(whole.beside) if broken.beside else None

    def reading() -> Any:
        return read(source, tmp_path, broken.change(whole.data), beside=beside, **broken.settings)

    if broken.refused:
        with pytest.raises(BiomarkerError) as caught:
            reading()
        said = f"{caught.value.message} {caught.value.hint}"
        assert broken.refused in said
        assert "P3" not in said
        return
    found = reading()
    counted(found)
    assert found.rows_used > 0
    reasons = found.quarantine["reason"].to_list()
    assert any(broken.quarantined in reason for reason in reasons), reasons
    assert found.quarantine.height <= 2


def test_every_source_of_molecules_and_laboratories_has_at_least_five():
    assert {"expression", "single-cell", "maf", "vcf", "copy-number", "npx", "maxquant", "labs", "assay-image"} < set(
        BROKEN
    )
    assert min(len(faults) for faults in BROKEN.values()) >= 5
