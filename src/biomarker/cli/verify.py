"""``biomarker verify``: is a bundle whole, and does it come out again?"""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("verify")(verify)


def verify(
    bundle: Path = typer.Argument(help="What `biomarker bundle` made."),
    data: Path | None = typer.Option(None, help="Folder of the study's files: run it again and compare every table."),
    cores: int = typer.Option(1, help="Cores for that run."),
) -> None:
    """Check that a bundle is as it was made; with the data, that the same results come out again."""
    from biomarker.operate.verify import verify_bundle

    for line in verify_bundle(bundle, data=data, cores=cores):
        typer.echo(line)
