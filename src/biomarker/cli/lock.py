"""``biomarker lock``: fix the analysis before its endpoints are read."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("lock")(lock)


def lock(
    study: Path = typer.Argument(help="The study file."),
    directory: Path = typer.Option(Path(), help="Folder in which results/ is, or would be, made."),
    again: bool = typer.Option(False, "--again", help="Lock it as it is now although an earlier lock differs."),  # noqa: FBT001, FBT003
) -> None:
    """Note digests of study file, code and input files beside the study file, before any endpoint is read.

    The report then says when the study was locked and what changed after it. Computes checksums, reads no table.
    """
    from biomarker.operate.lock import lock_study

    for line in lock_study(study, directory=directory, again=again):
        typer.echo(line)
