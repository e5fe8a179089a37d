"""The cohort on disk: one table of subjects, one of endpoints, each with what its columns mean."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Endpoint, Ordinal, Survival
from biomarker.data.files import atomic_path
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import read_metadata
from biomarker.data.treatment import Comparison, Treatment
from biomarker.errors import SchemaError

__all__ = ["read_cohort", "read_endpoints", "read_groups", "read_subjects", "write_endpoints", "write_subjects"]

COVARIATE_PREFIX = "cov_"
TYPES: dict[str, Callable[..., Endpoint]] = {kind.type: kind for kind in (Binary, Continuous, Ordinal, Survival)}


def write_subjects(
    table: pl.DataFrame,
    path: Path,
    *,
    treatment: Mapping[str, Any] | None,
    keep_missing: Sequence[str],
    provenance: Mapping[str, str],
    every_sample: bool = False,
) -> None:
    """Store subjects: ``subject_id``, ``patient``, ``group``, ``arm``, ``cov_<name>``, ``date_<column>``.

    ``treatment`` holds ``comparisons`` (pairs of active and control arm), ``assignment`` and ``probability``;
    ``keep_missing`` names the covariates whose missing values are kept; ``every_sample`` says that patients may have
    several rows, all of which are analysed.
    """
    about = {"treatment": treatment, "keep_missing": list(keep_missing)} | (
        {"every_sample": True} if every_sample else {}
    )
    meta = json.dumps(about, ensure_ascii=False)
    with atomic_path(path) as partial:
        table.write_parquet(partial, metadata={"schema": "Subjects", "cohort": meta, **provenance})


def write_endpoints(
    subject_ids: Sequence[str], endpoints: Sequence[Endpoint], path: Path, *, provenance: Mapping[str, str]
) -> None:
    """Store endpoints: a column each, and a second one with the suffix ``.event`` where it is a survival endpoint."""
    columns: dict[str, Any] = {"subject_id": list(subject_ids)}
    meta = []
    for endpoint in endpoints:
        columns[endpoint.name] = endpoint.values
        about = {"name": endpoint.name, "label": endpoint.label, "type": endpoint.type}
        if isinstance(endpoint, Survival):
            columns[f"{endpoint.name}.event"] = endpoint.event
        for extra in ("unit", "better", "levels"):
            if hasattr(endpoint, extra):
                about[extra] = getattr(endpoint, extra)
        meta.append(about)
    table = pl.DataFrame(columns, nan_to_null=True)
    with atomic_path(path) as partial:
        stored = {"schema": "Endpoints", "endpoints": json.dumps(meta, ensure_ascii=False), **provenance}
        table.write_parquet(partial, metadata=stored)


def read_subjects(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The subject table and what `write_subjects` stored beside it."""
    meta = read_metadata(path)
    if meta.get("schema") != "Subjects":
        raise SchemaError(f"{path} is no table of subjects")
    return pl.read_parquet(path), json.loads(meta["cohort"])


def read_groups(path: Path) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Code of what is never split across folds, (n_subjects,): the group, else the patient, else each subject alone."""
    table, _ = read_subjects(path)
    names = [name for name in ("group", "patient") if name in table.columns]
    own = pl.concat_str(pl.lit("subject "), "subject_id")
    labels = pl.coalesce([*(pl.concat_str(pl.lit(f"{name} "), name) for name in names), own])
    codes = table.select(labels.rank("dense")).to_series().to_numpy()
    return (codes - 1).astype(np.int64)


def read_endpoints(path: Path) -> tuple[Endpoint, ...]:
    """The endpoints that `write_endpoints` stored."""
    meta = read_metadata(path)
    if meta.get("schema") != "Endpoints":
        raise SchemaError(f"{path} is no table of endpoints")
    table = pl.read_parquet(path)
    endpoints = []
    for about in json.loads(meta["endpoints"]):
        values = {"values": _numbers(table, about["name"])}
        if about["type"] == "survival":
            values["event"] = _numbers(table, f"{about['name']}.event")
        rest = {key: tuple(v) if isinstance(v, list) else v for key, v in about.items() if key != "type"}
        endpoints.append(TYPES[about["type"]](**rest, **values))
    return tuple(endpoints)


def read_cohort(subjects: Path, endpoints: Path, matrices: Mapping[str, Path], *, every_sample: bool = False) -> Cohort:
    """The cohort with handles to its feature matrices, by modality.

    Where patients have several samples, only whoever asks for `every_sample` gets the endpoints of all, with
    ``patients`` saying whose each is. For others the first sample of each patient alone has endpoints: what takes rows
    for independent subjects is right as it is.
    """
    table, meta = read_subjects(subjects)
    treatment = meta["treatment"]
    found, patients = read_endpoints(endpoints), None
    if meta.get("every_sample") and not table["patient"].is_unique().all():
        if every_sample:
            patients = table["patient"].rank("dense").to_numpy().astype(np.int64)
        else:
            further = ~table["patient"].is_first_distinct().to_numpy()
            found = tuple(_without(endpoint, further) for endpoint in found)
    covariates = [name for name in table.columns if name.startswith(COVARIATE_PREFIX)]
    return Cohort(
        subject_ids=tuple(table["subject_id"].to_list()),
        covariates=table.select(pl.col(name).alias(name.removeprefix(COVARIATE_PREFIX)) for name in covariates)
        if covariates
        else pl.DataFrame(height=table.height),
        endpoints=found,
        treatment=None
        if treatment is None
        else Treatment(
            arms=tuple(table["arm"].to_list()),
            comparisons=tuple(Comparison(*pair) for pair in treatment["comparisons"]),
            assignment=treatment["assignment"],
            probability=treatment["probability"],
        ),
        keep_missing=tuple(meta["keep_missing"]),
        patients=patients,
        matrices={name: FeatureMatrix.open(path) for name, path in matrices.items()},
    )


def _without(endpoint: Endpoint, left_out: "np.ndarray[Any, np.dtype[np.bool_]]") -> Endpoint:
    """The endpoint, missing in some subjects."""
    values = np.where(left_out, np.nan, endpoint.values)
    if isinstance(endpoint, Survival):
        return replace(endpoint, values=values, event=np.where(left_out, np.nan, endpoint.event))
    return replace(endpoint, values=values)


def _numbers(table: pl.DataFrame, name: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
