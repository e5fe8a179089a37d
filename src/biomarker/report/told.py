"""What the tables say in codes: sentences as a code with its values, and names of the package's own vocabulary."""

import json
import re
from functools import cache
from typing import Any

from biomarker.report.blocks import LONGEST_SENTENCE, Text, clean, number, say
from biomarker.report.facts import Facts
from biomarker.report.words.registry import own_phrases

__all__ = ["design_name", "group_name", "known", "prose", "time_unit", "told", "unit_name"]

_PER_TIME = re.compile(r"events per (.+)")
_DEVIATION = re.compile(r"standard deviation, (.+)")


@cache
def _phrases() -> frozenset[str]:
    return frozenset(own_phrases("en"))


def known(kind: str, name: str) -> Text | str:
    """A name of the package's own in the words of the page's language; a name of the study's own as it is."""
    key = f"{kind}.{name}"
    return say(key) if key in _phrases() else clean(name)


def design_name(name: str) -> Text | str:
    """A design's name."""
    return known("design", name)


def time_unit(name: str) -> Text | str:
    """A unit of time."""
    return known("time", name)


def unit_name(name: str) -> Text | str:
    """A unit of a quantity."""
    if found := _PER_TIME.fullmatch(name):
        return say("unit.per_time", time=time_unit(found[1]))
    if found := _DEVIATION.fullmatch(name):
        return say("unit.deviation", unit=clean(found[1]))
    return known("unit", name)


def group_name(facts: Facts, name: str) -> Text | str:
    """Who is marker-positive, or who is not: above or below the cut-off of the table of the marker."""
    marker = facts.table("trial/marker")
    if marker is None or "label" not in marker.columns:
        return clean(name)
    row = marker.row(0, named=True)
    label = row["label"] or ""
    cutoffs = marker.filter(quantity="cutoff")
    if cutoffs.is_empty() or name not in (row["positive"], row["negative"]):
        return clean(name)
    side = next((side for side in ("above", "at or below") if name.startswith(f"{label} {side} ")), None)
    if side is None:
        return clean(name)
    cut = cutoffs.row(0, named=True)
    unit = say("group.unit", unit=clean(cut["unit"])) if cut["unit"] else say("nothing")
    key = "group.above" if side == "above" else "group.below"
    return say(key, name=clean(label), cutoff=number(cut["value"]), unit=unit)


def prose(text: str) -> Text:
    """A sentence that was made where the numbers are."""
    return say("designs.text", text=text)


def told(facts: Facts, said: str | None, text: str) -> Text:
    """A sentence of a table: by its code and values, or as it stands where it has none that this page knows."""
    if not said:
        return prose(text)
    made = _text(facts, json.loads(said))
    return made if isinstance(made, dict) else prose(text)


def _text(facts: Facts, value: Any, name: str = "") -> Any:
    """A value of a sentence, cleaned; None where it is a code that this page has no words for."""
    if isinstance(value, dict):
        if value.get("say") not in _phrases():
            return None
        values = {key: _text(facts, one, key) for key, one in value["with"].items()}
        return None if any(one is None for one in values.values()) else say(value["say"], **values)
    if isinstance(value, list):
        made = [_text(facts, one, name) for one in value]
        return None if any(one is None for one in made) else made
    if isinstance(value, str):
        return _named(facts, name, value)
    return number(value)


def _named(facts: Facts, name: str, value: str) -> Text | str:
    """A name within a sentence, by what it is the name of."""
    if name in ("positive", "negative"):
        return group_name(facts, value)
    kinds = {"unit": "time", "strategy": "strategy", "best": "strategy"}
    if name == "text":
        return clean(value, longest=LONGEST_SENTENCE)
    return known(kinds.get(name, "label"), value)
