"""``modalities``: what was measured; a name of one's own, a type the package knows."""

from functools import cache
from typing import Any

from biomarker.config.base import Section, model_of

__all__ = ["source_models", "without_type"]


@cache
def source_models() -> dict[str, type[Section]]:
    """Section model of each known type, made from the settings of its source and of its feature builder."""
    from biomarker.features.registry import BUILDERS
    from biomarker.ingest.registry import SOURCES

    return {name: model_of(source.settings, BUILDERS[name].settings) for name, source in sorted(SOURCES.items())}


def without_type(given: dict[str, Any]) -> dict[str, Any]:
    """A modality's settings without the key that chose the source."""
    return {key: value for key, value in given.items() if key != "type"}
