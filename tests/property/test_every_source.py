"""Every source: a valid file loads, each row is used, quarantined or excluded, a damaged file is refused in words."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_examples import BINARY, EXAMPLES, counted, example, read

from biomarker.errors import BiomarkerError
from biomarker.ingest.registry import SOURCES

QUIET = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40, deadline=None
)


#: Sources that other parts of the package test in the same way.
ELSEWHERE = set(SOURCES) - set(EXAMPLES) - set(BINARY)


def in_words(error: BiomarkerError) -> None:
    """A refusal says something."""
    assert error.message


@pytest.mark.parametrize("name", [*EXAMPLES, *BINARY])
def test_a_valid_file_loads_and_every_row_is_used_or_excluded(name, tmp_path):
    found = read(name, tmp_path, example(name).data)
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
    first = 3 if name in ("expression", "vcf") else 1
    rows = lines[first:]
    order.shuffle(rows)
    one = read(name, tmp_path, EXAMPLES[name].content.encode())
    other = read(name, tmp_path, ("\n".join([*lines[:first], *rows]) + "\n").encode())
    assert (one.rows_in, one.rows_used, dict(one.excluded)) == (other.rows_in, other.rows_used, dict(other.excluded))


@pytest.mark.parametrize("name", BINARY)
def test_damaged_bytes_of_files_that_are_no_text_meet_only_our_own_errors(name, tmp_path):
    draw, whole = np.random.default_rng(0), example(name).data
    for attempt in range(10 if name == "assay-image" else 80):  # a picture takes half a second
        data = bytearray(whole)
        for at in draw.integers(0, len(data) if attempt % 2 else 4096, size=3):
            data[at] = draw.integers(0, 256)
        if attempt % 10 == 9:
            data = data[: draw.integers(0, len(data))]
        try:
            counted(read(name, tmp_path, bytes(data)))
        except BiomarkerError as error:
            in_words(error)


def test_the_examples_name_every_source_of_text_that_is_not_tested_elsewhere():
    assert set(EXAMPLES) | set(BINARY) | ELSEWHERE == set(SOURCES)
    assert json.dumps({name: example.settings for name, example in EXAMPLES.items()})
