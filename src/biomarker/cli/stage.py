"""``biomarker stage``: what the workflow's rules call; a job's log shows the command, ready to be pasted."""

import os
import select
import signal
import threading
from pathlib import Path
from types import FrameType

import typer

#: Process that started the job's shell; the rules hand it over.
DRIVER = "BIOMARKER_DRIVER"
#: Seconds a job has to put its unfinished files away.
GRACE = 5.0


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

    _end_with_driver()
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


def _end_with_driver() -> None:
    """End this process, its unfinished files removed, when the process that drives the run is gone, or on SIGTERM.

    Where nobody said which process that is, or the system cannot tell of its end (it needs Linux), a job without a
    driver runs to its end. That does no harm either: its files take their names whole, and hold the bytes that another
    try of the same job makes.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    driver = os.environ.get(DRIVER, "")
    if not driver.isdecimal() or int(driver) <= 1 or not hasattr(os, "pidfd_open"):
        return
    try:
        handle = os.pidfd_open(int(driver))
    except ProcessLookupError:  # it ended while this process started
        _interrupt(signal.SIGTERM, None)
    except OSError:  # this system has no such handles
        return
    threading.Thread(target=_watch, args=(handle,), daemon=True).start()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C ends a command: what is open is closed, what is unfinished removed."""
    raise KeyboardInterrupt


def _watch(driver: int) -> None:
    select.select([driver], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE)  # the main thread may be deep in a computation that no signal reaches
    os._exit(128 + signal.SIGTERM)
