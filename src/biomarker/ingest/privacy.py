"""Privacy at the door: direct identifiers found, pseudonyms by a keyed hash, dates shifted subject by subject.

What is found is counted and never shown. The key comes from the environment and goes nowhere.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from biomarker.data.matrix import FeatureValues
from biomarker.data.record_tables import PrivacyFindings
from biomarker.errors import BiomarkerError, ConfigError, DataError
from biomarker.ingest.content import PARQUET
from biomarker.ingest.parts import text_parts
from biomarker.ingest.privacy_settings import KEY, PrivacySettings
from biomarker.ingest.spelling import clean

__all__ = [
    "KEY",
    "PATTERNS",
    "PrivacySettings",
    "found_in",
    "protected",
    "pseudonym",
    "refuse_identifiers",
    "require_key",
    "scan_file",
    "scan_files",
]

SHORTEST_KEY = 16
#: Rows of a file that are looked at.
MOST_ROWS = 100_000
#: Days by which a subject's dates move at most, either way; never none.
MOST_DAYS = 182

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau)"
_NAME = r"[A-Z][a-zà-ÿ'’-]+"
#: What identifiers look like, by kind. A sentence of a note and a cell of a column are looked at alike.
PATTERNS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "name": (
        re.compile(rf"\b{_TITLE}\.?\s+{_NAME}(?:\s+{_NAME})?"),
        re.compile(rf"(?i:\b(?:patient|name|patient name|signed by|dictated by|contact)\s*[:=])\s*{_NAME},?\s+{_NAME}"),
        re.compile(r"(?:氏名|患者名|患者氏名)\s*[:：]?\s*[一-龥]{1,4}\s?[一-龥ぁ-んァ-ン]{1,5}"),
        re.compile(r"[一-龥]{2,5}(?:様|さん|殿|先生)"),
    ),
    "e-mail": (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]{2,}"),),
    "phone": (
        re.compile(r"(?<![\d.-])(?=(?:[^\d\w]{0,2}\d){10})(?:\+\d{1,3}[ -]?)?(?:\(0?\d{2,4}\)[ -]?|0\d{1,4}[ -])"
                   r"\d{2,4}[ -]\d{3,4}(?!\d|\.\d)"),
        re.compile(r"(?<![\d.-])\(?[2-9]\d{2}\)?[ -]\d{3}-\d{4}(?!\d|-)"),
        re.compile(r"(?<![\d.])\+\d{1,3}[ -]\d{1,4}(?:[ -]\d{2,5}){2,3}(?!\d|\.\d)"),
        re.compile(r"(?i)\b(?:tel|phone|telephone|mobile|cell|fax|call|電話)\b\.?\s*[:：]?\s*[+(]?\d[\d ()-]{6,}"),
    ),
    "record number": (
        re.compile(r"(?i)\b(?:MRN|medical record(?: (?:number|no))?|SSN|NHS(?: (?:number|no))?|hospital (?:number|no)|"
                   r"chart (?:number|no)|account (?:number|no))\.?\s*[:#=]?\s*\d[\d -]{4,}"),
        re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
        re.compile(r"(?:診察券番号|患者番号|患者ID|カルテ番号)\s*[:：]?\s*[\dA-Z-]{4,}"),
    ),
    "address": (
        re.compile(r"\b\d{1,5}\s+(?:[A-Z][\w.]+\s+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|"
                   r"Court|Way|Place|Square)\b\.?"),
        re.compile(r"\b[A-ZÄÖÜ][\wäöüß-]+(?:straße|strasse|str\.|weg|platz|gasse)\s+\d{1,4}"),
        re.compile(r"〒\s?\d{3}-?\d{4}"),
        re.compile(r"(?:都|道|府|県)[一-龥ァ-ン]{1,6}(?:市|区|町|村)[一-龥ァ-ン]*\d"),
    ),
    "birth date": (
        re.compile(r"(?i)\b(?:DOB|date of birth|birth ?date|born(?: on)?)\s*[:=]?\s*"
                   r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}|"
                   r"[A-Z][a-z]{2,8} \d{1,2}, \d{4})"),
        re.compile(r"(?:生年月日)\s*[:：]?\s*(?:\d{4}|[昭平令]\S{1,3})[年/.-]\s?\d{1,2}[月/.-]\s?\d{1,2}"),
    ),
}  # fmt: skip
#: What columns are called that hold identifiers, by kind; a birth date counts only where it is exact.
_COLUMNS = (
    ("e-mail", re.compile(r"(?i)e[-_ ]?mail")),
    ("phone", re.compile(r"(?i)(?:^|[_ .])(?:tele)?phone|(?:^|[_ .])(?:mobile|fax)(?:$|[_ .])")),
    ("address", re.compile(r"(?i)(?:^|[_ .])(?:street|address|postcode|zip(?:[_ ]?code)?)(?:$|[_ .])")),
    ("record number", re.compile(r"(?i)^(?:mrn|ssn|nhs(?:[_ ]?number)?|passport|medical[_ ]record.*)$")),
    ("record number", re.compile(r"(?i)^hospital[_ ](?:id|number)$")),
    ("name", re.compile(r"(?i)^(?:(?:first|last|family|given|full|middle|maiden|patient|sur)[_ ]?name|name)$")),
    ("birth date", re.compile(r"(?i)^(?:dob|date[_ ]of[_ ]birth|birth[_ ]?da(?:te|y)|brthdtc|brthdt|birthdate)$")),
)  # fmt: skip
_EXACT = r"^\d{4}-\d{2}-\d{2}|^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}$"


def found_in(text: str) -> set[str]:
    """Kinds of identifiers that a text seems to hold."""
    return {kind for kind, patterns in PATTERNS.items() if any(pattern.search(text) for pattern in patterns)}


def scan_file(path: Path, *, texts: Callable[[], list[str]] | None = None) -> pl.DataFrame:
    """Where in a file identifiers seem to stand.

    Parameters
    ----------
    path : pathlib.Path
        A table; of anything else than a table nothing is looked at here.
    texts : callable, optional
        Gives the texts of notes that come in another form.

    Returns
    -------
    polars.DataFrame
        Columns of `biomarker.data.record_tables.PrivacyFindings`: the file, the column, the kind, and in how many of
        the rows that were looked at (the first 100,000).

    Notes
    -----
    **Valid when** identifiers look like such. Names without a title or a label beside them are not found in texts:
    precision and recall are measured by `python -m benchmarks.privacy`.
    """
    rows: list[tuple[str, str, str, str, int, int]] = []
    if texts is not None:
        try:
            told = texts()
        except BiomarkerError:
            told = []
        counts = _counted(pl.Series(told, dtype=pl.String))
        rows += [(path.name, "(text)", kind, "its content", n, len(told)) for kind, n in counts.items()]
    else:
        for column in _words(path):
            rows += _of_column(path.name, column)
    schema = {"file": pl.String, "column": pl.String, "kind": pl.String, "found_by": pl.String, "n": pl.Int64,
              "n_looked_at": pl.Int64}  # fmt: skip
    return PrivacyFindings.validate(pl.DataFrame(rows, schema=schema, orient="row"))


def scan_files(paths: Iterable[Path], settings: object = None, *, base: Path = Path()) -> pl.DataFrame:
    """`scan_file` of every file of a source; notes in another form than a table by their texts, and by their index.

    ``base`` is the folder that the paths of the settings start from.
    """
    from biomarker.ingest.notes import NotesSettings, note_texts

    if isinstance(settings, NotesSettings) and settings.format != "table":
        texts = scan_file(Path(settings.path), texts=lambda: note_texts(settings, base=base))
        return texts if settings.index is None else pl.concat([texts, scan_file(base / settings.index.path)])
    found = [scan_file(path) for path in paths]
    return pl.concat(found).unique(maintain_order=True) if found else scan_file(Path())


def _words(path: Path) -> list[pl.Series]:
    """Columns of a table that hold words, as far as they are looked at; none where it is no table that can be read."""
    if not path.is_file():
        return []
    if path.suffix.lower() in PARQUET:
        try:
            kinds = pl.read_parquet_schema(path)
            names = [name for name, kind in kinds.items() if kind in (pl.String, pl.Date)]
            frame = pl.scan_parquet(path).select(names).head(MOST_ROWS).collect() if names else pl.DataFrame()
        except (pl.exceptions.PolarsError, OSError):
            return []
        return [clean(column) for column in frame]
    try:
        frame = next(text_parts(path)).frame.head(MOST_ROWS)
    except BiomarkerError:  # the source says in its own words what is wrong with its file
        return []
    return [clean(column) for column in frame if column.head(50).cast(pl.Float64, strict=False).null_count()]


def _of_column(file: str, column: pl.Series) -> list[tuple[str, str, str, str, int, int]]:
    known = column.drop_nulls()
    rows = []
    for kind, pattern in _COLUMNS:
        if pattern.search(column.name):
            n = int(known.str.contains(_EXACT).sum()) if kind == "birth date" else len(known)
            rows += [(file, column.name, kind, "its name", n, len(column))] if n else []
            break
    return rows + [(file, column.name, kind, "its content", n, len(column)) for kind, n in _counted(known).items()]


def _counted(texts: pl.Series) -> dict[str, int]:
    """How many texts hold each kind; each different text is looked at once."""
    counts: dict[str, int] = {}
    different = texts.drop_nulls().value_counts()
    for text, n in different.iter_rows():
        for kind in found_in(text) if len(text) > 5 else ():
            counts[kind] = counts.get(kind, 0) + n
    return dict(sorted(counts.items()))


def refuse_identifiers(findings: pl.DataFrame, settings: PrivacySettings) -> None:
    """Raise a `DataError` where identifiers were found and the study file does not want them; none is shown."""
    if settings.identifiers != "refuse" or findings.is_empty():
        return
    places = [
        f"{file}, column {column!r}: {n} of {looked} rows seem to hold a {kind} (by {how})"
        for file, column, kind, how, n, looked in findings.iter_rows()
    ]
    raise DataError("; ".join(places), "Take them out of the file, or say `privacy: {identifiers: report}`.")


# --- pseudonyms and dates ---------------------------------------------------------------------------------------------


def require_key() -> None:
    """Raise unless the key of pseudonyms and shifted dates is in the environment.

    Raises
    ------
    ConfigError
        It is not, or it is short.
    """
    _key()


def _key() -> bytes:
    key = os.environ.get(KEY, "")
    if len(key) < SHORTEST_KEY:
        raise ConfigError(
            f"privacy: pseudonyms and shifted dates need a key of at least {SHORTEST_KEY} characters in ${KEY}",
            f"Set it where the run is started, keep it, and tell nobody: export {KEY}=...",
        )
    return key.encode()


def pseudonym(subject: str) -> str:
    """Keyed hash of a subject's id: the first 16 hexadecimal digits of HMAC-SHA-256, with a letter before."""
    return "s" + hmac.new(_key(), b"id\0" + subject.encode(), hashlib.sha256).hexdigest()[:16]


def days_shifted(subject: str) -> int:
    """Days by which a subject's dates move: 1 to 182, either way, told by the key."""
    number = int.from_bytes(hmac.new(_key(), b"date\0" + subject.encode(), hashlib.sha256).digest()[:8], "big")
    days = number % (2 * MOST_DAYS) - MOST_DAYS
    return days if days < 0 else days + 1


Records = TypeVar("Records", FeatureValues, pl.DataFrame, pl.LazyFrame)


def protected(content: Records, settings: PrivacySettings) -> Records:
    """What a source gave with pseudonyms for ids and dates moved, as far as the study file asks for it.

    Raises
    ------
    ConfigError
        The key is not in the environment, or is short.
    DataError
        Two subjects would have one pseudonym.
    """
    if not settings.keyed:
        return content
    if isinstance(content, FeatureValues):
        if not settings.pseudonyms:
            return content
        names = _pseudonyms(content.subject_ids)
        return replace(content, subject_ids=tuple(names[subject] for subject in content.subject_ids))
    schema = content.lazy().collect_schema()
    if settings.shift_dates:
        moved = {subject: days_shifted(subject) for subject in _different(content, "subject_id")}
        days = pl.col("subject_id").replace_strict(moved, return_dtype=pl.Int64)
        dated = [name for name, kind in schema.items() if kind == pl.Date]
        content = content.with_columns(pl.col(name) + pl.duration(days=days) for name in dated)
    if settings.pseudonyms:
        for name in ("subject_id", "patient"):
            if name in schema:
                names = _pseudonyms(_different(content, name))
                content = content.with_columns(pl.col(name).replace_strict(names, return_dtype=pl.String))
    return content


def _different(content: pl.DataFrame | pl.LazyFrame, column: str) -> list[str]:
    return content.lazy().select(pl.col(column).drop_nulls().unique()).collect().to_series().to_list()


def _pseudonyms(subjects: Iterable[str]) -> dict[str, str]:
    """Pseudonym by id."""
    names = {subject: pseudonym(subject) for subject in subjects}
    if len(set(names.values())) < len(names):
        raise DataError("two subjects would have one pseudonym", f"Change the key in ${KEY}.")
    return names
