"""What a stage is handed, and the record it leaves of how it ran."""

import json
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biomarker import provenance
from biomarker.data.files import write_json
from biomarker.data.records import describe, require_as_made
from biomarker.errors import ConfigError
from biomarker.ingest.packaged import is_database

if TYPE_CHECKING:
    from biomarker.arrays import Device

__all__ = ["Job", "run_job", "with_paths"]


@dataclass(frozen=True)
class Job:
    """One stage's work.

    Attributes
    ----------
    stage : str
        Name of the module in `biomarker.stages`.
    results : Path
        Folder of the study's results.
    inputs, outputs : mapping of name to path
    settings : mapping
        The sections of the study file that this stage reads.
    code : str
        Digest of the package files that the stage runs, as the workflow computed it.
    label : str
        Stage with its wildcards, names the run record.
    started : datetime
    """

    stage: str
    results: Path
    inputs: Mapping[str, Path]
    outputs: Mapping[str, Path]
    settings: Mapping[str, Any]
    code: str
    label: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def provenance(self) -> dict[str, str]:
        """What every table written by this job carries."""
        return provenance.collect(self.inputs, self.settings, code=self.code)

    @cached_property
    def checksums(self) -> dict[Path, str]:
        """SHA-256 of every input, as the provenance has it."""
        stored = json.loads(self.provenance["inputs"])
        return {path: stored[f"{name}: {path.name}"] for name, path in self.inputs.items()}

    @cached_property
    def device(self) -> "Device":
        """Device asked for by the study file, which travels by environment because it is no part of a result."""
        from biomarker.arrays import choose_device  # most stages compute nothing that a device could do

        return choose_device(os.environ.get("BIOMARKER_DEVICE", "auto"))

    def inputs_of(self, prefix: str) -> dict[str, Path]:
        """Inputs named ``prefix.<name>``, by name."""
        return _named(self.inputs, prefix)

    def outputs_of(self, prefix: str) -> dict[str, Path]:
        """Outputs named ``prefix.<name>``, by name."""
        return _named(self.outputs, prefix)

    def sources(self) -> Iterator[Path]:
        """The user's own files, in the order in which the sections name them; a database is none."""
        return iter(self.inputs_of("sources").values())

    def progress(self, done: int, total: int) -> None:
        """Say how far the job is, for whoever watches the run."""
        record = {
            "stage": self.label,
            "done": done,
            "total": total,
            "started": self.started.isoformat(),
            "updated": datetime.now(UTC).isoformat(),
        }
        write_json(record, self.results / "run" / "progress" / f"{self.label}.json")


def run_job(job: Job) -> None:
    """Run a stage and leave ``run/<label>.json``: time, host, threads, device, peak memory, checksums of its outputs.

    Raises
    ------
    DataError
        An input was changed or damaged after another job made it.
    """
    clock = time.monotonic()
    stage = _stage(job.stage)
    if all(path.exists() for path in job.inputs.values()):  # else the stage says in its own words what is not there
        require_as_made(job.checksums, job.results)
    try:
        stage(job)
    finally:
        (job.results / "run" / "progress" / f"{job.label}.json").unlink(missing_ok=True)
    record = {
        "stage": job.label,
        "started": job.started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "threads": int(os.environ.get("OMP_NUM_THREADS", "1")),
        "device": job.device.kind if "device" in vars(job) else "cpu",
        "host": platform.node(),
        "python": platform.python_version(),
        "provenance_id": job.provenance["provenance_id"],
        "outputs": describe(job.outputs.values(), job.results),
    }
    write_json(record, job.results / "run" / f"{job.label}.json")


def with_paths(section: Mapping[str, Any], paths: Iterator[Path]) -> dict[str, Any]:
    """A section with each ``path`` replaced by the next of a job's inputs, which the workflow lists in this order."""
    own = {"path": str(next(paths))} if "path" in section and not is_database(section["path"]) else {}
    deeper = {key: with_paths(value, paths) for key, value in sorted(section.items()) if isinstance(value, Mapping)}
    return {**section, **own, **deeper}


def _named(paths: Mapping[str, Path], prefix: str) -> dict[str, Path]:
    start = f"{prefix}."
    return {name.removeprefix(start): path for name, path in paths.items() if name.startswith(start)}


def _stage(name: str) -> Callable[[Job], None]:
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "job"))
    if name not in known:
        raise ConfigError(f"there is no stage {name}", f"Stages are: {', '.join(known)}.")
    run: Callable[[Job], None] = import_module(f"biomarker.stages.{name}").run
    return run
