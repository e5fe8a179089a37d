"""What a column's name gives away: a day after treatment began, an outcome, or a person."""

import re

__all__ = ["later_time", "personal"]

_TIMES = (
    r"(?:week|weeks|wk) ?0*[1-9]\d*",
    r"(?:month|months|mth) ?0*[1-9]\d*",
    r"(?:visit|cycle) ?0*(?:[2-9]|[1-9]\d+)",
    r"day ?0*(?:[2-9]|[1-9]\d+)",
    r"(?<=\w )w0*[1-9]\d{0,2}$",
    r"(?<=\w )d0*(?:[7-9]|[1-9]\d{1,2})$",
    r"c0*(?:[2-9]|1\d)d\d+",
    r"c0*1d0*(?:[2-9]|[1-9]\d)",
)
_WORDS = (
    r"(?:^|(?<=\w ))post$",
    r"post ?(?:treatment|treat|trt|tx|baseline|base|dose|op|operative|surgery|therapy|randomi[sz]ation)",
    r"end of (?:treatment|therapy|study)",
    r"eot",
    r"(?:change|pct change|percent change) from (?:baseline|base)",
    r"p?chg|cfb",
    r"follow ?up",
    r"nadir",
    r"off ?(?:treatment|treat|trt|tx|drug|study|therapy)",
    r"on (?:treatment|trt|drug|therapy)",
    r"discontinu\w*",
    r"time to \w+",
    r"(?:overall|progression free|disease free|event free) survival",
    r"last (?:visit|contact|follow ?up|dose)",
    r"subsequent (?:therapy|treatment)",
    # as the whole name or nearly: a pathway's name may end in a response, a death or a progression
    r"^(?:is |had |any |binary |best |confirmed |overall |objective |clinical |tumou?r |treatment |complete |partial )*"
    r"(?:response|responders?|responded)$",
    r"^(?:is |had |any |disease |tumou?r )*(?:progression|progressed|relapsed?|recurrence|death|died|dead|deceased)$",
)
_LATER = re.compile(rf"\b(?:{'|'.join((*_TIMES, *_WORDS))})(?!\w)")
#: Words that say that what follows was before: a history, not a course.
_BEFORE = re.compile(r"\b(?:prior|previous|before|history|pre|screening|baseline|at diagnosis)\b")

_PERSONAL = re.compile(
    r"\b(?:(?:first|last|family|given|full|middle|maiden|patient|subject|person|participant)s? ?names?"
    r"|^name$|surname|forename|initials|mrn|ssn|nhs(?: number)?|(?:date of )?birth ?(?:date|day)|date of birth|dob"
    r"|phone|telephone|e ?mail|(?:street|home|postal)? ?address|zip(?: ?code)?|postcode|passport"
    r"|medical record|hospital (?:id|number)|brthdtc)\b"
)


def _words(name: str) -> str:
    """A name in lower case, its parts apart: ``cd4_Week20`` and ``cd4.week.20`` are ``cd4 week20``, ``cd4 week 20``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z](?!\d))", " ", name)
    return " ".join(re.split(r"[^0-9A-Za-z]+", apart)).strip().lower()


def later_time(name: str) -> str:
    """The words of a column's name that speak of a time after treatment began; empty where none does.

    Examples
    --------
    >>> later_time("CD4_week20"), later_time("prior_progression"), later_time("POSTN")
    ('week20', '', '')
    """
    words = _words(name)
    found = _LATER.search(words)
    if found is None:
        return ""
    change = "from base" in found.group()
    return "" if not change and _BEFORE.search(words.replace(found.group(), " ")) else found.group()


def personal(name: str) -> bool:
    """Whether a column's name says that it identifies a person by more than a study's id."""
    return _PERSONAL.search(_words(name)) is not None
