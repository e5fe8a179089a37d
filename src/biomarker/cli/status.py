"""``biomarker status``: how a study's run stands."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("status")(status)


def status(
    study: Path | None = typer.Argument(None, help="The study file; without one, the demo."),
    directory: Path = typer.Option(Path(), help="Folder in which results/ is."),
    as_json: bool = typer.Option(False, "--json", help="The same for machines."),  # noqa: FBT001, FBT003
) -> None:
    """Say how a study stands: what is done, at work, failed and why, not started, out of date, and how to go on.

    Works at any time, also while a run is at work and after one that was killed; changes no result.
    """
    import dataclasses
    import json

    from biomarker.operate.status import describe, status_of

    found = status_of(study, directory=directory)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=1, ensure_ascii=False, default=str))
        return
    for line in describe(found):
        typer.echo(line)
