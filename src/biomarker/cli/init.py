"""``biomarker init``: a first study file from a folder of tables."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("init")(init)


def init(
    folder: Path = typer.Argument(help="The folder that holds the study's tables."),
    output: Path | None = typer.Option(None, help="The study file to write; study.yaml in the folder."),
) -> None:
    """Look at every table of a folder and write a first study file: guesses with their evidence, asks nothing.

    Lines that need you are marked "FILL IN". Never writes over a file. Then:  biomarker check FOLDER/study.yaml
    """
    from biomarker.operate.draft import draft_study

    path = output if output is not None else folder / "study.yaml"
    marked = draft_study(folder, path)
    lines = f"{marked} {'line is' if marked == 1 else 'lines are'} marked FILL IN"
    typer.echo(f"Wrote {path}: {lines}. Fill or confirm each, then: biomarker check {path}")
