"""``biomarker compare``: what changed from one run to another."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("compare")(compare)


def compare(
    before: Path = typer.Argument(help="Results of one run: results/<study name>."),
    after: Path = typer.Argument(help="Results of the other."),
    as_json: bool = typer.Option(False, "--json", help="The same for machines, with every change."),  # noqa: FBT001, FBT003
) -> None:
    """Say what changed between two runs: data, settings, code, analysed subjects, candidates, recommendation.

    Two runs of one study file go to different folders with `biomarker run STUDY.yaml --directory FOLDER`.
    """
    import dataclasses
    import json

    from biomarker.operate.compare import compare_runs, describe

    found = compare_runs(before, after)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=1, ensure_ascii=False))
        return
    for line in describe(found):
        typer.echo(line)
