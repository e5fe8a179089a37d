"""``biomarker run``: the whole way from a study file to its report."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)


def run(
    context: typer.Context,
    study: Path | None = typer.Argument(None, help="The study file; without one, the demo."),
    cores: int = typer.Option(0, help="Cores to use; 0 means all there are."),
    directory: Path = typer.Option(Path(), help="Folder in which results/ is made."),
) -> None:
    """Run a study: check it, do what is not done yet, and say where the report is.

    Any other option goes to Snakemake, after the study file: --dry-run, --forcerun screen, --profile FOLDER.
    """
    from biomarker.operate.run import run_study

    options = list(context.args)
    if study is not None and str(study).startswith("-"):  # the demo, with an option of Snakemake
        options, study = [str(study), *options], None
    raise typer.Exit(run_study(study, cores=cores, directory=directory, options=options))
