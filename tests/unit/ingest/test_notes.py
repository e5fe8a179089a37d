"""Notes: negation against annotated sentences, what becomes of each note, and that no word of them gets out."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biomarker.errors import BiomarkerError, ConfigError, DataError, SchemaError
from biomarker.features.events import NotesFeatures, build_events
from biomarker.ingest.assertion import assertion
from biomarker.ingest.notes import NotesIndex, NotesSettings, Terms, read_notes
from biomarker.ingest.privacy import scan_files


def says(sentence: str, concept: str):
    start = sentence.index(concept)
    return assertion(sentence, start, start + len(concept))


# --- negation ---------------------------------------------------------------------------------------------------------


def annotated(reference_data) -> list[dict[str, str]]:
    head, *lines = (reference_data / "notes_negex" / "annotations_even.tsv").read_text(encoding="utf-8").split("\n")
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines if line.strip()]


def f1(rows) -> float:
    hit = miss = false = 0
    for row in rows:
        at = row["sentence"].find(row["concept"].upper())
        said = at >= 0 and assertion(row["sentence"], at, at + len(row["concept"])).negated
        truth = row["negation_status"] == "Negated"
        hit, miss, false = hit + (said and truth), miss + (truth and not said), false + (said and not truth)
    return 2 * hit / (2 * hit + miss + false)


@pytest.mark.study
def test_negation_of_annotated_sentences(reference_data):
    """Phrases were mended by looking at the first half alone; sentences that occur twice stand in one half."""
    rows = annotated(reference_data)
    halves: list[list[dict[str, str]]] = [[], []]
    for row in rows:
        halves[int(hashlib.sha256(row["sentence"].lower().encode()).hexdigest(), 16) % 2].append(row)
    scores = [f1(half) for half in (rows, *halves)]
    print(f"F1 of negation: all {scores[0]:.3f}, looked at {scores[1]:.3f}, never looked at {scores[2]:.3f}")
    assert len(rows) == 1188
    assert min(scores) >= 0.93


@pytest.mark.parametrize(
    ("sentence", "concept", "negated"),
    [
        ("No fever.", "fever", True),
        ("Patient denies chest pain, cough or fever.", "fever", True),
        ("Denies cough but has fever.", "fever", False),
        ("Pneumonia was ruled out.", "Pneumonia", True),
        ("Cannot exclude pneumonia.", "pneumonia", False),
        ("No change in cough.", "cough", False),
        ("Fever, no cough.", "Fever", False),
        ("Gram negative sepsis.", "sepsis", False),
        ("発熱なし。", "発熱", True),
        ("発熱、咳嗽なし。", "発熱", True),
        ("発熱あり、咳嗽なし。", "発熱", False),
        ("発熱あり、咳嗽なし。", "咳嗽", True),
        ("下痢は認めず。", "下痢", True),
        ("転倒は否定できない。", "転倒", False),
        ("褥瘡が見られる。", "褥瘡", False),
    ],
)
def test_negation(sentence, concept, negated):
    assert says(sentence, concept).negated == negated


def test_history_family_and_conditions():
    assert says("History of depression.", "depression").historical
    assert says("Mother had depression.", "depression").family
    assert says("Return for fever.", "fever").hypothetical
    assert says("既往に高血圧。", "高血圧").historical
    assert says("父が高血圧。", "高血圧").family
    assert says("Complains of fever.", "fever").present


# --- from notes to events ---------------------------------------------------------------------------------------------


def table(tmp_path: Path, *notes, name="notes.csv") -> Path:
    path = tmp_path / name
    pl.DataFrame(notes, schema=["subject_id", "date", "text"], orient="row").write_csv(path)
    return path


def read(path: Path, form="table", **given):
    return read_notes(NotesSettings(path=path.name, format=form, **given), base=path.parent)


def events(found) -> list[tuple[str, str, float | None]]:
    return found.content.drop_nulls("name").select("subject_id", "name", "value").rows()


def test_symptoms_nursing_observations_and_scores(tmp_path):
    path = table(
        tmp_path,
        ("P1", "2024-01-01", "ECOG 1. Nausea, no vomiting. Pain score 4/10. Fell at home. Poor appetite."),
        ("P2", "2024-01-02", "食欲不振あり。褥瘡なし。不眠を訴える。"),
    )
    assert set(events(read(path))) == {
        ("P1", "ECOG", 1.0), ("P1", "nausea", None), ("P1", "pain", None), ("P1", "pain score", 4.0),
        ("P1", "fall", None), ("P1", "poor intake", None),
        ("P2", "poor intake", None), ("P2", "sleep disturbance", None),
    }  # fmt: skip


def test_what_is_negated_is_an_event_of_its_own_where_asked_for(tmp_path):
    path = table(tmp_path, ("P1", "2024-01-01", "No fever. Cough."))
    assert events(read(path)) == [("P1", "cough", None)]
    both = read(path, status=("present", "negated"))
    assert events(both) == [("P1", "fever (negated)", None), ("P1", "cough", None)]


def test_the_longest_term_counts(tmp_path):
    assert events(read(table(tmp_path, ("P1", "2024-01-01", "Chest pain.")))) == [("P1", "chest pain", None)]


def test_a_lexicon_of_one_s_own_is_added_or_replaces(tmp_path):
    (tmp_path / "own.csv").write_text("concept,term\nhand-foot,hand-foot syndrome\nhand-foot,PPE\n", encoding="utf-8")
    path = table(tmp_path, ("P1", "2024-01-01", "PPE grade 2, fever."))
    assert events(read(path, lexicon=Terms(path="own.csv"))) == [("P1", "hand-foot", None), ("P1", "fever", None)]
    assert events(read(path, lexicon=Terms(path="own.csv", replaces=True))) == [("P1", "hand-foot", None)]


def test_counts_by_window_and_who_has_no_note_is_missing(tmp_path):
    path = table(
        tmp_path, ("P1", "2024-01-01", "Cough."), ("P1", "2024-01-20", "Cough."), ("P2", "2024-01-03", "Well."),
        ("P3", "2025-01-01", "Cough."),
    )  # fmt: skip
    subjects = pl.DataFrame({"subject_id": ["P1", "P2", "P3", "P4"]}).with_columns(date_d=pl.date(2024, 1, 31))
    built = build_events(
        read(path).content, NotesFeatures(index_date="d", window=(-60, 0), events=("any", "count")), subjects=subjects
    )
    assert built.values.subject_ids == ("P1", "P2")
    assert built.values.values.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert built.matching.excluded == {"no value in the window": 1, "not in the modality": 1}


def test_the_same_notes_as_ndjson_fhir_and_omop(tmp_path):
    notes = [("1", "2024-01-01", "No fever, but cough."), ("2", "2024-02-01", "Falls.")]
    expected = read(table(tmp_path, *notes)).content
    rows = [json.dumps(dict(zip(("subject_id", "date", "text"), note, strict=True))) for note in notes]
    (tmp_path / "n.ndjson").write_text("\n".join(rows), encoding="utf-8")
    assert read(tmp_path / "n.ndjson", "ndjson").content.equals(expected)
    (tmp_path / "f.ndjson").write_text(
        "\n".join(map(json.dumps, [*map(patient, "12"), *map(document, notes)])), encoding="utf-8"
    )
    assert read(tmp_path / "f.ndjson", "fhir").content.equals(expected)
    cdm = tmp_path / "cdm"
    cdm.mkdir()
    pl.DataFrame({"person_id": [1, 2]}).write_parquet(cdm / "person.parquet")
    columns = {
        "note_id": [1, 2],
        "person_id": [1, 2],
        "note_date": [n[1] for n in notes],
        "note_text": [n[2] for n in notes],
    }
    pl.DataFrame(columns).with_columns(pl.col("note_date").str.to_date()).write_parquet(cdm / "note.parquet")
    assert read(cdm, "omop").content.equals(expected)


def patient(identity):
    return {"resourceType": "Patient", "id": identity}


def document(note, data=None):
    packed = base64.b64encode(note[2].encode()).decode() if data is None else data
    return {
        "resourceType": "DocumentReference", "subject": {"reference": f"Patient/{note[0]}"}, "date": note[1],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": packed}}],
    }  # fmt: skip


@pytest.mark.study
def test_coded_conditions_are_found_in_the_notes_of_the_same_patient(reference_data, tmp_path):
    """All 212 pairs of patient and condition, by a lexicon made of the codes' names; mentions of any status count."""
    folder = reference_data / "fhir_synthea" / "bulk_ndjson"
    lines = gzip.decompress((folder / "Condition.000.ndjson.gz").read_bytes()).decode().splitlines()
    coded = {
        (c["subject"]["reference"].removeprefix("Patient/"), c["code"]["coding"][0]["display"])
        for c in map(json.loads, lines)
    }
    names = sorted({name for _, name in coded})
    pl.DataFrame({"concept": names, "term": names}).write_csv(tmp_path / "terms.csv")
    given = NotesSettings(
        path=str(folder), format="fhir", lexicon=Terms(path=str(tmp_path / "terms.csv"), replaces=True),
        status=("present", "negated", "historical", "family", "hypothetical"),
    )  # fmt: skip
    found = read_notes(given, base=tmp_path)
    assert (found.rows_in, found.rows_used) == (13 + 555 + 1745 + 1215, 1215)
    plain = found.content.drop_nulls("name").with_columns(
        pl.col("name").str.replace(r" \((negated|historical|family|hypothetical)\)$", "")
    )
    seen = set(plain.select("subject_id", "name").rows())
    assert len(coded) == 212
    assert len(coded & seen) == 212


# --- text files -------------------------------------------------------------------------------------------------------


def texts(tmp_path: Path, files, rows) -> NotesSettings:
    """A folder of files, and the index that says whose they are; ``None`` leaves a cell empty."""
    for name, text in files.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    pl.DataFrame(rows, schema=["subject_id", "date", "file"], orient="row").write_csv(tmp_path / "index.csv")
    return NotesSettings(path="notes", format="text", index=NotesIndex(path="index.csv"))


GOOD = ("P1", "2024-01-01", "a.txt")


def test_the_same_notes_as_text_files_csv_and_parquet(tmp_path):
    notes = [("P1", "2024-01-01", "No fever, but cough."), ("P2", "2024-02-01", "転倒あり。\nECOG 2.")]
    path = table(tmp_path, *notes)
    expected = read(path).content
    assert {row[1] for row in events(read(path))} == {"cough", "fall", "ECOG"}
    pl.read_csv(path, infer_schema=False).write_parquet(tmp_path / "notes.parquet")
    assert read(tmp_path / "notes.parquet").content.equals(expected)
    files = {"a.txt": b"\xef\xbb\xbf" + notes[0][2].encode(), "ward 3/b.TXT": notes[1][2]}
    found = read_notes(
        texts(tmp_path, files, [(*notes[0][:2], "a.txt"), (*notes[1][:2], "ward 3/b.TXT")]), base=tmp_path
    )
    assert found.content.equals(expected)
    assert (found.rows_in, found.rows_used, found.excluded) == (2, 2, {})


@pytest.mark.parametrize(
    ("files", "rows", "reasons"),
    [
        ({}, [("P2", "2024-01-01", "gone.txt")], ["the file is not among the folder's text files"]),
        ({}, [("P2", "2024-01-01", "../index.csv")], ["the file is not among the folder's text files"]),
        ({}, [("P2", "2024-01-01", None)], ["the file is not among the folder's text files"]),
        ({"b.txt": b"M\xfcller"}, [("P2", "2024-01-01", "b.txt")], ["the file cannot be read as UTF-8 text"]),
        ({"b.txt": " \n"}, [("P2", "2024-01-01", "b.txt")], ["the note has no text"]),
        ({"b.txt": "Cough."}, [("P2", "2024-01-01", "b.txt"), ("P3", "2024-01-01", "b.txt")],
         ["the index names the file twice"] * 2),
        ({"b.txt": "Cough."}, [(None, "2024-01-01", "b.txt")], ["the subject is missing"]),
    ],
)  # fmt: skip
def test_a_text_file_that_cannot_be_used_is_quarantined_by_its_line_of_the_index(tmp_path, files, rows, reasons):
    found = read_notes(texts(tmp_path, {"a.txt": "Fever.", **files}, [GOOD, *rows]), base=tmp_path)
    assert events(found) == [("P1", "fever", None)]
    lines = range(3, 3 + len(rows))
    shown = [(name, line, value, why) for name, line, _, value, why in found.quarantine.rows()]
    assert shown == [("index.csv", line, None, why) for line, why in zip(lines, reasons, strict=True)]
    assert found.rows_in == found.rows_used + found.quarantine.height


def test_files_that_the_index_does_not_name_or_that_are_no_text_are_counted(tmp_path):
    given = texts(tmp_path, {"a.txt": "Fever.", "b.txt": "Cough.", "c.pdf": "%PDF", "d.doc": "x"}, [GOOD])
    found = read_notes(given, base=tmp_path)
    assert found.excluded == {"the index does not name the file": 1, "the file does not end in .txt": 2}
    assert (found.rows_in, found.rows_used) == (4, 1)


def test_a_folder_or_an_index_that_is_not_there(tmp_path):
    given = texts(tmp_path, {"a.pdf": "%PDF"}, [GOOD])
    with pytest.raises(DataError, match="notes holds no text file"):
        read_notes(given, base=tmp_path)
    with pytest.raises(DataError, match="there is no folder"):
        read_notes(NotesSettings(path="nowhere", format="text", index=NotesIndex(path="index.csv")), base=tmp_path)
    given = texts(tmp_path, {"a.txt": "Fever."}, [GOOD])
    with pytest.raises(SchemaError, match="there is no column 'name'"):
        read_notes(NotesSettings(path="notes", format="text", index=NotesIndex(path="index.csv", file="name")),
                   base=tmp_path)  # fmt: skip
    (tmp_path / "index.csv").unlink()
    with pytest.raises(DataError, match="there is no file"):
        read_notes(given, base=tmp_path)
    with pytest.raises(ConfigError, match="lacks with it"):
        NotesSettings(path="notes", format="text")
    with pytest.raises(ConfigError, match="without `format: text`"):
        NotesSettings(path="n.csv", format="table", index=NotesIndex(path="index.csv"))


def test_identifiers_are_looked_for_in_text_files_and_in_their_index(tmp_path):
    given = texts(tmp_path, {"a.txt": "Write to ann@clinic.org."}, [GOOD])
    index = pl.read_csv(tmp_path / "index.csv").with_columns(email=pl.lit("bob@clinic.org"))
    index.write_csv(tmp_path / "index.csv")
    found = scan_files([tmp_path / "notes"], given, base=tmp_path)
    assert {("notes", "(text)"), ("index.csv", "email")} <= set(found.select("file", "column").rows())


# --- broken notes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "field", "reason"),
    [
        ((None, "2024-01-01", "Cough."), "subject", "the subject is missing"),
        (("P2", None, "Cough."), "date", "the date is missing, or no date"),
        (("P2", "soon", "Cough."), "date", "the date is missing, or no date"),
        (("P2", "2024-01-01", None), "text", "the note has no text"),
    ],
)
def test_a_note_that_cannot_be_used_is_quarantined(tmp_path, note, field, reason):
    found = read(table(tmp_path, ("P1", "2024-01-01", "Cough."), note))
    assert found.quarantine.rows() == [("notes.csv", 3, field, None, reason)]


def test_base64_that_is_none_and_references_to_nowhere(tmp_path):
    notes = [("1", "2024-01-01", "Cough."), ("9", "2024-01-01", "Cough.")]
    rows = [patient("1"), *map(document, notes), document(notes[0], data="not*base64")]
    (tmp_path / "f.ndjson").write_text("\n".join(map(json.dumps, rows)) + "\n{bad line", encoding="utf-8")
    found = read(tmp_path / "f.ndjson", "fhir")
    assert found.quarantine["reason"].to_list() == [
        "refers to a patient who is not there", "the attachment is no base64 of UTF-8 text", "no FHIR resource in JSON",
    ]  # fmt: skip
    assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())


def test_a_bad_line_of_ndjson_and_a_file_of_something_else(tmp_path):
    (tmp_path / "n.ndjson").write_text(
        '{"subject_id": "P1", "date": "2024-01-01", "text": "Cough."}\n{"subj', encoding="utf-8"
    )
    assert read(tmp_path / "n.ndjson", "ndjson").quarantine["reason"].to_list() == ["the line is no JSON object"]
    (tmp_path / "n.ndjson").write_bytes(b'{"text": "M\xfcller"}')
    with pytest.raises(DataError, match="line 1: not UTF-8") as caught:
        read(tmp_path / "n.ndjson", "ndjson")
    assert "ller" not in caught.value.message


def test_a_column_that_is_not_there_and_a_lexicon_with_holes(tmp_path):
    path = table(tmp_path, ("P1", "2024-01-01", "Cough."))
    with pytest.raises(SchemaError, match="there is no column 'note'"):
        read(path, text="note")
    (tmp_path / "own.csv").write_text("concept,term\n,cough\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="a concept or term is missing"):
        read(path, lexicon=Terms(path="own.csv"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_no_word_of_a_note_that_is_no_concept_gets_out(tmp_path, texts):
    marker = "Zygmuntova"
    rows = [
        {"subject_id": f"P{i}", "date": "2024-01-01", "text": f"{text} {marker} cough"} for i, text in enumerate(texts)
    ]
    (tmp_path / "n.ndjson").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    try:
        found = read(tmp_path / "n.ndjson", "ndjson")
    except BiomarkerError as error:
        assert marker not in error.message + error.hint  # noqa: PT017
    else:
        shown = str(found.content.to_dicts()) + str(found.quarantine.to_dicts()) + str(found.notes)
        assert marker not in shown
        assert found.rows_in == found.rows_used + found.quarantine.height
