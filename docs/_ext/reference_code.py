"""Statements that the documentation takes from docstrings, registries and settings of the code."""

import importlib
import inspect
import re
import tomllib
from pathlib import Path

from pieces import code, table

from biomarker.discovery.registry import METHODS, MODERATED_METHODS
from biomarker.stats.estimate import Status

__all__ = ["benchmark_results", "layers", "methods", "source_benchmarks", "statuses", "validity"]

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(?<![(<\w/])(https?://\S+?|doi:10\.\S+?)(?=[.,;)]*(?:\s|$))")


def validity(name: str) -> str:
    """What a function's docstring says under Notes and References, boxed."""
    module, _, attribute = name.rpartition(".")
    function = getattr(importlib.import_module(module), attribute)
    sections = _sections(inspect.getdoc(function) or "")
    notes = sections["Notes"].replace("**Valid when**", "Valid when")
    parts = [f":::{{admonition}} `{name}`\n{_linked(notes)}"]
    if "References" in sections:
        parts.append(f"Reference: {_linked(sections['References'])}")
    return "\n\n".join(parts) + "\n:::"


def statuses() -> str:
    """Why a feature has no estimate."""
    rows = [[code(status.name.lower()), status.reason] for status in Status if status.reason]
    return table(["`status`", "`reason`"], rows)


def methods() -> str:
    """The screening methods as result tables name them."""
    rows = [
        [kind, method.name, method.effect_scale, method.name_interaction, method.effect_scale_interaction]
        for kind, method in sorted([*METHODS.items(), *MODERATED_METHODS.items()], key=lambda pair: pair[0])
    ]
    return table(["Endpoint", "`method`", "`effect_scale`", "`method`, interaction", "`effect_scale`"], rows)


def layers() -> str:
    """The layers as the import contract has them, uppermost first; each may import what stands below it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    there = {path.name.removesuffix(".py") for path in (ROOT / "src" / "biomarker").iterdir()}
    lines = []
    for layer in contract["layers"]:
        names = [name.strip(" ()") for name in re.split(r"[|:]", layer)]
        kept = [code(name) for name in names if name in there and not name.startswith("__")]
        lines += [f"{len(lines) + 1}. {', '.join(kept)}"] if kept else []
    return "\n".join(lines)


def benchmark_results() -> str:
    """The committed result of `make bench`, its headings kept below the page's own."""
    path = ROOT / "benchmarks" / "RESULTS.md"
    if not path.is_file():
        return "`make bench` writes `benchmarks/RESULTS.md`, which this page then shows."
    return path.read_text(encoding="utf-8").removeprefix("# Benchmarks\n")


def source_benchmarks() -> str:
    """The committed result of `python -m benchmarks.sources`, without its title."""
    path = ROOT / "benchmarks" / "SOURCES.md"
    if not path.is_file():
        return "`python -m benchmarks.sources` writes `benchmarks/SOURCES.md`, which this page then shows."
    return path.read_text(encoding="utf-8").removeprefix("# Sources\n")


def _sections(doc: str) -> dict[str, str]:
    """Sections of a numpydoc docstring by title."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}\n", doc, flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def _linked(text: str) -> str:
    """DOIs and addresses as links."""

    def link(match: re.Match[str]) -> str:
        given = match[1]
        address = given if given.startswith("http") else "https://doi.org/" + given.removeprefix("doi:")
        return f"[{address.removeprefix('https://')}]({address})"

    return _LINK.sub(link, text)
