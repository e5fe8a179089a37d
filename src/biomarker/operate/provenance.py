"""What a result file says of where it came from."""

import json
from collections.abc import Iterator
from pathlib import Path

from biomarker.data.tables import read_metadata
from biomarker.errors import ConfigError, SchemaError

__all__ = ["describe"]


def describe(file: Path) -> Iterator[str]:
    """Lines for people: version, code, lock, settings, inputs with checksums.

    Raises
    ------
    ConfigError
        The file is not there.
    SchemaError
        It is no result of this package.
    """
    if not file.is_file():
        raise ConfigError(f"{file} does not exist", "Give a Parquet file of a run's results.")
    if file.suffix != ".parquet":
        raise SchemaError(f"{file} is no Parquet file", "Give a Parquet file of a run's results.")
    facts = read_metadata(file)
    if "provenance_id" not in facts:
        raise SchemaError(f"{file} carries no provenance", "Give a Parquet file of a run's results.")
    for name in ("provenance_id", "package", "schema", "schema_version", "code", "lock"):
        if name in facts:
            yield f"{name:15} {facts[name]}"
    yield "settings"
    yield from (
        f"  {line}" for line in json.dumps(json.loads(facts["settings"]), indent=1, ensure_ascii=False).splitlines()
    )
    yield "inputs (SHA-256)"
    yield from (f"  {checksum}  {name}" for name, checksum in json.loads(facts["inputs"]).items())
