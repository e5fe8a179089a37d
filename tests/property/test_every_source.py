"""Every source: a valid file loads, each row is used, quarantined or excluded, a damaged file is refused in words."""

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.config.base import settings_from
from biomarker.errors import BiomarkerError
from biomarker.ingest.registry import SOURCES

QUIET = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40, deadline=None
)


@dataclass(frozen=True)
class Example:
    """A small valid file of a source, its settings, and the files beside it."""

    file: str
    content: str
    settings: dict[str, Any]
    beside: dict[str, str] = field(default_factory=dict)


FLAGS = ("Pass", "Pass", "Warning", "Pass", "Pass")
EXAMPLES = {
    "copy-number": Example(
        "segments.csv",
        "subject_id,chromosome,start,end,value\n"
        + "".join(f"P{i},{i % 3},{10 * i},{10 * i + 9},{i / 9}\n" for i in range(12)),
        {"layout": "segments", "values": "log2_ratio", "genes": {"path": "genes.csv"}},
        {"genes.csv": "gene,chromosome,start,end\nA,0,1,200\nB,1,1,200\nC,2,1,200\n"},
    ),
    "expression": Example(
        "e.gct",
        "#1.2\n4\t3\nName\tDescription\tP1\tP2\tP3\n" + "".join(f"G{i}\tx\t{i}\t{i + 1}.5\t3\n" for i in range(4)),
        {"scale": "log2"},
    ),
    "labs": Example(
        "labs.csv",
        "subject_id,test,value,unit,day,low,high\n" + "".join(f"P{i},ALT,{20 + i},U/L,{-i},0,40\n" for i in range(10)),
        {"day": "day", "low": "low", "high": "high"},
    ),
    "maf": Example(
        "m.maf",
        "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tChromosome\tStart_Position\tReference_Allele\t"
        "Tumor_Seq_Allele2\n" + "".join(f"G{i}\tMissense_Mutation\tP{i % 4}\t1\t{i}\tA\tC\n" for i in range(10)),
        {},
    ),
    "matrix": Example(
        "m.csv",
        "id,x,y\n" + "".join(f"P{i},{i},{i * i}.25\n" for i in range(8)),
        {"orientation": "subjects_in_rows"},
    ),
    "maxquant": Example(
        "p.txt",
        "Majority protein IDs\tGene names\tLFQ intensity P1\tLFQ intensity P2\tReverse\tPotential contaminant\t"
        "Only identified by site\n" + "".join(f"Q{i}\tG{i}\t{2**i}\t{i}\t{'+' * (i == 3)}\t\t\n" for i in range(8)),
        {},
    ),
    "npx": Example(
        "n.csv",
        "SampleID,OlinkID,Assay,Panel,PlateID,QC_Warning,LOD,NPX\n"
        + "".join(f"P{i},O{k},A{k},X,1,{FLAGS[i]},0.5,{i + k}.25\n" for i in range(5) for k in range(2)),
        {},
    ),
}  # fmt: skip
#: Sources whose files are no text have tests of their own.
BINARY = {"assay-image", "single-cell"}
#: Sources that other parts of the package test in the same way.
ELSEWHERE = set(SOURCES) - set(EXAMPLES) - BINARY


def read(name: str, folder: Path, data: bytes):
    example = EXAMPLES[name]
    for beside, text in example.beside.items():
        (folder / beside).write_text(text, encoding="utf-8")
    (folder / example.file).write_bytes(data)
    source = SOURCES[name]
    return source.read(settings_from(source.settings, {"path": example.file, **example.settings}), base=folder)


def counted(found) -> None:
    """In = used + quarantined + excluded, with a reason and a line for each row that is not used."""
    assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())
    assert found.quarantine["reason"].null_count() == 0
    assert found.quarantine["line"].is_unique().all()


def in_words(error: BiomarkerError) -> None:
    """A refusal says something."""
    assert error.message


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_valid_file_loads_and_every_row_is_used_or_excluded(name, tmp_path):
    found = read(name, tmp_path, EXAMPLES[name].content.encode())
    counted(found)
    assert found.quarantine.is_empty()
    assert found.rows_in > 0


@pytest.mark.parametrize("name", EXAMPLES)
@QUIET
@given(data=st.data())
def test_cells_changed_at_random_are_read_quarantined_or_refused_and_never_lost(name, tmp_path, data):
    lines = EXAMPLES[name].content.rstrip("\n").split("\n")
    mark = "\t" if "\t" in lines[-1] else ","
    head = next(i for i, line in enumerate(lines) if mark in line and not line.split(mark)[0].isdigit())
    junk = st.sampled_from(
        ["", "NA", "x", "-1", "1e400", "nan", " P1", "P1", "2024-13-45", "1,5", "+", "é", '"', "0", "9" * 30]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(head + 1, len(lines) - 1))
        cells = lines[row].split(mark)
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(junk)
        lines[row] = mark.join(cells)
    try:
        found = read(name, tmp_path, ("\n".join(lines) + "\n").encode())
    except BiomarkerError as error:
        in_words(error)
    else:
        counted(found)


@pytest.mark.parametrize("name", EXAMPLES)
@QUIET
@given(data=st.data())
def test_damaged_bytes_meet_only_our_own_errors(name, tmp_path, data):
    content = bytearray(EXAMPLES[name].content.encode())
    kind = data.draw(st.sampled_from(["cut", "flip", "drop", "double", "gzip", "latin"]))
    at = data.draw(st.integers(0, len(content) - 1))
    if kind == "cut":
        content = content[:at]
    elif kind == "flip":
        content[at] = data.draw(st.integers(0, 255))
    elif kind == "drop":
        del content[at : at + data.draw(st.integers(1, 20))]
    elif kind == "double":
        content += content[at:]
    elif kind == "latin":
        content[at : at + 1] = "é".encode("latin-1")
    else:
        content = bytearray(gzip.compress(bytes(content))[: at + 1])
    try:
        found = read(name, tmp_path, bytes(content))
    except BiomarkerError as error:
        in_words(error)
    else:
        counted(found)


@pytest.mark.parametrize("name", EXAMPLES)
@QUIET
@given(order=st.randoms(use_true_random=False))
def test_rows_in_another_order_give_the_same_counts(name, tmp_path, order):
    lines = EXAMPLES[name].content.rstrip("\n").split("\n")
    first = 3 if name == "expression" else 1
    rows = lines[first:]
    order.shuffle(rows)
    one = read(name, tmp_path, EXAMPLES[name].content.encode())
    other = read(name, tmp_path, ("\n".join([*lines[:first], *rows]) + "\n").encode())
    assert (one.rows_in, one.rows_used, dict(one.excluded)) == (other.rows_in, other.rows_used, dict(other.excluded))


def test_damaged_cells_of_a_file_of_cells_meet_only_our_own_errors(tmp_path):
    import anndata
    import pandas as pd
    from scipy.sparse import csr_matrix

    draw = np.random.default_rng(0)
    obs = pd.DataFrame(
        {"subject_id": ["P1", "P2"] * 20, "cell_type": ["A", "A", "B", "B"] * 10}, index=[f"c{i}" for i in range(40)]
    )
    path = tmp_path / "c.h5ad"
    anndata.AnnData(csr_matrix(draw.poisson(3.0, (40, 5)).astype(float)), obs=obs).write_h5ad(path)
    whole, source = path.read_bytes(), SOURCES["single-cell"]
    given = settings_from(source.settings, {"path": "c.h5ad", "min_cells": 1})
    counted(source.read(given, base=tmp_path))
    for _ in range(150):
        data = bytearray(whole)
        for at in draw.integers(0, len(data), size=3):
            data[at] = draw.integers(0, 256)
        path.write_bytes(bytes(data))
        try:
            counted(source.read(given, base=tmp_path))
        except BiomarkerError as error:
            in_words(error)


def test_the_examples_name_every_source_of_text_that_is_not_tested_elsewhere():
    assert set(EXAMPLES) | BINARY | ELSEWHERE == set(SOURCES)
    assert json.dumps({name: example.settings for name, example in EXAMPLES.items()})
