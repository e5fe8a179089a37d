"""``biomarker provenance``: where a result came from."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("provenance")(provenance)


def provenance(file: Path = typer.Argument(help="A Parquet file of a run's results.")) -> None:
    """Show where a result came from: inputs with their checksums, settings, code, lock, version."""
    from biomarker.operate.provenance import describe

    for line in describe(file):
        typer.echo(line)
