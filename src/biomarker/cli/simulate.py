"""``biomarker simulate``: a trial whose truth is known, in the formats real studies come in."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("simulate")(simulate)


def simulate(
    folder: Path = typer.Argument(help="Where to write it; made if it does not exist."),
    *,
    subjects: int = typer.Option(400, help="Number of randomised subjects, up to 100,000."),
    genes: int = typer.Option(5000, help="Number of genes."),
    seed: int = typer.Option(20261122, help="Seed of everything random.", min=0),
    noncentrality: float = typer.Option(
        5.0, help="Expected test statistic of every single planted marker; 0 plants none."
    ),
    noncentrality_pairs: float = typer.Option(
        10.0, help="Expected test statistic of the planted log-ratio, 1/1.3 of that of the subgroup; 0 plants neither."
    ),
    batch: bool = typer.Option(default=True, help="Shift genes in a second batch, partly the site."),
    sample_swap: bool = typer.Option(default=True, help="Exchange the expression profiles of a man and a woman."),
    lab_drift: bool = typer.Option(default=True, help="Let one site's analyser drift in one test."),
    further: list[str] = typer.Option(
        [], help="A further modality to write: assay-image, copy-number, maxquant, single-cell, vcf."
    ),
    records: bool = typer.Option(default=False, help="Also SDTM, ADaM, OMOP, FHIR, notes and a diary of the same."),
) -> None:
    """Write a simulated trial, its truth (truth.json) and a study file: expression, mutations, laboratory, proteins.

    Equal options give equal files; a fault switched off changes nothing else. Then:  biomarker run FOLDER/study.yaml
    """
    from biomarker.operate.simulate import write_study
    from biomarker.simulate.settings import TrialSettings

    settings = TrialSettings(
        subjects=subjects,
        genes=genes,
        noncentrality=noncentrality,
        noncentrality_pairs=noncentrality_pairs,
        batch=batch,
        sample_swap=sample_swap,
        lab_drift=lab_drift,
        further=tuple(further),
        records=records,
    )
    study = write_study(folder, settings, seed=seed)
    typer.echo(f"Wrote {study}. Next: biomarker run {study} --cores 2")
