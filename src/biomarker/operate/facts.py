"""What the tables of a finished run say of where they came from, put together."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarker.config.file import StudyFile
from biomarker.data.records import made, read_records
from biomarker.data.tables import read_metadata
from biomarker.errors import ConfigError

__all__ = ["RunFacts", "facts_of"]

SECTIONS = frozenset(StudyFile.model_fields)


@dataclass(frozen=True)
class RunFacts:
    """One run, as its own tables describe it.

    Attributes
    ----------
    results : Path
        Folder of the study's results.
    package : str
        Name and version of what wrote them.
    lock : str
        SHA-256 of the file that pins every dependency.
    code : mapping of job to digest
        Of the package files that the job ran.
    settings : mapping of key to value
        ``rank.q`` and the like, as the jobs were handed them; values as JSON.
    inputs : mapping of name to SHA-256
        The study's own files: whatever a job read and no job made.
    """

    results: Path
    package: str
    lock: str
    code: Mapping[str, str]
    settings: Mapping[str, str]
    inputs: Mapping[str, str]


def facts_of(results: Path) -> RunFacts:
    """Put together what the tables of a run carry.

    Raises
    ------
    ConfigError
        The folder holds no finished run.
    """
    tables = dict(_tables(results))
    if not (results / "candidates.parquet").is_file() or not tables:
        raise ConfigError(
            f"{results} holds no finished run", "Give the folder of a study's results: results/<study name>."
        )
    own = {file.sha256 for file in made(results).values()}
    settings: dict[str, str] = {}
    inputs: dict[str, str] = {}
    for job, metadata in tables.items():
        settings |= {
            key: value
            for key, value in _keys(_placed(json.loads(metadata["settings"])))
            if key.split(".")[0] in SECTIONS
        }
        for name, checksum in json.loads(metadata["inputs"]).items():
            if checksum not in own:
                inputs[f"{job}: {name.partition(': ')[2]}"] = checksum
    first = tables[sorted(tables)[0]]
    return RunFacts(
        results=results,
        package=first["package"],
        lock=first["lock"],
        code={job: metadata["code"] for job, metadata in tables.items()},
        settings=settings,
        inputs=inputs,
    )


def _tables(results: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each job, with what the first table that it wrote carries."""
    for record in read_records(results).values():
        for name in sorted((record or {}).get("outputs", {})):
            if name.endswith(".parquet") and (results / name).is_file():
                metadata = read_metadata(results / name)
                if "provenance_id" in metadata:
                    yield (record or {})["stage"], metadata
                    break


def _placed(settings: dict[str, Any]) -> dict[str, Any]:
    """A modality's settings under its name, and the seed under its own, as they stand in the study file."""
    name = settings.pop("modality", None)
    if settings.get("seed"):  # 0: that job draws nothing
        settings["study"] = {"seed": settings.pop("seed")}
    if "source" in settings:
        settings["modalities"] = {name: settings.pop("source")}
    return settings


def _keys(node: Any, above: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _keys(value, f"{above}.{key}" if above else str(key))
    else:
        yield above, json.dumps(node, ensure_ascii=False, sort_keys=True)
