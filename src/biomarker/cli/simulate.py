"""``biomarker simulate``: a trial whose truth is known, in the formats real studies come in."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("simulate")(simulate)


def simulate(
    folder: Path = typer.Argument(help="Where to write it; made if it does not exist."),
    subjects: int = typer.Option(240, help="Number of randomised subjects."),
    genes: int = typer.Option(2000, help="Number of genes."),
    seed: int = typer.Option(20261122, help="Seed of everything random."),
) -> None:
    """Write a simulated trial and its truth: subjects, expression, laboratory values, truth.json, study.yaml.

    Then:  biomarker run FOLDER/study.yaml
    """
    from biomarker.operate.simulate import write_study

    study = write_study(folder, subjects=subjects, genes=genes, seed=seed)
    typer.echo(f"Wrote {study}. Next: biomarker run {study} --cores 2")
