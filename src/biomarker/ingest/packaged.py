"""What stands in place of a path: `package:NAME/path/in/it`, a file of an installed package; `postgresql:SCHEMA`.

Standard library only and nothing of this package, because the workflow's rules run this very file where the science
packages may be absent (`rules/common.smk`).
"""

import hashlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

__all__ = ["DATABASE", "PREFIX", "folder_marks", "is_database", "packaged_file"]

PREFIX = "package:"
#: In place of a path: a schema of the PostgreSQL server that the environment names (PGHOST, PGUSER, PGPASSWORD, ...).
DATABASE = "postgresql:"


def is_database(path: str) -> bool:
    """Whether a path names no file but a schema of a database."""
    return path.startswith(DATABASE)


def packaged_file(path: str) -> Path:
    """The file that `package:NAME/path/in/it` names; the package is looked up and not imported.

    Raises
    ------
    LookupError
        The path is not of that form, or the package or the file in it is not there; its text says which.
    """
    name, _, inside = path.removeprefix(PREFIX).partition("/")
    if not name.isidentifier() or not inside or ".." in Path(inside).parts:
        raise LookupError(f"{path}: not of the form {PREFIX}NAME/path/in/the/package")
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise LookupError(f"{path}: there is no package {name} in this Python")
    files = (Path(folder) / inside for folder in found.submodule_search_locations)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise LookupError(f"{path}: the package {name} that is installed has no file {inside}")
    return file.resolve()


def folder_marks(paths: Iterable[str]) -> str:
    """Changes when a file does in a folder that is given as one input, whose own time says nothing of that."""
    folders = [Path(path) for path in paths if Path(path).is_dir()]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    stats = [f"{file}\0{file.stat().st_size}\0{file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join(stats).encode()).hexdigest()[:16] if folders else ""
