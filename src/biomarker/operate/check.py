"""The full check of a study: its settings, then every file it names."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from biomarker.config.file import StudyFile
from biomarker.config.load import load_study
from biomarker.config.paths import with_packaged_files
from biomarker.data.further import cohorts
from biomarker.errors import BiomarkerError, ConfigError
from biomarker.operate.warnings import (
    endpoint_warnings,
    modality_warnings,
    row_warnings,
    settings_warnings,
    subject_warnings,
)

__all__ = ["check_study", "further_cohorts"]


def check_study(path: Path, *, settings_only: bool = False) -> Iterator[str]:
    """Lines that say what was found, then warnings: what is no fault, and yet worth a second look.

    Raises
    ------
    BiomarkerError
        With every fault, one a line.
    """
    study = load_study(path)
    further_cohorts(path, study)
    yield f"{path}: settings are right"
    warnings = list(settings_warnings(study))
    if study.simulate is not None and not settings_only:
        yield "files are simulated: they are made and read when the study runs"
    elif not settings_only:
        study = with_packaged_files(study)
        faults: list[str] = []
        for what, look in _looks(study, path.resolve().parent):
            try:
                found, *more = look()
            except BiomarkerError as error:
                faults.append(f"  {what}: {error.message}" + (f"\n    -> {error.hint}" if error.hint else ""))
                continue
            yield f"{what}: {found}"
            warnings += more
        if faults:  # warnings wait until they are mended
            count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the files it names"
            raise ConfigError(f"{path}: {count}\n" + "\n".join(faults), f"Then again: biomarker check {path}")
    for warning in warnings:
        yield f"warning: {warning}"


def further_cohorts(path: Path, study: StudyFile) -> list[dict[str, Any]]:
    """Further cohorts that a study file names; refused where one is not there, or has the name of another."""
    try:
        return cohorts(study.replication, path.resolve().parent, study.study.name)
    except ValueError as error:
        raise ConfigError(str(error), "Paths are relative to the study file that names them.") from None


def _looks(study: StudyFile, base: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Each file the study names, with a function that reads it as the run will: what it found, and warnings."""
    known: dict[str, Any] = {"endpoints": ()}

    def subjects() -> list[str]:
        from biomarker.ingest.subjects import read_subjects
        from biomarker.stages.subjects import check_arms, check_day_0, subjects_settings

        dates = {m.get("index_date") for m in study.modalities.values()} - {None}
        table = read_subjects(subjects_settings(study.subjects, tuple(sorted(dates))), base=base).content
        known["subjects"] = table
        given = [m for m in study.modalities.values() if m.get("when", "baseline") == "baseline"]
        baseline = sorted({m["index_date"] for m in given if m.get("index_date")})
        check_day_0(study.subjects, baseline, study.quality.records.begin, base=base)
        check_arms(study.subjects, table["arm"].to_list())
        return [f"{table.height} subjects", *subject_warnings(study, table)]

    def endpoints() -> list[str]:
        from biomarker.stages.endpoints import read_all

        table = known["subjects"]
        found = read_all(study.subjects, study.endpoints, table["subject_id"].to_list(), base=base)
        known["endpoints"] = found.endpoints
        counts = ", ".join(f"{e.name} known in {int(e.known.sum())}" for e in found.endpoints[:6]) + (
            f" and {len(found.endpoints) - 6} more" if len(found.endpoints) > 6 else ""
        )
        return [counts, *endpoint_warnings(study, table, found.endpoints)]

    def key() -> list[str]:
        from biomarker.ingest.privacy import require_key

        require_key()
        return ["the key is set"]

    if study.privacy.pseudonyms or study.privacy.shift_dates:
        yield "privacy", key
    yield "subjects", subjects
    if "subjects" not in known:
        return
    yield "endpoints", endpoints
    for name, given in study.modalities.items():
        yield f"modalities.{name}", lambda given=given, name=name: _modality(study, name, given, known, base)


def _modality(study: StudyFile, name: str, given: dict[str, Any], known: dict[str, Any], base: Path) -> list[str]:
    from biomarker.config.base import settings_part
    from biomarker.data.matrix import FeatureValues
    from biomarker.data.timing import require_timing
    from biomarker.discovery.screen import require_prespecified
    from biomarker.features.batched import with_batch_correction
    from biomarker.features.registry import BUILDERS
    from biomarker.ingest.account import refuse_post_baseline
    from biomarker.ingest.labels import read_labels
    from biomarker.ingest.registry import SOURCES

    subjects = known["subjects"]
    source = SOURCES[given["type"]]
    settings = settings_part(source.settings, given)
    require_timing(settings, name)
    if study.privacy.identifiers == "refuse":
        from biomarker.ingest.privacy import refuse_identifiers, scan_files

        refuse_identifiers(scan_files([base / given["path"]], settings, base=base), study.privacy)
    ingested = source.read(settings, base=base)
    if isinstance(ingested.content, FeatureValues) and settings.when == "baseline":
        refuse_post_baseline(ingested.content, study.subjects.post_baseline, name)
    builder = BUILDERS[given["type"]]
    built = builder.build(ingested.content, settings_part(builder.settings, given), subjects=subjects)
    batch = study.quality.batches.get(name)
    if batch is not None and batch.correct != "none":
        labels = read_labels(base / batch.path, id=batch.id, column=batch.column)
        built = with_batch_correction(built, labels, modality=name)
    require_prespecified(study.screen.prespecified, name, built.values.features["feature_id"].to_list())
    quarantined = f", {ingested.quarantine.height} rows quarantined" if ingested.quarantine.height else ""
    met = built.matching
    without = "; ".join(f"{why}: {n}" for why, n in met.excluded.items())
    counts = f"{built.values.features.height} features of {met.used} of {met.cohort} subjects"
    counts += f" ({without})" if without else ""
    warnings = modality_warnings(study, name, built.values, subjects["subject_id"].to_list(), known["endpoints"])
    return [f"{counts}{quarantined}", *row_warnings(name, ingested, met), *warnings]
