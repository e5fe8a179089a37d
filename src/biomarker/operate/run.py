"""Run a study through Snakemake and say in plain words how it goes."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from biomarker.config.load import load_study
from biomarker.config.paths import with_packaged_files
from biomarker.errors import ConfigError
from biomarker.operate.follow import Follower
from biomarker.operate.warnings import settings_warnings
from biomarker.provenance import project_folder

__all__ = ["run_study"]

#: Options after which Snakemake does something else than run jobs: its own output is then what was asked for.
OTHER_MODES = ("-n", "--dry-run", "--dryrun", "--lint", "--report", "--dag", "--rulegraph", "--filegraph", "--unlock",
               "--summary", "--detailed-summary", "--list-rules", "-l", "--list", "--help", "-h")  # fmt: skip


def run_study(study: Path | None, *, cores: int, directory: Path, options: Sequence[str]) -> int:
    """Check a study, run what is not done yet, and say where the report is.

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

    Returns
    -------
    int
        0 done; 2 the user can mend it; 1 otherwise.

    Raises
    ------
    BiomarkerError
        The study file is wrong. A wrong file that it names ends the stage that reads it, with the same words as
        ``biomarker check``.
    """
    path = study if study is not None else project_folder() / "config" / "config.yaml"
    content = with_packaged_files(load_study(path))
    study_name = content.study.name
    command = snakemake_command(path, cores=cores or (os.cpu_count() or 1), directory=directory, options=options)
    if any(option in OTHER_MODES for option in options):
        return subprocess.run(command, check=False).returncode
    for warning in settings_warnings(content):
        say(f"warning: {warning}")
    results = directory / "results" / study_name
    status = _follow(command, results)
    if status == 0:
        say(f"report: {(results / 'report' / 'index.html').resolve()}")
    return status


def snakemake_command(study: Path, *, cores: int, directory: Path, options: Sequence[str]) -> list[str]:
    """The command that ``biomarker run`` stands for."""
    snakefile = project_folder() / "workflow" / "Snakefile"
    fixed = ["--snakefile", str(snakefile), "--configfile", str(study.resolve()), "--cores", str(cores)]
    return [sys.executable, "-m", "snakemake", *fixed, "--directory", str(directory), *options]


def say(line: str) -> None:
    """One line for the person who watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _follow(command: list[str], results: Path) -> int:
    log = results / "logs" / "snakemake.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as keep:
            process = subprocess.Popen(
                command,
                env={**os.environ, "BIOMARKER_CHECKED": "yes"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            assert process.stdout is not None
            follower = Follower(results, say)
            try:
                _pump(process.stdout, keep, follower)
            except KeyboardInterrupt:
                process.wait()
                say("stopped; the same command goes on from here")
                return 130
            status = process.wait()
    except OSError as error:
        raise ConfigError(
            f"{log.parent} cannot be written: {error.strerror}", "Choose another place with --directory, or free space."
        ) from None
    return follower.verdict(status, log)


def _pump(stream: TextIO, keep: TextIO, follower: Follower) -> None:
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
        keep.write(line)
        follower.line(line.rstrip("\n"))
