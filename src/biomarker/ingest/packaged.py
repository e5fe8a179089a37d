"""Files inside installed packages: `package:NAME/path/in/it` in place of a path of one machine.

Standard library only and nothing of this package, because the workflow's rules run this very file where the science
packages may be absent (`rules/common.smk`).
"""

import importlib.util
from pathlib import Path

__all__ = ["PREFIX", "packaged_file"]

PREFIX = "package:"


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
