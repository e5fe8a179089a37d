"""How a study's run stands: what is done, at work, failed and why, not begun, out of date, and how to go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from biomarker.config.load import load_study
from biomarker.data.records import read_records
from biomarker.operate.follow import Follower, message_of
from biomarker.operate.hold import Holder, holder_of
from biomarker.operate.mend import Fault, asked, faults
from biomarker.operate.plan import UNFINISHED, NoPlanError, plan
from biomarker.operate.progress import Progress, read_progress
from biomarker.operate.run import snakemake_command
from biomarker.provenance import project_folder

__all__ = ["JobState", "Status", "describe", "status_of"]

DONE, RUNNING, FAILED, STOPPED, STALE, WAITING = "done", "running", "failed", "stopped", "out of date", "not started"


@dataclass(frozen=True)
class JobState:
    """One job: its label, its state (one of the six words above), and why it is in it."""

    job: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Status:
    """How a study stands.

    Attributes
    ----------
    study, results : str
    running : bool
        Whether a run holds the results now.
    holder : Holder or None
        Who does; where nobody does, whose run ended without a word.
    jobs : tuple of JobState
    progress : tuple of Progress
    faults : tuple of Fault
        Results that are not as they were made.
    unknown : str
        Why it cannot be told what is to do; empty where it can.
    report : str
        Path of the report; empty where there is none.
    go_on : str
        What to do next.
    """

    study: str
    results: str
    running: bool
    holder: Holder | None
    jobs: tuple[JobState, ...]
    progress: tuple[Progress, ...]
    faults: tuple[Fault, ...]
    unknown: str
    report: str
    go_on: str


def status_of(study: Path | None, *, directory: Path) -> Status:
    """Look at a study's results; changes none of them, and may be asked at any time.

    Parameters
    ----------
    study : Path or None
        The study file; the demo where it is None.
    directory : Path
        Where ``results/`` is.

    Raises
    ------
    BiomarkerError
        The study file is wrong.
    """
    path = study if study is not None else project_folder() / "config" / "config.yaml"
    settings = load_study(path)
    results = directory / "results" / settings.study.name
    running, holder = holder_of(results)
    todo, unknown = _todo(path, directory, results)
    jobs = tuple(
        JobState(job, state, why)
        for job, state, why in _jobs(results, todo, running=running and holder is not None and holder.pid > 0)
        if asked(job, settings)
    )
    report = results / "report" / "index.html"
    run = " ".join(["biomarker run", *([str(study)] if study else []), *_elsewhere(directory)])
    damaged = () if running else tuple(faults(results, settings, limit=0))
    return Status(
        study=settings.study.name,
        results=str(results),
        running=running,
        holder=holder,
        jobs=jobs,
        progress=tuple(read_progress(results)) if running else (),
        faults=damaged,
        unknown=unknown,
        report=str(report) if report.is_file() else "",
        go_on=_go_on(run, report, jobs, running=running, whole=not (damaged or unknown or todo)),
    )


def _elsewhere(directory: Path) -> list[str]:
    return [] if directory == Path() else ["--directory", str(directory)]


def _todo(study: Path, directory: Path, results: Path) -> tuple[dict[str, str], str]:
    """Jobs to do with their reasons, or why that cannot be told."""
    if not results.is_dir():
        return {}, "nothing of this study was run here yet"
    try:
        return plan(snakemake_command(study, cores=1, directory=directory, options=[])), ""
    except NoPlanError as error:
        return {}, f"what is to do cannot be told: {error.message}"


def _jobs(results: Path, todo: dict[str, str], *, running: bool) -> Iterator[tuple[str, str, str]]:
    """Label, state and reason of every job that is known of, those that began first."""
    seen = _last_run(results)
    began = list(dict.fromkeys(filter(None, seen.labels.values())))
    failed = {path.stem: path for path in seen.failed}
    done = [record["stage"] for record in read_records(results).values() if record is not None]
    for job in dict.fromkeys([*done, *began, *todo]):
        if running and job in began and job not in seen.done and job not in failed:
            yield job, RUNNING, ""
        elif job in failed and job not in seen.done and (running or job in todo):
            yield job, FAILED, f"{message_of(failed[job])[0]} (whole log: {failed[job]})"
        elif job in todo and not running and (todo[job] == UNFINISHED or (job in began and job not in seen.done)):
            yield job, STOPPED, UNFINISHED
        elif job in todo and not (running and job in seen.done):
            yield job, STALE if job in done else WAITING, todo[job]
        elif job in done:
            yield job, DONE, ""


def _last_run(results: Path) -> Follower:
    """What Snakemake said in the run that is at work, or the one before."""
    follower = Follower(results, lambda _line: None)
    try:
        log = (results / "logs" / "snakemake.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return follower
    for line in log.splitlines():
        follower.line(line)
    return follower


def _go_on(run: str, report: Path, jobs: tuple[JobState, ...], *, running: bool, whole: bool) -> str:
    if running:
        return "let it run; or stop it with Ctrl-C (or `kill` and its process), and the same command goes on from there"
    if whole and report.is_file():
        return f"nothing is to be done; the report is {report.resolve()}"
    mend = "mend what failed, then " if any(job.state == FAILED for job in jobs) else ""
    return f"{mend}{run}"


def describe(status: Status) -> Iterator[str]:
    """The same in lines for people."""
    yield f"study {status.study}: {status.results}"
    if status.running:
        yield f"a run is at work: {status.holder}"
    elif status.holder is not None:
        yield f"no run is at work; the last one was killed, or its machine went down ({status.holder})"
    else:
        yield "no run is at work"
    if status.unknown:
        yield status.unknown
    for state in (DONE, RUNNING, FAILED, STOPPED, STALE, WAITING):
        here = [job for job in status.jobs if job.state == state]
        if here:
            yield f"{state} ({len(here)})"
        yield from (f"  {line}" for line in _lines(here, status))
    for fault in status.faults:
        yield str(fault)
    yield f"how to go on: {status.go_on}"


def _lines(jobs: list[JobState], status: Status) -> Iterator[str]:
    far = {progress.job: str(progress) for progress in status.progress}
    quiet = [job.job for job in jobs if job.state in (DONE, STOPPED, WAITING)]
    if quiet:
        yield ", ".join(quiet)
    for job in jobs:
        if job.state == RUNNING:
            yield far.get(job.job, job.job)
        elif job.job not in quiet:
            yield f"{job.job}: {job.why}".replace("\n", "\n    ")
