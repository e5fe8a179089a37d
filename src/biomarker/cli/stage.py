"""``biomarker stage``: what the workflow's rules call; a job's log shows the command, ready to be pasted."""

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("stage")(stage)


def stage(
    name: str = typer.Argument(help="The stage, as the rule is called."),
    log: Path = typer.Option(
        help="The job's log, RESULTS/logs/LABEL.log: says where results are and names the run record."
    ),
    settings: str = typer.Option("{}", help="Sections of the study file that this stage reads, as JSON."),
    code: str = typer.Option("unknown", help="Digest of the package files that this stage runs."),
    inputs: list[str] = typer.Option([], "--in", help="name=path, once an input."),
    outputs: list[str] = typer.Option([], "--out", help="name=path, once an output."),
) -> None:
    """Run one stage of the workflow by hand."""
    import json
    import shlex
    import sys

    from biomarker import logs
    from biomarker.stages.job import Job, run_job

    logs.get(__name__).info("biomarker %s", shlex.join(sys.argv[1:]))

    run_job(
        Job(
            stage=name,
            results=log.parent.parent,
            inputs=_paths(inputs),
            outputs=_paths(outputs),
            settings=json.loads(settings),
            code=code,
            label=log.stem,
        )
    )


def _paths(pairs: list[str]) -> dict[str, Path]:
    return {name: Path(path) for name, _, path in (pair.partition("=") for pair in pairs)}
