"""``biomarker apply``: score further subjects with a finding."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("apply")(apply)


def apply(
    results: Path = typer.Argument(help="Results of a finished run: results/<study name>."),
    candidate: str = typer.Argument(help="The candidate_id of a leading candidate."),
    new_data: Path = typer.Argument(help="Table with a row a subject: its id and the candidate's features."),
    out: Path = typer.Option(Path("scores.csv"), "--out", help="Where the scores go."),
    measured: list[str] = typer.Option(
        [], "--measured", help="How it was measured: modality=scale or modality:feature=unit; once each."
    ),
    endpoint: str = typer.Option(None, "--endpoint", help="Where the candidate leads several lists."),
    contrast: str = typer.Option(None, "--contrast", help="The same."),
    comparison: str = typer.Option(None, "--comparison", help="The same."),
    id: str = typer.Option(None, "--id", help="The column of ids; else the first."),
) -> None:
    """Score further subjects with the transform, formula and cut-off that were frozen when the run ended.

    A subject gets the same score alone and among a thousand. Values in another unit, or without a feature that is
    needed, are refused; a subject with a missing cell is listed with the reason. Where the study corrected batches, a
    column modality:batch says in which of its batches each subject was measured; another batch is refused.
    """
    from biomarker.operate.apply import apply_candidate

    lines = apply_candidate(
        results,
        candidate,
        new_data,
        out=out,
        endpoint=endpoint,
        contrast=contrast,
        comparison=comparison,
        id=id,
        measured=tuple(measured),
    )
    for line in lines:
        typer.echo(line)
