"""``biomarker check``: is this study file right, and do its files hold what it says?"""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("check")(check)


def check(
    study: Path = typer.Argument(help="The study file."),
    settings_only: bool = typer.Option(False, "--settings-only", help="Do not open the files it names."),  # noqa: FBT001, FBT003
) -> None:
    """Check a study file: one line a fault, with the key, what was given and what was expected.

    Also reads every file it names and says who and what it found. Writes nothing. Exit status 2 if anything is wrong.
    """
    from biomarker.operate.check import check_study

    for line in check_study(study, settings_only=settings_only):
        typer.echo(line)
