"""``biomarker bundle``: one zip to hand on."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("bundle")(bundle)


def bundle(
    study: Path = typer.Argument(help="The study file."),
    directory: Path = typer.Option(Path(), help="Folder in which results/ is."),
    edition: str = typer.Option("partner", help="partner, or internal with the result tables."),
    out: Path | None = typer.Option(None, help="The zip; by default in the results' folder."),
) -> None:
    """Make one zip of report, study file, code, checksums and RO-Crate metadata; no row a subject in either edition."""
    from biomarker.errors import ConfigError
    from biomarker.operate.bundle import EDITIONS, bundle_study

    if edition not in EDITIONS:
        raise ConfigError(f"--edition {edition}: expected one of {', '.join(EDITIONS)}")
    for line in bundle_study(study, directory=directory, edition=edition, out=out):
        typer.echo(line)
