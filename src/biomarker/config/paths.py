"""The paths of a study file as they are on this machine."""

from typing import Any

from biomarker.config.file import StudyFile
from biomarker.errors import ConfigError
from biomarker.ingest.packaged import PREFIX, packaged_file

__all__ = ["with_packaged_files"]


def with_packaged_files(study: StudyFile) -> StudyFile:
    """The study with every `package:NAME/path` replaced by the file that it names.

    Raises
    ------
    ConfigError
        The package or the file is not there.
    """
    return StudyFile.model_validate(_located(study.model_dump(by_alias=True, exclude_unset=True)))


def _located(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return [_located(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _file(value) if _is_packaged(key, value) else _located(value) for key, value in node.items()}


def _is_packaged(key: str, value: Any) -> bool:
    return key == "path" and isinstance(value, str) and value.startswith(PREFIX)


def _file(path: str) -> str:
    try:
        return str(packaged_file(path))
    except LookupError as error:
        raise ConfigError(error.args[0], "Install the package, or correct the path.") from None
