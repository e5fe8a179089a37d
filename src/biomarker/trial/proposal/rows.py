"""Rows of a proposal: what all designs have, those without numbers, and sentences with the codes behind them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Line", "design_base", "numbered", "said", "without_numbers"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a recommendation.

    Attributes
    ----------
    kind, text : str
    said : dict, optional
        The text as `said` gives it; None where no page prints it.
    """

    kind: str
    text: str
    said: Row | None = None


def said(code: str, **values: Any) -> Row:
    """A sentence as a code and the values that it mentions, so that a page can say it in its own language."""
    return {"say": code, "with": values}


def numbered(lines: Sequence[Line]) -> list[Row]:
    """Rows of the recommendation, in their order."""
    return [
        {
            "order": i + 1,
            "kind": line.kind,
            "text": line.text,
            "said": None if line.said is None else json.dumps(line.said, sort_keys=True, allow_nan=False),
        }
        for i, line in enumerate(lines)
    ]


def design_base(design: str, title: str, basis: str = "raw", **values: Any) -> Row:
    """A row with what is the same in most: one look, possible, not recommended."""
    return {
        "design": design,
        "title": title,
        "basis": basis,
        "n_looks": 1,
        "status": "ok",
        "reason": None,
        "reason_code": None,
        "feasible": None,
        "recommended": False,
        "convention": "",
        "cases": [],
        **values,
    }


def without_numbers(design: str, title: str, basis: str, status: str, reason: str, code: str | None = None) -> Row:
    """A design that has no numbers, and why; a reason that is no message of an error has a code."""
    return design_base(design, title, basis, status=status, reason=reason, reason_code=code)
