"""Fix a study's analysis before its endpoints are read: digests of study file, code and input files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biomarker.config.load import load_study, read_yaml
from biomarker.data.files import sha256_of
from biomarker.data.history import append, differences, lock_file, read, state
from biomarker.errors import ConfigError
from biomarker.ingest.packaged import PREFIX, packaged_file
from biomarker.provenance import package_folder, project_folder

__all__ = ["lock_study"]


def lock_study(study: Path, *, directory: Path, again: bool = False) -> Iterator[str]:
    """Note the digests of a study file, of the code and of every file the study names, and say so in lines.

    No file that the study names is opened but to compute its checksum.

    Parameters
    ----------
    study : Path
        The study file; its locks are kept beside it.
    directory : Path
        Where ``results/`` would be: a lock that is made when results are there already says so.
    again : bool
        Lock anew although an earlier lock differs; both stay on record.

    Raises
    ------
    ConfigError
        The study file is wrong, a file it names is not there, or it is locked already and has changed since.
    """
    settings = load_study(study)
    content = {key: value for key, value in read_yaml(study).items() if value is not None}
    now: dict[str, Any] = {
        **state(content, package_folder(), project_folder()),
        "inputs": {} if settings.simulate is not None else dict(_inputs(content, study.resolve().parent)),
    }
    path = lock_file(study)
    before, broken = read(path)
    if broken:
        raise ConfigError(
            f"{path}: line {broken} was changed, or a line before it was taken out",
            "A lock that can be changed proves nothing: keep the file for the record and lock a copy of the study.",
        )
    if before:
        changed = [*differences(before[-1], now), *_changed_files(before[-1]["inputs"], now["inputs"])]
        if not changed:
            yield f"locked on {before[-1]['time']}; nothing has changed since"
            return
        if not again:
            raise ConfigError(
                f"{study} was locked on {before[-1]['time']} and has changed since: {', '.join(changed)}",
                "To lock it as it is now: --again. The earlier lock stays on record, and the report names both.",
            )
        yield f"changed since the lock of {before[-1]['time']}: {', '.join(changed)}"
    seen = (directory / "results" / settings.study.name / "candidates.parquet").is_file()
    entry = append(path, "locked", {**now, "results_existed": seen})
    files = f" and {len(now['inputs'])} input files" if now["inputs"] else ""
    yield f"locked on {entry['time']}: {len(now['sections'])} sections, code{files} -> {path}"
    if seen:
        yield "warning: results of this study were there already; the lock says so, and so will the report"


def _inputs(node: Any, base: Path) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for item in node:
            yield from _inputs(item, base)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "path" and isinstance(value, str):
                yield value, _checksum(value, base)
            else:
                yield from _inputs(value, base)


def _checksum(name: str, base: Path) -> str:
    try:
        path = packaged_file(name) if name.startswith(PREFIX) else base / name
    except LookupError as error:
        raise ConfigError(error.args[0], "Install the package, or correct the path.") from None
    if not path.exists():
        raise ConfigError(f"{path} does not exist", "Correct the path in the study file.")
    return sha256_of(path)


def _changed_files(then: dict[str, str], now: dict[str, str]) -> list[str]:
    return [f"file {name}" for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
