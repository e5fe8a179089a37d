"""``modalities``: what was measured; a name of one's own, a type the package knows."""

from functools import cache
from typing import Any

from biomarker.config.base import Section, model_of

__all__ = ["source_models"]


@cache
def source_models() -> dict[str, type[Section]]:
    """Section model of each known source type; made from the sources' own settings."""
    from biomarker.ingest.registry import SOURCES  # the study file is also read where no source is needed

    return {name: model_of(source.settings) for name, source in sorted(SOURCES.items())}


def without_type(given: dict[str, Any]) -> dict[str, Any]:
    """A modality's settings without the key that chose the source."""
    return {key: value for key, value in given.items() if key != "type"}
