"""Protein levels: which rows are taken, limits, flags and plates, and every row that cannot be used with its reason."""

import gzip

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, ConfigError, DataError, SchemaError
from biomarker.ingest.npx import LOG2_SQRT2, RECORDS, NpxSettings, read_npx

HEAD = "SampleID,OlinkID,Assay,Panel,PlateID,QC_Warning,LOD,NPX,Time\n"


def row(sample="S1", oid="OID1", assay="IL6", panel="Inflammation", plate="P1", qc="Pass", lod="1", npx="5", time="BL"):
    return ",".join([sample, oid, assay, panel, plate, qc, lod, npx, time]) + "\n"


def read(path, **given_):
    return read_npx(NpxSettings(path=path.name, **given_), base=path.parent)


def values(found) -> dict[str, float | None]:
    return dict(found.content.select("subject_id", "value").rows())


# --- which rows are taken ---------------------------------------------------------------------------------------------


def test_records_in_the_order_of_the_file(write):
    found = read(write(HEAD + row() + row("S0", npx="0.5")))
    assert dict(found.content.schema) == RECORDS
    assert found.content.rows() == [
        ("S1", "IL6", "IL6", "Inflammation", "P1", 5.0, 1.0, False),
        ("S0", "IL6", "IL6", "Inflammation", "P1", 0.5, 1.0, True),
    ]
    assert (found.rows_in, found.rows_used) == (2, 2)


def test_control_samples_are_known_by_the_beginning_of_their_id_whatever_its_case(write):
    controls = ("CONTROL_SAMPLE_AS 1", "control_sample 2", "Sample_Control_3", "PLATE_CONTROL", "Negative_Control")
    found = read(write(HEAD + row() + "".join(row(sample) for sample in controls) + row("CTRL_ARM_7")))
    assert found.excluded == {"control sample": 5}
    assert list(values(found)) == ["S1", "CTRL_ARM_7"]


def test_beginning_of_control_samples_can_be_named(write):
    found = read(write(HEAD + row() + row("IPC 1") + row("CONTROL_SAMPLE")), controls=("ipc",))
    assert found.excluded == {"control sample": 1}
    assert list(values(found)) == ["S1", "CONTROL_SAMPLE"]


def test_type_of_a_sample_tells_controls_apart_and_a_strange_type_is_quarantined(write):
    kinds = ("SAMPLE", "SAMPLE_CONTROL", "Negative_control", "sample", "BRIDGE", "")
    text = HEAD.replace("Time", "SampleType") + "".join(row(f"S{i}", time=kind) for i, kind in enumerate(kinds))
    found = read(write(text), sample_type="SampleType")
    assert list(values(found)) == ["S0", "S3"]
    assert found.excluded == {"control sample": 2}
    assert found.quarantine.select("line", "field", "value", "reason").rows() == [
        (6, "SampleType", "BRIDGE", "neither SAMPLE nor a CONTROL"),
        (7, "SampleType", None, "neither SAMPLE nor a CONTROL"),
    ]


def test_rows_of_other_visits_are_excluded_and_without_a_visit_quarantined(write):
    text = HEAD + row() + row(time="W6") + row(time="W12") + row("S2", time="")
    found = read(write(text), where={"Time": ("BL",)})
    assert list(values(found)) == ["S1"]
    assert found.excluded == {"another Time than was chosen": 2}
    assert found.quarantine.select("field", "reason").rows() == [("Time", "missing, so that the row cannot be chosen")]


def test_value_of_a_control_may_stand_without_visit_and_flag(write):
    found = read(write(HEAD + row() + row("CONTROL_SAMPLE", qc="", npx="", time="")), where={"Time": ("BL",)})
    assert found.quarantine.is_empty()


def test_several_values_of_one_subject_and_assay_are_never_averaged(write):
    text = HEAD + "".join(row(subject, time=time) for subject in ("S1", "S2") for time in ("BL", "W6"))
    with pytest.raises(SchemaError) as caught:
        read(write(text))
    assert caught.value.message == (
        "table.csv: 2 subjects have several values of one assay (lines 2, 3, 4, 5); these rows differ in Time"
    )
    assert caught.value.hint == "Take one value a subject: `where: {Time: [...]}`."


def test_one_sample_on_two_plates_says_so(write):
    with pytest.raises(SchemaError, match="differ in PlateID") as caught:
        read(write(HEAD + row() + row(plate="P2", npx="6")))
    assert "The same sample is on several plates" in caught.value.hint
    chosen = read(write(HEAD + row() + row(plate="P2", npx="6")), where={"PlateID": ("P2",)})
    assert values(chosen) == {"S1": 6.0}


def test_two_values_that_differ_in_nothing_else(write):
    with pytest.raises(SchemaError, match="several values of one assay") as caught:
        read(write(HEAD + row() + row(npx="6")))
    assert caught.value.hint == "Keep one row a subject and assay."


def test_plate_of_each_panel_may_be_another(write):
    found = read(write(HEAD + row() + row(oid="OID2", assay="TNF", panel="Cardio", plate="C1")))
    assert found.content["plate"].to_list() == ["P1", "C1"]


# --- assays -----------------------------------------------------------------------------------------------------------


def test_name_of_several_assays_is_refused_unless_features_are_called_by_their_id(write):
    text = HEAD + row() + row("S2", oid="OID9", panel="Oncology")
    with pytest.raises(SchemaError, match="the name 'IL6' stands for 2 assays") as caught:
        read(write(text))
    assert "`feature: assay_id`" in caught.value.hint
    with pytest.raises(SchemaError, match="stands for 2 assays"):
        read(write(text), assay_id=None)
    found = read(write(text), feature="assay_id")
    assert found.content.select("assay", "label").rows() == [("OID1", "IL6"), ("OID9", "IL6")]
    one = read(write(text), where={"Panel": ("Oncology",)})
    assert list(values(one)) == ["S2"]


def test_id_with_two_names_is_refused(write):
    with pytest.raises(SchemaError, match="'OID1' has 2 names"):
        read(write(HEAD + row() + row("S2", assay="IL-6")), feature="assay_id")


# --- limits of detection ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "value"), [("keep", 0.2), ("lod", 1.0), ("lod/sqrt2", 0.5), ("missing", None)])
def test_value_below_its_limit_becomes_what_was_asked_for(write, policy, value):
    found = read(write(HEAD + row(npx="0.2") + row("S2", npx="1") + row("S3", npx="0.2", lod="")), below_lod=policy)
    assert values(found) == {"S1": value, "S2": 1.0, "S3": 0.2}
    assert found.content["below_lod"].to_list() == [True, False, None]
    (note,) = found.notes
    assert note.startswith("1 of 3 values are below their limit of detection")
    assert note.endswith("1 have no limit")


def test_dividing_by_the_root_of_two_is_done_on_the_scale_of_concentrations():
    concentration = 2.0 ** (3.0 - LOG2_SQRT2)
    assert concentration == pytest.approx(8.0 / np.sqrt(2.0))


# --- QC ---------------------------------------------------------------------------------------------------------------


def test_warnings_are_kept_and_counted_or_excluded_and_failures_always_excluded(write):
    flags = ("Pass", "WARN", "Warning", "MANUAL_WARN", "Fail", "EXCLUDED")
    text = HEAD + "".join(row(f"S{i}", qc=flag) for i, flag in enumerate(flags))
    kept = read(write(text))
    assert (list(values(kept)), kept.excluded) == (["S0", "S1", "S2", "S3"], {"failed QC": 2})
    assert "Values that are used in spite of a QC warning: 3" in kept.notes
    strict = read(write(text), qc_warning="exclude")
    assert (list(values(strict)), strict.excluded) == (["S0"], {"failed QC": 2, "QC warning": 3})
    blind = read(write(text), qc=None)
    assert len(values(blind)) == 6


# --- plates -----------------------------------------------------------------------------------------------------------


def test_plates_are_brought_to_where_their_control_samples_agree_with_their_limits(write):
    text = HEAD + "".join(
        row(f"{sample} {plate}" if sample == "S" else sample, plate=plate, npx=str(level + shift), lod=str(1 + shift))
        for plate, shift in (("P1", 0.0), ("P2", 2.0))
        for sample, level in (("CONTROL_SAMPLE 1", 4.0), ("CONTROL_SAMPLE 2", 7.0), ("S", 5.0))
    )
    found = read(write(text), plate_adjustment="controls")
    assert values(found) == {"S P1": 6.0, "S P2": 6.0}
    assert found.content["lod"].to_list() == [2.0, 2.0]
    assert "by 1.00 NPX at most" in found.notes[0]


def test_plate_without_a_control_sample_cannot_be_adjusted(write):
    text = HEAD + row("CONTROL_SAMPLE") + row() + row("S2", plate="P2")
    with pytest.raises(SchemaError, match="1 assays have no control sample"):
        read(write(text), plate_adjustment="controls")


def test_control_sample_with_a_warning_adjusts_nothing(write):
    text = HEAD + row("CONTROL_SAMPLE", qc="Warning") + row()
    with pytest.raises(SchemaError, match="no control sample"):
        read(write(text), plate_adjustment="controls")


# --- rows that cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "field", "value", "reason"),
    [
        (row(""), "SampleID", None, "the subject is missing"),
        (row(" S2"), "SampleID", "***", "the subject's id has blanks before or after it"),
        (row("S2", assay=""), "Assay", None, "the assay is missing"),
        (row("S2", qc=""), "QC_Warning", None, "the QC flag is missing"),
        (row("S2", qc="maybe"), "QC_Warning", "maybe", "the QC flag is not known"),
        (row("S2", npx=""), "NPX", None, "the value is missing"),
        (row("S2", npx="<LOD"), "NPX", "<LOD", "the value is not a number"),
        (row("S2", npx="inf"), "NPX", "inf", "the value is not a number"),
        (row("S2", lod="?"), "LOD", "?", "the limit of detection is not a number"),
        (row(), "(row)", None, "an exact duplicate of an earlier row"),
    ],
)
def test_row_that_cannot_be_used_is_quarantined(write, bad, field, value, reason):
    found = read(write(HEAD + row() + bad + row("S3")))
    assert found.quarantine.rows() == [("table.csv", 3, field, value, reason)]
    assert list(values(found)) == ["S1", "S3"]


CELLS = {
    "sample": ["S1", "S2", "", " S3", "CONTROL_SAMPLE 1"],
    "assay": ["IL6", "TNF", ""],
    "qc": ["Pass", "Warning", "Fail", "", "odd"],
    "lod": ["1", "", "x"],
    "npx": ["5", "0.5", "", "word", "inf"],
    "time": ["BL", "W6", ""],
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    st.lists(
        st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())),
        max_size=30,
        unique_by=lambda cells: (cells[0], cells[1]),
    ),
    st.sampled_from(["keep", "exclude"]),
    st.sampled_from(["keep", "lod", "lod/sqrt2", "missing"]),
)
def test_every_row_is_used_quarantined_or_excluded_and_only_once(write, rows, warnings, policy):
    named = [dict(zip(CELLS, cells, strict=True)) for cells in rows]
    path = write(HEAD + row("S0") + "".join(row(oid=f"O{cells['assay']}", **cells) for cells in named))
    found = read(path, qc_warning=warnings, below_lod=policy, where={"Time": ("BL",)}, assay_id=None)
    assert found.rows_in == len(rows) + 1
    assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())
    fine = [
        cells
        for cells in named
        if cells["sample"] in ("S1", "S2") and cells["assay"] and cells["npx"] in ("5", "0.5") and cells["lod"] != "x"
        and cells["time"] == "BL" and cells["qc"] in (["Pass"] if warnings == "exclude" else ["Pass", "Warning"])
    ]  # fmt: skip
    assert found.rows_used == found.content.height == len(fine) + 1
    assert found.content["below_lod"].sum() == sum(cells["npx"] == "0.5" and cells["lod"] == "1" for cells in fine)


# --- broken files -----------------------------------------------------------------------------------------------------

GOOD = HEAD + row() + row("S2", oid="OID2", assay="TNF")


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("x.csv.gz", gzip.compress(GOOD.encode() * 50)[:90], DataError, "cut short"),
        ("x.csv", GOOD[:-12].encode(), SchemaError, "line 3: the row has"),
        ("x.csv", GOOD.replace("TNF", "µTNF").encode("latin-1"), DataError, "line 3: the file is not UTF-8"),
        ("x.csv", b"", DataError, "is empty"),
        ("x.csv", HEAD.encode(), DataError, "holds a header and no rows"),
        ("x.csv", GOOD.replace(",", ";").encode(), SchemaError, "no commas but semicolons"),
        ("x.csv", GOOD.replace("SampleID", "Sample").encode(), SchemaError, "no column 'SampleID'"),
        ("x.csv", GOOD.replace("LOD", "Limit").encode(), SchemaError, "no column 'LOD'"),
        ("x.csv", GOOD.replace("Panel", "Assay").encode(), SchemaError, "names columns 3 and 4 alike"),
        ("x.csv", GOOD.replace("TNF", "1-Sep").encode(), SchemaError, "line 3: a spreadsheet turned the assay"),
        ("x.csv", GOOD.replace("TNF", "il6").encode(), SchemaError, "equal but for upper and lower case"),
        ("x.csv", (GOOD + row("S3", npx="41700")).encode(), SchemaError, "line 4: 41700 is too large for a log2 scale"),
        ("x.csv", GOOD.replace(",5,", ',"5,1",').encode(), SchemaError, "decimals stand behind a comma"),
        ("x.csv", GOOD.replace("Pass", "Fail").encode(), DataError, r"none of its 2 rows can be used: failed QC \(2\)"),
        ("x.csv", b"PK\x03\x04spreadsheet", SchemaError, "is a spreadsheet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_file_is_refused_in_words(write, name, content, error, words):
    path = write(b"", name)
    path.write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        read(path)
    assert caught.value.message.startswith("x.csv")


def test_parquet_with_numbers_for_ids_is_refused(tmp_path):
    frame = pl.read_csv(GOOD.encode()).with_columns(SampleID=pl.Series([1.0, 2.0]))
    frame.write_parquet(tmp_path / "x.parquet")
    with pytest.raises(SchemaError, match="floating-point"):
        read(tmp_path / "x.parquet")


@pytest.mark.parametrize("where", [{"Tim": ("BL",)}, {"Time": ("bl",)}])
def test_choice_of_what_is_not_there_names_the_nearest(write, where):
    with pytest.raises(SchemaError) as caught:
        read(write(GOOD), where=where)
    assert caught.value.hint in ("Did you mean 'Time'?", "Did you mean 'BL'?")


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"below_lod": "lod", "lod": None}, "below_lod: given lod, and no column `lod`"),
        ({"qc_warning": "exclude", "qc": None}, "no column `qc`"),
        ({"plate_adjustment": "controls", "plate": None}, "no column `plate`"),
        ({"feature": "assay_id", "assay_id": None}, "no column `assay_id`"),
        ({"controls": ("",)}, "every sample a control"),
    ],
)
def test_settings_that_mean_nothing(given_, words):
    with pytest.raises(ConfigError, match=words):
        NpxSettings(path="x.csv", **given_)


def test_subject_is_never_shown(write):
    text = HEAD + row() + "".join(row(f"{name}", npx="x", qc="?") for name in ("SECRET1", " SECRET2", "SECRET3"))
    found = read(write(text))
    assert found.quarantine.height == 3
    assert "SECRET" not in found.quarantine.write_csv()
    twice = "".join(row(f"SECRET{i}", time=time) for i in range(3) for time in ("BL", "W6"))
    with pytest.raises(BiomarkerError) as caught:
        read(write(HEAD + twice))
    assert "SECRET" not in caught.value.message + caught.value.hint
