"""Which table is that of the subjects, and what each of its columns may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from biomarker.ingest.spelling import clean
from biomarker.operate.draft.columns import Column, words_of
from biomarker.operate.draft.tables import FolderTable
from biomarker.quality.names import later_time, personal

__all__ = ["Roles", "id_column", "roles_of", "subject_table"]

ARM_WORDS = {"arm", "arms", "actarm", "armcd", "treatment", "treat", "trt", "trt01p", "trt01a", "rx", "regimen",
             "therapy"}  # fmt: skip
#: Words of a treatment that came before the study's.
EARLIER = {"prior", "previous", "pre", "before", "history", "received", "last", "first"}
TIME_WORDS = {"os", "pfs", "dfs", "efs", "rfs", "ttp", "dss", "mfs", "dmfs", "time", "days", "months", "weeks", "years",
              "survival", "surv", "followup", "futime", "duration"}  # fmt: skip
#: Words of a time's name that do not say which time it is.
ANY_TIME = {"time", "days", "day", "months", "month", "weeks", "years", "year", "to", "t", "last", "followup",
            "duration", "survival", "surv", "futime", "in"}  # fmt: skip
EVENT = re.compile(r"cens|cnsr|event|status|death|dead|died|relapse|recur|progress|vital|^e(?= )")
COVARIATE = re.compile(
    r"^(?:baseline |patient )?age\b(?! group)"
    r"|\b(?:sex|gender|stage|ecog|karnof\w*|performance|menostat|menopaus\w*|tgrade|grade|histology|region)\b"
)
SITE = re.compile(r"^(?:study ?)?(?:site|centre|center|hospital|clinic)(?: ?(?:id|no|number))?$")
PATIENT = re.compile(r"\b(?:patient|subject|usubjid|person|pt|participant|case)\b|^anonpt")
RESPONSE = {"CR", "PR", "SD", "PD"}
NO_ANSWER = {"NE", "NA", "ND", "NON-CR/NON-PD", "MR", "UNK", "UNKNOWN", "NOT EVALUABLE", "IRSD", "PRU", "CRU", "VGPR"}
CONTINUOUS = re.compile(r"\b(?:change|chg|pchg|shrinkage|reduction)\b|^delta\b")


@dataclass
class Roles:
    """What the columns of the subject table may be, by name, with the evidence where it is not the name alone."""

    id: str | None
    patient: str | None = None
    group: str | None = None
    arms: list[str] = field(default_factory=list)
    times: list[tuple[str, str]] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    covariates: list[str] = field(default_factory=list)
    post_baseline: dict[str, str] = field(default_factory=dict)
    measured: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def id_column(table: FolderTable) -> str | None:
    """The column of identifiers: different in every row, and called so where several are."""
    keys = [name for name, column in table.columns.items() if column.key and not personal(name)]
    named = [name for name in keys if re.search(r"id\b|id$|subj|pat|sample|num|barcode", name.lower())]
    text = [name for name in keys if table.columns[name].kind == "text"]
    return next(iter([*named, *text]), None)


def subject_table(tables: Sequence[FolderTable]) -> FolderTable | None:
    """The table that says most of how subjects did; of several the one that others share, then the narrowest."""

    def weight(table: FolderTable) -> tuple[int, int, int]:
        roles = roles_of(table, id_column(table))
        outcomes = 4 * len(roles.times) + 4 * len(roles.responses) + 2 * len(roles.answers) + len(roles.changes)
        told = outcomes + 3 * bool(roles.arms) + min(2, len(roles.covariates))
        return (told if roles.id is not None else 0), _shared(table, roles.id, tables), -len(table.columns)

    ranked = sorted(tables, key=weight, reverse=True)
    return ranked[0] if ranked and (len(tables) == 1 or any(weight(ranked[0])[:2])) else None


def _shared(table: FolderTable, id: str | None, tables: Sequence[FolderTable]) -> int:
    """Other tables that know at least half of the identifiers."""
    if id is None:
        return 0
    ids = set(table.frame[id].to_list())
    return sum(
        other is not table
        and max(len(ids & set(names)) for names in [other.frame.columns, *_texts(other)]) * 2 >= len(ids)
        for other in tables
    )


def _texts(table: FolderTable) -> list[list[str | None]]:
    return [
        table.frame[name].to_list() for name, column in table.columns.items() if column.kind == "text" or column.key
    ]


def roles_of(table: FolderTable, id: str | None) -> Roles:
    """What each column may be; every column has one role, or stands among those left out with the reason."""
    roles = Roles(id)
    free = {name: column for name, column in table.columns.items() if name != id}
    _take_what_says_nothing(roles, free)
    _take_identifiers(roles, free)
    _take_arms(roles, free)
    _take_outcomes(roles, free)
    _take_later(roles, free, table)
    for name, column in free.items():
        words = " ".join(words_of(name))
        if SITE.search(words) and column.distinct >= 3 and roles.group is None:
            roles.group = name
        elif COVARIATE.search(words) and (column.kind == "number" or column.codes):
            roles.covariates.append(name)
        elif column.key and re.search(r"(?:\b|_)(?:id|no|nr|num|number)$", name.lower()):
            roles.left_out[name] = "a number of its own in every row: an identifier"
        elif _is_time(column):
            roles.left_out[name] = "a time, and no column that says what ended it"
        elif EVENT.search(words) and 2 <= len(column.codes) <= 4:
            roles.left_out[name] = "may say what ended a time"
        elif column.kind == "number":
            roles.measured.append(name)
        else:
            roles.left_out[name] = f"text with {column.distinct} values: a covariate, or a marker with `codes`"
    return roles


def _take_what_says_nothing(roles: Roles, free: dict[str, Column]) -> None:
    for name, column in list(free.items()):
        if personal(name):
            roles.left_out[name] = "the name speaks of a person's identity"
        elif column.kind == "nothing":
            roles.left_out[name] = "empty"
        elif column.commas:
            roles.left_out[name] = "decimals stand behind a comma, so that numbers are read as text"
        elif column.constant and column.known == column.rows:
            roles.left_out[name] = "the same in every row"
        elif column.kind == "date":
            roles.dates.append(name)
        elif name in ("", "rownames"):
            roles.left_out[name] = "a running number"
        else:
            continue
        del free[name]


def _take_identifiers(roles: Roles, free: dict[str, Column]) -> None:
    for name, column in list(free.items()):
        identifies = (
            column.known == column.rows and column.distinct * 2 > column.rows and column.kind in ("text", "number")
        )
        if PATIENT.search(" ".join(words_of(name))) and identifies and (column.kind == "text" or column.whole):
            if column.key or roles.patient is not None:
                roles.left_out[name] = "another identifier"
            else:
                roles.patient = name
        elif column.open_text:
            roles.left_out[name] = f"text with {column.distinct} values in {column.known} rows: an identifier, or words"
        else:
            continue
        del free[name]


def _take_arms(roles: Roles, free: dict[str, Column]) -> None:
    named = [
        name
        for name, column in free.items()
        if ARM_WORDS & (words := set(words_of(name)))
        and not EARLIER & words
        and not later_time(name)
        and len(column.codes) >= 2
    ]
    # that with most arms first: another pools some of them
    roles.arms = sorted(named, key=lambda name: -free[name].distinct)
    for name in named:
        del free[name]


def _take_outcomes(roles: Roles, free: dict[str, Column]) -> None:
    for name, column in list(free.items()):
        values = {code.upper() for code in column.codes}
        if values & {"CR", "PR"} and values & {"SD", "PD"} and values <= RESPONSE | NO_ANSWER:
            roles.responses.append(name)
            del free[name]
    for time in [n for n, c in free.items() if _is_time(c)]:
        event = _event_of(time, free)
        if event is not None:
            roles.times.append((time, event))
            del free[time], free[event]
    for name, column in list(free.items()):
        words = " ".join(words_of(name))
        if len(column.codes) == 2 and re.search(r"\brespon[ds]|\bremission\b|\bpcr\b|\bresponder", words):
            if roles.responses:
                roles.post_baseline[name] = "another column of the response"
            else:
                roles.answers.append(name)
            del free[name]
        elif column.kind == "number" and not column.codes and CONTINUOUS.search(words):
            roles.changes.append(name)
            del free[name]


def _is_time(column: Column) -> bool:
    words = set(words_of(column.name))
    called = bool(words & TIME_WORDS) or words_of(column.name)[:1] == ["t"]
    return column.kind == "number" and not column.codes and column.distinct > 10 and called


def _event_of(time: str, free: dict[str, Column]) -> str | None:
    """The column that says what ended a time: one that shares its words; else one that is of no other time."""
    events = [n for n, c in free.items() if 2 <= len(c.codes) <= 4 and EVENT.search(" ".join(words_of(n)))]
    own = [word for word in words_of(time) if word not in ANY_TIME]
    shared = [name for name in events if any(word in words_of(name) for word in own)]
    if shared:
        return shared[0]
    others = [name for name in events if not set(words_of(name)) & (TIME_WORDS - ANY_TIME)]
    anonymous = others if own else events
    numbers = [name for name in anonymous if free[name].kind == "number"]
    return next(iter([*numbers, *anonymous]), None)


def _take_later(roles: Roles, free: dict[str, Column], table: FolderTable) -> None:
    for name in list(free):
        if words := later_time(name):
            roles.post_baseline[name] = f"the name says {words}"
            del free[name]
    for name, start in _visits(free).items():
        roles.post_baseline[name] = f"a later visit than {start}, by the numbers at their ends"
        del free[name]
    for name, of in _masks(free, list(roles.post_baseline), table).items():
        roles.post_baseline[name] = f"says which rows have {of}"
        del free[name]


def _visits(free: dict[str, Column]) -> dict[str, str]:
    """Columns of one stem and a number, one of which is 0: the others are later visits, unless they count on.

    ``cd40, cd420, cd496`` are weeks 0, 20 and 96 of cd4; ``x0, x1, x2`` are an enumeration.
    """
    visits: dict[str, dict[int, str]] = {}
    for name in free:
        for i in range(1, 4):
            stem, end = name[:-i], name[-i:]
            if end.isdigit() and str(int(end)) == end and any(c.isalpha() for c in stem):
                visits.setdefault(stem, {})[int(end)] = name
    series = (names for names in visits.values() if 0 in names and len(names) > 1 and 1 not in names)
    return {name: names[0] for names in series for number, name in names.items() if number}


def _masks(free: dict[str, Column], later: list[str], table: FolderTable) -> dict[str, str]:
    """Two-valued columns that say no more than whether a later column is known."""
    found = {}
    for name, column in free.items():
        if len(column.codes) != 2:
            continue
        text = clean(table.frame[name])
        first = text == text.drop_nulls().unique().sort()[0]
        for other in later:
            there = clean(table.frame[other]).is_not_null()
            if not there.all() and ((first == there).all() or (first != there).all()):
                found[name] = other
                break
    return found
