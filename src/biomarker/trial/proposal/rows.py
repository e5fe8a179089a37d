"""Rows of the table of designs: what all of them have, and those without numbers."""

from typing import Any

__all__ = ["design_base", "without_numbers"]

Row = dict[str, Any]


def design_base(design: str, title: str, basis: str = "raw", **values: Any) -> Row:
    """A row with what is the same in most: one look, possible, not recommended."""
    return {
        "design": design,
        "title": title,
        "basis": basis,
        "n_looks": 1,
        "status": "ok",
        "reason": None,
        "feasible": None,
        "recommended": False,
        "convention": "",
        "cases": [],
        **values,
    }


def without_numbers(design: str, title: str, basis: str, status: str, reason: str) -> Row:
    """A design that has no numbers, and why."""
    return design_base(design, title, basis, status=status, reason=reason)
