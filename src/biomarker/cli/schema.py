"""``biomarker schema``: the JSON schema of the study file."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("schema")(schema)


def schema(file: Path = typer.Argument(help="Where to write it.")) -> None:
    """Write the JSON schema of the study file, for editors and for the workflow's own check."""
    from biomarker.config.schema import write_schema

    write_schema(file)
