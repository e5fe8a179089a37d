"""Run a study through Snakemake and say in plain words how it goes."""

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import BinaryIO, TextIO

from biomarker.config.load import load_study
from biomarker.config.paths import with_packaged_files
from biomarker.data.files import storage_error
from biomarker.data.identifiers import unsearched_warning
from biomarker.errors import ConfigError, StorageError
from biomarker.operate.check import further_cohorts
from biomarker.operate.follow import Follower
from biomarker.operate.hold import hold, release
from biomarker.operate.mend import left_over, mend, sweep
from biomarker.operate.warnings import settings_warnings
from biomarker.provenance import project_folder

__all__ = ["run_study", "snakemake_command"]

#: Options after which Snakemake does something else than run jobs: its own output is then what was asked for.
OTHER_MODES = ("-n", "--dry-run", "--dryrun", "--lint", "--report", "--dag", "--rulegraph", "--filegraph", "--unlock",
               "--summary", "--detailed-summary", "--list-rules", "-l", "--list", "--help", "-h")  # fmt: skip
#: Seconds that Snakemake may take to stop its jobs, on a cluster too, when it is asked to.
STOPPING = 30.0
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux' prctl


def run_study(
    study: Path | None, *, cores: int, directory: Path, options: Sequence[str], replicates: bool = False
) -> int:
    """Check a study, run what is not done yet, and say where the report is.

    Further cohorts that the study file names come first, each up to its features.

    Parameters
    ----------
    study : Path or None
        The study file; the demo where it is None.
    cores : int
        0 for all there are.
    directory : Path
        Where ``results/`` is made.
    options : sequence of str
        Further options of Snakemake.
    replicates : bool
        Whether the study is a further cohort of another, which asks for no report.

    Returns
    -------
    int
        0 done; 2 the user can mend it; 1 otherwise; 128 and the signal's number where it was stopped.

    Raises
    ------
    BiomarkerError
        The study file is wrong, another run holds the results, or they cannot be written. A wrong file that the study
        names ends the stage that reads it, with the same words as ``biomarker check``.
    """
    path = study if study is not None else project_folder() / "config" / "config.yaml"
    settings = with_packaged_files(load_study(path))
    command = snakemake_command(path, cores=cores or (os.cpu_count() or 1), directory=directory, options=options)
    if any(option in OTHER_MODES for option in options):
        if "--unlock" in options:
            release(directory / "results" / settings.study.name)
        return subprocess.run(command, check=False).returncode
    for warning in settings_warnings(settings):
        say(f"warning: {warning}")
    results = directory / "results" / settings.study.name
    for cohort in [] if replicates else further_cohorts(path, settings):
        say(f"replication cohort {cohort['name']}, up to its features:")
        further = [*options, "--until", "endpoints", "features"]
        status = run_study(Path(cohort["study"]), cores=cores, directory=directory, options=further, replicates=True)
        if status:
            return status
    _require_writable(results, directory / ".snakemake")
    with hold(results) as lock:
        sweep(results)
        mend(results, settings, say)
        status = _follow([*command, "--nolock"], results, lock)
    if others := left_over(results, settings):
        say(
            f"warning: {len(others)} files in {results} are of modalities or contrasts that the study file no longer "
            f"names, and no part of this study (the first: {others[0].relative_to(results)}): delete them if nobody "
            "needs them"
        )
    if status == 0 and not replicates:
        if told := _unsearched(results / "cohort" / "subjects.parquet"):
            say(f"warning: {told}")
        say(f"report: {(results / 'report' / 'index.html').resolve()}")
    return status


def _unsearched(subjects: Path) -> str:
    if not subjects.is_file():
        return ""
    import polars as pl

    table = pl.read_parquet(subjects, columns=["subject_id", "patient"])
    return unsearched_warning(one for column in table for one in column.drop_nulls())


def snakemake_command(study: Path, *, cores: int, directory: Path, options: Sequence[str]) -> list[str]:
    """The command that ``biomarker run`` stands for."""
    snakefile = project_folder() / "workflow" / "Snakefile"
    fixed = ["--snakefile", str(snakefile), "--configfile", str(study.resolve()), "--cores", str(cores)]
    return [sys.executable, "-m", "snakemake", *fixed, "--directory", str(directory), *options]


def say(line: str) -> None:
    """One line for the person who watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _require_writable(results: Path, snakemake: Path) -> None:
    """Refuse before anything starts where nothing could be written."""
    try:
        for folder in (results / "logs", snakemake):
            folder.mkdir(parents=True, exist_ok=True)
        folders = [results, *_folders(results.rglob("*")), snakemake, *_folders(snakemake.iterdir())]
    except OSError as error:
        place = Path(error.filename or results)
        told = storage_error(place, str(error))
        raise told or ConfigError(
            f"{place} cannot be written: {error.strerror}", "Choose another place with --directory."
        ) from None
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise StorageError(
                f"{folder} could not be written: read-only, or another user's",
                "Make the folder writable, or choose another place with --directory.",
            )


def _folders(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.is_dir()]


def _follow(command: list[str], results: Path, lock: int) -> int:
    log = results / "logs" / "snakemake.log"
    follower = Follower(results, say)
    with log.open("wb", buffering=0) as keep, _stoppable():
        process = subprocess.Popen(
            command,
            env={**os.environ, "BIOMARKER_CHECKED": "yes"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[lock],  # the results stay held as long as Snakemake is there
            process_group=0,  # Ctrl-C in a terminal comes to this process alone, which then stops that one in order
            preexec_fn=_dying_with_parent(),
        )
        assert process.stdout is not None
        try:
            _pump(process.stdout, keep, follower)
            status = process.wait()
        except BaseException as why:
            stopped = why.args[0] if isinstance(why, Stopped) else 0
            _stop(process, gently=bool(stopped))
            if not stopped:
                raise
            say("stopped; the same command goes on from here")
            return 128 + stopped
        finally:
            process.stdout.close()
    return follower.verdict(status, log)


class Stopped(BaseException):
    """Somebody asked for an end: the number of the signal."""


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `Stopped`."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(process: subprocess.Popen[str], *, gently: bool) -> None:
    """End Snakemake and its jobs: asked first, so that it can call back what it gave to a cluster."""
    for number in (signal.SIGINT, signal.SIGKILL) if gently else (signal.SIGKILL,):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired, Stopped):  # a second Ctrl-C: at once
            process.wait(timeout=STOPPING)
            return


def _dying_with_parent() -> Callable[[], object] | None:
    """What the child does first: a run that is killed takes Snakemake along, and the jobs notice that it is gone."""
    if sys.platform != "linux":
        return None
    return partial(ctypes.CDLL(None).prctl, _DIES_WITH_PARENT, signal.SIGKILL)


def _pump(stream: TextIO, keep: BinaryIO, follower: Follower) -> None:
    """Hand every line to the log and the follower; look at the progress of long stages in between."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=2)
        except queue.Empty:
            follower.look(time.monotonic())
            continue
        if line is None:
            return
        with suppress(OSError):  # a full disk: the follower remembers the last lines
            keep.write(line.encode())
        follower.line(line.rstrip("\n"))
