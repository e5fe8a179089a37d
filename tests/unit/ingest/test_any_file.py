"""Whatever bytes a file holds, it is read as a careful reader would read it, or refused in words."""

import csv
import io

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError
from biomarker.ingest.reading import read_numbers, read_text
from biomarker.ingest.spelling import MISSING

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)


def outcome(do, *args):
    """What was read and no message, or nothing and the message of the refusal."""
    try:
        return do(*args), ""
    except BiomarkerError as error:
        return None, error.message


def careful(text: str) -> list[list[str | None]]:
    rows = list(csv.reader(io.StringIO(text.rstrip("\r\n"), newline="")))
    # In a file of one column a blank line is a missing cell
    return [[None if cell in MISSING else cell for cell in row or [""]] for row in rows[1:]]


@QUIET
@given(st.text(st.sampled_from('ab1,;"\n\r .'), max_size=40))
@example('a,b\n1,"2\n3",4\n')
@example('a,b\n"1""2",3\n')
@example('a,b\n1"2,3\n4,5"6\n')
@example('a,b\n"1"2,3\n')
@example("a,b\r1,2\r")
@example('a\n""\n1\n')
def test_text_is_read_as_a_careful_reader_reads_it_or_refused(write, text):
    path = write(text)
    table, message = outcome(read_text, path)
    if table is None:
        assert "table.csv" in message
    else:
        assert [list(row) for row in table.frame.rows()] == careful(text)


@QUIET
@given(
    st.lists(
        st.lists(st.sampled_from(["1", "-2.5", "1e3", "NA", "", " 7", "true", "x", '"3"', '4"', "inf"]), min_size=2,
                 max_size=2),
        min_size=1,
        max_size=6,
    )
)  # fmt: skip
def test_numbers_are_those_of_the_text_or_refused(write, rows):
    path = write("id,x,y\n" + "".join(f"s{i},{','.join(row)}\n" for i, row in enumerate(rows)))
    table, text = read_numbers(path), read_text(path)
    for name in ("x", "y"):
        (directly, message), (by_way_of_text, expected) = outcome(table.numbers, name), outcome(text.numbers, name)
        assert message == expected
        if not message:
            assert directly.equals(by_way_of_text, null_equal=True)


@QUIET
@given(st.binary(max_size=60))
@example(b"\x1f\x8b")
@example(b"\x28\xb5\x2f\xfd")
@example(b"PAR1PAR1")
@example(b"PAR1")
@example(b"a,b\n\x00,1\n")
def test_bytes_of_any_kind_are_read_or_refused(write, data):
    path = write(data)
    for read in (read_text, read_numbers):
        table, message = outcome(read, path)
        assert message if table is None else table.frame.height == len(table.lines) > 0
