"""Which identifiers can be looked for in what leaves the study, and which would be met by chance."""

import re
from collections.abc import Iterable

__all__ = ["SHORTEST", "searchable", "unsearched_warning"]

#: Identifiers shorter than this, and plain numbers, are not looked for: any page holds some by chance.
SHORTEST = 6
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def searchable(ids: Iterable[str]) -> set[str]:
    """Those identifiers that are looked for in reports and bundles."""
    return {one for one in map(str, ids) if len(one) >= SHORTEST and not _is_number(one)}


def unsearched_warning(ids: Iterable[str]) -> str:
    """What to say of identifiers that are not looked for; empty where all are. None is shown."""
    every = set(map(str, ids))
    n = len(every) - len(searchable(every))
    if not n:
        return ""
    return (
        f"subjects: {n} of {len(every)} identifiers are plain numbers or shorter than {SHORTEST} characters: reports "
        "and bundles are not searched for them, and keep them out only by what they are made of. With `privacy: "
        "{pseudonyms: true}` every subject has an identifier that is searched for"
    )


def _is_number(text: str) -> bool:
    """A plain one: ``12E345`` is a subject of site 12, whatever a computer could read in it."""
    return _NUMBER.fullmatch(text) is not None
