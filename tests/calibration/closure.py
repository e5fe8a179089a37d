"""Digest of the code that a piece of work computes with: modules and all of `stats` and `arrays` that they import.

Comments and docstrings do not count: a corrected sentence recomputes nothing.
"""

import ast
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["code_digest"]

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
#: What computes; the types that carry numbers to it change without a change of any number.
COMPUTES = ("biomarker.arrays", "biomarker.stats")


def code_digest(modules: Iterable[str], files: Iterable[Path] = ()) -> str:
    """Digest of the modules, of all that computes and that they import, and of further files."""
    waiting, found = list(modules), set()
    while waiting:
        name = waiting.pop()
        if name not in found and (path := _path(name)) is not None:
            found.add(name)
            waiting += [name for name in _imported(path) if name.startswith(COMPUTES)]
    digest = hashlib.sha256()
    for path in [*(_path(name) for name in sorted(found)), *sorted(files)]:
        digest.update(f"{path.relative_to(ROOT)}\0{_without_words(path)}\0".encode())
    return digest.hexdigest()[:16]


def _path(name: str) -> Path | None:
    base = SOURCE.joinpath(*name.split("."))
    if base.with_suffix(".py").is_file():
        return base.with_suffix(".py")
    return base / "__init__.py" if (base / "__init__.py").is_file() else None


@functools.cache
def _imported(path: Path) -> tuple[str, ...]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("biomarker"):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith("biomarker")]
    return tuple(names)


@functools.cache
def _without_words(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
