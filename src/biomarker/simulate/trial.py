"""Write a simulated trial: the study's input files and the truth behind them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from biomarker.simulate import files
from biomarker.simulate.draws import Draws, draw_trial
from biomarker.simulate.expression import expression_parts
from biomarker.simulate.further import write_further
from biomarker.simulate.laboratory import control_table, laboratory_tables
from biomarker.simulate.mutations import MAF_HEAD, SILENT, mutation_tables
from biomarker.simulate.proteins import protein_tables
from biomarker.simulate.records import write_records
from biomarker.simulate.settings import TrialSettings, check_settings
from biomarker.simulate.subjects import DAYS_PER_MONTH
from biomarker.simulate.tables import batch_table, sequenced_table, subject_table
from biomarker.simulate.truth import truth

__all__ = ["FILES", "TrialSettings", "write_trial"]

#: What is written, in this order.
FILES = (
    "subjects.csv",
    "expression.parquet",
    "expression_samples.csv",
    "labs.csv",
    "controls.csv",
    "mutations.maf.gz",
    "sequenced.csv",
    "npx.csv.gz",
    "truth.json",
)


def write_trial(directory: Path, settings: TrialSettings, *, seed: int) -> None:
    """Write the trial's `FILES`, and `biomarker.simulate.records.RECORD_FILES` where records are asked for.

    What is planted is listed in `biomarker.simulate.plan`; everything else is null. Tables that grow with subjects and
    features are drawn and written in runs of subjects, so that memory hardly grows with their number.

    Parameters
    ----------
    directory : pathlib.Path
        Made if it does not exist. Files of these names are replaced, each one whole or not at all; ``truth.json`` comes
        last.
    settings : TrialSettings
    seed : int
        Equal seeds and settings give equal bytes. A batch, swap or drift switched off changes nothing else.

    Raises
    ------
    biomarker.errors.ConfigError
        The settings contradict each other (see `biomarker.simulate.settings.check_settings`).
    biomarker.errors.NumericalError
        No effects give the strength that is asked.

    Examples
    --------
    >>> write_trial(Path("simulated"), TrialSettings(subjects=120, noncentrality=2.0), seed=7)  # doctest: +SKIP
    """
    check_settings(settings)
    draws = draw_trial(settings, seed=seed)
    counts: Counter[str] = Counter()
    directory.mkdir(parents=True, exist_ok=True)
    files.write_csv(directory / "subjects.csv", [subject_table(draws.subjects, draws.availability, draws.outcomes)])
    files.write_matrix(
        directory / "expression.parquet",
        ["subject_id", *draws.genes.name.tolist()],
        _counted_matrix(expression_parts(draws.genes, draws.profiles, draws.subjects, settings, seed=seed), counts),
    )
    files.write_csv(directory / "expression_samples.csv", [batch_table(draws.subjects, draws.profiles)])
    files.write_csv(directory / "labs.csv", _counted(_labs(draws, settings, seed=seed), _lab_counts, counts))
    files.write_csv(directory / "controls.csv", [control_table(settings, seed=seed)])
    variants = _counted(mutation_tables(draws.mutations, draws.subjects, seed=seed), _variant_counts, counts)
    files.write_csv(directory / "mutations.maf.gz", variants, separator="\t", head=MAF_HEAD)
    files.write_csv(directory / "sequenced.csv", [sequenced_table(draws.subjects, draws.mutations)])
    proteins = _counted(protein_tables(draws.proteins, draws.subjects, seed=seed), _protein_counts, counts)
    files.write_csv(directory / "npx.csv.gz", proteins, separator=";")
    for kind in settings.further:
        write_further(directory, kind, draws.subjects, draws.mutations, seed=seed)
    if settings.records:
        write_records(directory, draws, pl.concat(_labs(draws, settings, seed=seed)), seed=seed)
    files.write_json(directory / "truth.json", truth(draws, settings, counts, seed=seed))


def _labs(draws: Draws, settings: TrialSettings, *, seed: int) -> Iterator[pl.DataFrame]:
    return laboratory_tables(
        draws.tests,
        draws.subjects,
        settings,
        followed_days=draws.outcomes.pfs_months * DAYS_PER_MONTH,
        tumour_change=draws.outcomes.tumour_change,
        seed=seed,
    )


# --- counted on the way, for whoever reads the files ------------------------------------------------------------------


def _counted(
    tables: Iterable[pl.DataFrame], count: Callable[[pl.DataFrame], dict[str, int]], counts: Counter[str]
) -> Iterator[pl.DataFrame]:
    """The tables as they pass, with ``counts`` brought up to date."""
    for table in tables:
        counts.update(count(table))
        yield table


def _counted_matrix(
    parts: Iterable[tuple[list[str], np.ndarray]], counts: Counter[str]
) -> Iterator[tuple[list[str], np.ndarray]]:
    for names, values in parts:
        counts["expression_cells_missing"] += int(np.isnan(values).sum())
        yield names, values


def _lab_counts(table: pl.DataFrame) -> dict[str, int]:
    value = table["value"]
    return {
        "lab_rows": table.height,
        "lab_values_missing": value.null_count(),
        "lab_values_unreadable": int((value == "hemolysed").sum() + value.str.starts_with("<").sum()),
        "lab_rows_in_local_units": int(table["unit"].is_in(["mg/dL", "g/dL"]).sum()),
    }


def _variant_counts(table: pl.DataFrame) -> dict[str, int]:
    return {"variants": table.height, "variants_silent": int((table["Variant_Classification"] == SILENT).sum())}


def _protein_counts(table: pl.DataFrame) -> dict[str, int]:
    samples = table.filter(pl.col("Sample_Type") == "SAMPLE")
    return {
        "protein_rows": table.height,
        "protein_control_rows": table.height - samples.height,
        "protein_values_below_lod": samples.filter(pl.col("NPX") < pl.col("LOD")).height,
    }
