"""From the study file's ``quality`` to what the laboratories behind it know: files read, settings as plain values."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biomarker.config.base import settings_part
from biomarker.config.quality import Controls, Quality
from biomarker.errors import ConfigError
from biomarker.features.labs import records_in_window
from biomarker.features.registry import BUILDERS
from biomarker.features.window import WindowSettings
from biomarker.ingest.laboratory_files import read_controls, read_experiment
from biomarker.quality.control_runs import ControlRuns
from biomarker.quality.judge import Laboratory
from biomarker.quality.methods import Methods
from biomarker.quality.patient_runs import DeltaSettings, MovingSettings

if TYPE_CHECKING:
    import polars as pl

__all__ = ["laboratory_of"]


def laboratory_of(
    quality: Quality,
    dated: "Mapping[str, pl.DataFrame | pl.LazyFrame]",
    modalities: Mapping[str, Mapping[str, Any]],
    subjects: "pl.DataFrame",
) -> Laboratory:
    """Read the laboratory's files.

    Parameters
    ----------
    quality : Quality
        With paths that exist.
    dated : mapping of modality to polars.DataFrame or polars.LazyFrame
        Records with tests, values and dates.
    modalities : mapping
        Sections of the study file.
    subjects : polars.DataFrame
        The subject table.

    Raises
    ------
    ConfigError
        A modality has no dated results of tests, or no window.
    SchemaError, DataError
        A file cannot be read.
    """
    for key in ("controls", "patients", "delta"):
        for name in getattr(quality, key):
            if name not in dated:
                raise ConfigError(
                    f"quality.{key} names {name!r}, whose source gives no results of tests with dates",
                    f"Such modalities of this study: {', '.join(dated) or 'none'}.",
                )
    deltas = {}
    for name, delta in quality.delta.items():
        settings: Any = settings_part(BUILDERS[modalities[name]["type"]].settings, modalities[name])
        if not isinstance(settings, WindowSettings):
            raise ConfigError(f"quality.delta names {name!r}, which has no window", "Name a modality of laboratories.")
        records = records_in_window(dated[name], settings, subjects=subjects)
        deltas[name] = (records, DeltaSettings(limits=delta.limits, within_days=delta.within_days))
    return Laboratory(
        controls={name: _controls(given, f"quality.controls.{name}") for name, given in quality.controls.items()},
        moving={name: MovingSettings(**given.model_dump()) for name, given in quality.patients.items()},
        deltas=deltas,
        methods=_methods(quality),
    )


def _controls(given: Controls, key: str) -> ControlRuns:
    words = {"test": given.test, "level": given.level} | ({"group": given.group} if given.group else {})
    numbers = {"value": given.value}
    numbers |= {name: column for name in ("target", "sd") if (column := getattr(given, name)) is not None}
    results = read_controls(Path(given.path), words=words, numbers=numbers, date=given.date, run=given.run, key=key)
    return ControlRuns(results=results, in_control=given.in_control, rules=given.rules)


def _methods(quality: Quality) -> Methods:
    precision = comparison = reference = None
    if (one := quality.precision) is not None:
        words = {"test": one.test, "day": one.day, "run": one.run}
        precision = read_experiment(Path(one.path), words=words, numbers={"value": one.value}, key="quality.precision")
    if (pair := quality.comparison) is not None:
        numbers = {"x": pair.x, "y": pair.y}
        comparison = read_experiment(
            Path(pair.path), words={"test": pair.test}, numbers=numbers, key="quality.comparison"
        )
    if (people := quality.reference) is not None:
        words = {"test": people.test} | ({"group": people.group} if people.group else {})
        reference = read_experiment(
            Path(people.path), words=words, numbers={"value": people.value}, key="quality.reference"
        )
    return Methods(
        precision=precision,
        comparison=comparison,
        line=pair.method if pair else "passing-bablok",
        ratio=pair.ratio if pair else 1.0,
        reference=reference,
        population=people.population if people else "healthy",
        allowed_error=quality.allowed_error,
    )
