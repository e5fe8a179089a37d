"""Source ``notes``: concepts named in clinical notes, with negation, time and experiencer. The text stays here."""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.assertion import LEXICON, Assertion, assertion, read_tsv, sentences
from biomarker.ingest.cdm import open_cdm
from biomarker.ingest.events import EVENT_RECORDS, refuse_no_rows
from biomarker.ingest.fhir_files import patient_of, read_resources
from biomarker.ingest.partial import latest_day, partial_note, with_partial
from biomarker.ingest.reading import read_text
from biomarker.ingest.source import Ingested, Source, SourceSettings, quarantine_rows
from biomarker.ingest.spelling import clean

__all__ = ["SOURCE", "Lexicon", "NotesIndex", "NotesSettings", "Terms", "note_texts", "read_lexicon", "read_notes"]

Status = Literal["present", "negated", "historical", "family", "hypothetical"]
#: ECOG performance status as it is written: "ECOG 1", "ECOG PS: 2", "performance status of 0".
_ECOG = re.compile(
    r"(?i)\b(?:ecog(?:[ -]?ps)?|performance status|PS)\b(?:\s*(?:of|is|was|:|=|score))*\s*([0-4])\b(?!\s*[/.]\d)"
)
_SCORE = re.compile(r"(?i)\b(?:pain (?:score|scale|level)|NRS|VAS)(?:\s*(?:of|is|was|:|=))*\s*(10|\d)\s*(?:/\s*10)?\b")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A lexicon of the user's own."""

    path: str = field(
        metadata={"doc": "A table with the columns concept and term, a term a row; it is added to the one shipped."}
    )
    replaces: bool = field(default=False, metadata={"doc": "Use it in place of the one shipped."})


@dataclass(frozen=True, kw_only=True)
class NotesIndex:
    """Whose the text files of a folder are."""

    path: str = field(
        metadata={"doc": "A table with a row a file: the columns `subject` and `date` of the notes, and `file`."}
    )
    file: str = field(
        default="file", metadata={"doc": "Its column of the file's name, with the folders in between and the ending."}
    )


@dataclass(frozen=True, kw_only=True)
class NotesSettings(SourceSettings):
    """Settings of ``notes``."""

    path: str = field(
        metadata={
            "doc": "A table or NDJSON with a note a row; a folder of text files; FHIR files; a CDM with the table note."
        }
    )
    format: Literal["table", "ndjson", "text", "fhir", "omop"] = field(
        metadata={"doc": "How the notes come: table, ndjson, text (files), fhir (DocumentReference) or omop (note)."}
    )
    index: NotesIndex | None = field(
        default=None, metadata={"doc": "With `format: text`, the table that says whose each file is, and of which day."}
    )
    subject: str = field(default="subject_id", metadata={"doc": "Column or key of the subject's id."})
    date: str = field(default="date", metadata={"doc": "Column or key of the note's date, as YYYY-MM-DD."})
    text: str = field(default="text", metadata={"doc": "Column or key of the note's text."})
    lexicon: Terms | None = field(default=None, metadata={"doc": "Terms of one's own."})
    status: tuple[Status, ...] = field(
        default=("present",),
        metadata={
            "doc": "Which mentions become events: of what the patient has now (present), or also of what is negated, "
            "historical, of the family, hypothetical; those are events of their own, `fever (negated)`."
        },
    )

    def __post_init__(self) -> None:
        if not self.status:
            raise ConfigError("notes: no status is asked for", "Say `status: [present]`.")
        if (self.format == "text") != (self.index is not None):
            raise ConfigError(
                "notes: `index` is given without `format: text`, or lacks with it",
                "Text files do not say whose they are: `format: text`, `index: {path: index.csv}`.",
            )


@dataclass(frozen=True)
class Lexicon:
    """Concepts by their terms, and the pattern that finds the longest term at a place."""

    concepts: dict[str, str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class _Note:
    line: int
    subject: str | None
    date: str | None
    text: str | None
    fault: str = ""


def read_notes(settings: NotesSettings, *, base: Path) -> Ingested:
    """Find concepts in notes.

    Returns
    -------
    Ingested
        ``content`` has the columns of events: one row a concept, status and note, called by the concept (with the
        status in brackets where it is not present), and one row without name for each note, so that a subject whose
        notes say nothing is known to have notes. ECOG status and pain scores, where written as numbers, are the events
        ``ECOG`` and ``pain score`` with that value. Neither text nor words of it leave this module.

        Rows are notes. Quarantined are those without subject, date or text, with base64 that is none, or that refer to
        a patient who is not there; excluded those whose text is elsewhere. Of text files those are quarantined, by
        their line of the index, that are not in the folder, are named twice or are not UTF-8; and those excluded that
        the index does not name, or that do not end in .txt.

    Raises
    ------
    DataError, SchemaError
        The notes or the lexicon cannot be read; no note can be used.
    """
    lexicon = read_lexicon(settings.lexicon, base=base)
    notes, excluded, name = _notes(settings, base)
    days, partial = latest_day(pl.Series([note.date for note in notes], dtype=pl.String))
    faults = [_fault(note, day) for note, day in zip(notes, days.to_list(), strict=True)]
    bad = [(note, fault) for note, fault in zip(notes, faults, strict=True) if fault is not None]
    quarantine = quarantine_rows(
        file=name,
        lines=pl.Series([note.line for note, _ in bad], dtype=pl.Int64),
        field=pl.Series([fault[0] for _, fault in bad], dtype=pl.String),
        value=pl.Series([None] * len(bad), dtype=pl.String),
        reason=pl.Series([fault[1] for _, fault in bad], dtype=pl.String),
    )
    rows: list[tuple[str, str | None, float | None, object, bool]] = []
    used = 0
    for note, day, part, fault in zip(notes, days.to_list(), partial.to_list(), faults, strict=True):
        if fault is None and note.subject is not None and note.text is not None:
            used += 1
            rows.append((note.subject, None, None, day, part))
            rows += [
                (note.subject, what, value, day, part) for what, value in _found(note.text, lexicon, settings.status)
            ]
    refuse_no_rows(name, used, quarantine)
    schema = {"subject_id": pl.String, "name": pl.String, "value": pl.Float64, "date": pl.Date, "partial": pl.Boolean}
    content = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        end=pl.lit(None, pl.Date), day=pl.lit(None, pl.Float64)
    )
    said = partial_note(int(partial.sum()), "dates of notes")
    events = content.select(pl.col(column).cast(dtype) for column, dtype in EVENT_RECORDS.items())
    return Ingested(
        with_partial(events, content["partial"]),
        quarantine,
        len(notes) + sum(excluded.values()),
        used,
        excluded,
        (said,) if said else (),
    )


def read_lexicon(own: Terms | None, *, base: Path) -> Lexicon:
    """The shipped terms, those of the user, or both; a user's term wins over the shipped concept of that term."""
    concepts: dict[str, str] = {}
    if own is None or not own.replaces:
        concepts |= {row["term"].casefold(): row["concept"] for row in read_tsv(LEXICON / "concepts.tsv")}
    if own is not None:
        table = read_text(base / own.path)
        table.require(["concept", "term"], key="lexicon")
        names, terms = clean(table.frame["concept"]), clean(table.frame["term"])
        empty = (names.is_null() | terms.is_null()).arg_true()
        if len(empty):
            raise SchemaError(f"{table.name}, {table.where(empty)}: a concept or term is missing", "Fill it in.")
        concepts |= {term.casefold(): name for term, name in zip(terms, names, strict=True)}
    ordered = sorted(concepts, key=lambda term: (-len(term), term))
    parts = [re.escape(t) if re.search(r"[^\x00-\x7f]", t) else rf"(?<!\w){re.escape(t)}(?!\w)" for t in ordered]
    return Lexicon(concepts, re.compile("|".join(parts), re.IGNORECASE))


def _found(text: str, lexicon: Lexicon, statuses: Sequence[str]) -> list[tuple[str, float | None]]:
    """Events of one note, each name once."""
    found: dict[str, float | None] = {}
    for sentence in sentences(text):
        for match in lexicon.pattern.finditer(sentence):
            concept = lexicon.concepts.get(match.group().casefold())
            if concept is None:
                continue
            status = _status(assertion(sentence, *match.span()))
            if status in statuses:
                found.setdefault(concept if status == "present" else f"{concept} ({status})", None)
        for name, pattern in (("ECOG", _ECOG), ("pain score", _SCORE)):
            if number := pattern.search(sentence):
                found[name] = float(number.group(1))
    return list(found.items())


def note_texts(settings: NotesSettings, *, base: Path) -> list[str]:
    """Texts of the notes, to be looked through for identifiers by `biomarker.ingest.privacy` and by nobody else."""
    notes, _, _ = _notes(settings, base)
    return [note.text for note in notes if note.text]


def _status(said: Assertion) -> str:
    for status in ("negated", "family", "hypothetical", "historical"):
        if getattr(said, status):
            return status
    return "present"


def _fault(note: _Note, day: object) -> tuple[str, str] | None:
    if note.fault:
        return "(note)", note.fault
    if not note.subject:
        return "subject", "the subject is missing"
    if day is None:
        return "date", "the date is missing, or no date"
    return None if note.text and note.text.strip() else ("text", "the note has no text")


# --- where notes come from --------------------------------------------------------------------------------------------


def _notes(settings: NotesSettings, base: Path) -> tuple[list[_Note], dict[str, int], str]:
    """Every note, those left out by reason, and the name of the file."""
    if settings.format == "fhir":
        return _fhir(base / settings.path)
    if settings.format == "omop":
        return _omop(settings.path, base)
    if settings.index is not None:
        return _texts(base / settings.path, settings, settings.index, base)
    name = Path(settings.path).name
    if settings.format == "ndjson":
        return list(_ndjson(base / settings.path, settings)), {}, name
    table = read_text(base / settings.path, separator=settings.separator)
    table.require([settings.subject, settings.date, settings.text], key="notes")
    table.refuse_float_ids(settings.subject)
    columns = [table.frame[column].to_list() for column in (settings.subject, settings.date, settings.text)]
    return [_Note(int(line), *cells) for line, *cells in zip(table.lines, *columns, strict=True)], {}, name


def _texts(
    folder: Path, settings: NotesSettings, index: NotesIndex, base: Path
) -> tuple[list[_Note], dict[str, int], str]:
    """Text files of a folder, in the order of their index; a file's name may tell who it is of, and is not told."""
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}", "Name the folder of the text files as `path`.")
    listed = base / index.path
    inside = {str(f.relative_to(folder)): f for f in sorted(folder.rglob("*")) if f.is_file() and f != listed}
    files = {name: file for name, file in inside.items() if file.suffix.lower() == ".txt"}
    if not files:
        raise DataError(f"{folder.name} holds no text file", "Files of notes end in .txt.")
    table = read_text(listed, separator=settings.separator)
    table.require([settings.subject, settings.date, index.file], key="notes")
    table.refuse_float_ids(settings.subject)
    subjects, dates = table.frame[settings.subject].to_list(), table.frame[settings.date].to_list()
    names = clean(table.frame[index.file])
    again = (names.is_duplicated() & names.is_not_null()).to_list()
    notes = []
    for line, subject, date, name, twice in zip(table.lines, subjects, dates, names.to_list(), again, strict=True):
        text, fault = (None, "the index names the file twice") if twice else _text_of(files.get(name))
        notes.append(_Note(int(line), subject, date, text, fault))
    unnamed = len(files.keys() - set(names.to_list()))
    left = {"the index does not name the file": unnamed, "the file does not end in .txt": len(inside) - len(files)}
    return notes, {reason: n for reason, n in left.items() if n}, table.name


def _text_of(file: Path | None) -> tuple[str | None, str]:
    """Text of a file, or why there is none."""
    if file is None:
        return None, "the file is not among the folder's text files"
    try:
        return file.read_bytes().decode("utf-8-sig"), ""
    except (OSError, UnicodeDecodeError):
        return None, "the file cannot be read as UTF-8 text"


def _ndjson(path: Path, settings: NotesSettings) -> Iterator[_Note]:
    from biomarker.ingest.content import file_content

    content = file_content(path)
    try:
        lines = content.data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}, line {content.line(error.start)}: not UTF-8 text", "Save it as UTF-8.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            yield _Note(number, None, None, None, "the line is no JSON object")
            continue
        subject, date, text = (row.get(key) for key in (settings.subject, settings.date, settings.text))
        if isinstance(subject, int) and not isinstance(subject, bool):
            subject = str(subject)
        cells = [cell if isinstance(cell, str) else None for cell in (subject, date, text)]
        yield _Note(number, *cells)


def _fhir(path: Path) -> tuple[list[_Note], dict[str, int], str]:
    resources = read_resources(path)
    notes: list[_Note] = []
    excluded: Counter[str] = Counter()
    for number, item in enumerate(resources.items, start=1):
        if item.fault:
            notes.append(_Note(number, None, None, None, item.fault))
            continue
        if item.kind != "DocumentReference":
            excluded[f"another type: {item.kind[:40]}"] += 1
            continue
        subject, why = patient_of(item.content, resources)
        text, fault = _attached(item.content.get("content"))
        if text is None and not fault:
            excluded["the text is elsewhere (url)"] += 1
            continue
        date = item.content.get("date")
        if not isinstance(date, str):
            context = item.content.get("context")
            period = context.get("period") if isinstance(context, dict) else None
            date = period.get("start") if isinstance(period, dict) else None
        notes.append(_Note(number, subject, date if isinstance(date, str) else None, text, fault or why))
    return notes, dict(excluded), resources.name


def _attached(content: object) -> tuple[str | None, str]:
    """Text of the attachments, or why there is none; neither where it is elsewhere."""
    texts = []
    for part in content if isinstance(content, list) else []:
        attachment = part.get("attachment") if isinstance(part, dict) else None
        data = attachment.get("data") if isinstance(attachment, dict) else None
        if not isinstance(data, str):
            continue
        kind = str(attachment.get("contentType", "text/plain"))
        if not kind.startswith("text/"):
            return None, "the attachment is no text"
        try:
            texts.append(base64.b64decode(data, validate=True).decode("utf-8"))
        except (binascii.Error, ValueError):
            return None, "the attachment is no base64 of UTF-8 text"
    return ("\n".join(texts), "") if texts else (None, "")


def _omop(path: str, base: Path) -> tuple[list[_Note], dict[str, int], str]:
    cdm = open_cdm(path, base=base)
    try:
        cdm.require("note", ["note_id", "person_id", "note_date", "note_text"])
        cdm.require("person", ["person_id"])
        rows = cdm.query(
            "SELECT n.note_id, CAST(n.person_id AS VARCHAR) AS person, CAST(n.note_date AS VARCHAR) AS date, "
            "n.note_text, p.person_id IS NULL AS orphan FROM note n "
            "LEFT JOIN (SELECT DISTINCT person_id FROM person) p ON n.person_id = p.person_id ORDER BY n.note_id"
        )
    finally:
        cdm.close()
    if rows["note_id"].is_duplicated().any():
        raise DataError(f"{cdm.name}: the table note has one note_id twice", "Each note has an id of its own.")
    return [
        _Note(key, person, date, text, "the person is not in the table person" if orphan else "")
        for key, person, date, text, orphan in rows.iter_rows()
    ], {}, "note"  # fmt: skip


SOURCE = Source(
    type="notes",
    settings=NotesSettings,
    read=read_notes,
    doc="Concepts named in clinical notes, English and Japanese, with negation, time and whom they are said of.",
    kind="records",
)
