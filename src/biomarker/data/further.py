"""Further cohorts: study files that a study names to try its candidates again, read only as far as a plan needs.

Standard library and YAML, which Snakemake brings along, and nothing of this package: the workflow runs this very file
where the science packages may be absent.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

__all__ = ["cohorts"]


def cohorts(paths: Sequence[str], base: Path, own: str) -> list[dict[str, Any]]:
    """Name, modalities and study file of each further cohort.

    Parameters
    ----------
    paths : sequence of str
        Study files, relative to `base`.
    base : Path
        Folder of the study file that names them.
    own : str
        Name of the study itself.

    Raises
    ------
    ValueError
        A file that is not there or is no study file, or a name that stands twice: results would overwrite each other.
    """
    found: list[dict[str, Any]] = []
    for given in paths:
        path = base / given
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            name, modalities = str(content["study"]["name"]), sorted(content["modalities"])
        except OSError:
            raise ValueError(f"replication: {given}: there is no such study file") from None
        except (KeyError, TypeError, UnicodeDecodeError, yaml.YAMLError):
            raise ValueError(f"replication: {given} is no study file: it names no study or no modalities") from None
        if name == own or name in [one["name"] for one in found]:
            raise ValueError(
                f"replication: {given}: the name {name!r} stands twice; give each cohort a name of its own"
            )
        found.append({"name": name, "modalities": modalities, "study": str(path)})
    return found
