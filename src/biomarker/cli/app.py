"""``biomarker``: verbs, help, and what happens to an error."""

import os
import sys
from collections.abc import Sequence

import typer

from biomarker import __version__, logs
from biomarker.cli import (
    apply,
    bundle,
    check,
    compare,
    init,
    lock,
    provenance,
    run,
    schema,
    simulate,
    stage,
    status,
    trial,
    verify,
)
from biomarker.errors import BiomarkerError

__all__ = ["app", "main"]

app = typer.Typer(
    name="biomarker",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="""Which measurable factors decide who responds to a drug, how sure are we, and what study should be run next.

    A study is one YAML file. Start with the demo:  biomarker run

    Then your own:  biomarker init FOLDER,  biomarker check STUDY.yaml  and  biomarker run STUDY.yaml --cores 4
    """,
)
for verb in (
    run,
    status,
    check,
    init,
    apply,
    lock,
    compare,
    bundle,
    verify,
    provenance,
    simulate,
    schema,
    trial,
    stage,
):
    verb.add_to(app)


def _version(asked: bool) -> None:  # noqa: FBT001 (typer's callback)
    if asked:
        typer.echo(f"biomarker {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more on stderr."),  # noqa: FBT001, FBT003
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),  # noqa: FBT001, FBT003
) -> None:
    logs.configure(verbose=verbose)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status: 0 done, 2 the user can mend it, 1 (with traceback) we must."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = "1"  # equal bytes on any number of cores: one thread for every library
    if sys.platform == "win32":
        sys.stderr.write("biomarker does not run on native Windows; use WSL2, Linux or macOS.\n")
        return 2
    try:
        result = app(args=list(argv) if argv is not None else None, prog_name="biomarker", standalone_mode=False)
    except BiomarkerError as error:
        _tell(f"error: {error.message}\n" + (f"  -> {error.hint}\n" if error.hint else ""))
        return 2
    except typer.Abort:
        return 130
    except typer.Exit as ending:
        return ending.exit_code
    except typer.TyperException as error:  # a verb or an option that does not exist: typer's own, no longer click's
        error.show()
        return 2
    return result if isinstance(result, int) else 0


def _tell(words: str) -> None:
    """Say why it ended; on stdout where stderr is a log on a disk that is full."""
    try:
        sys.stderr.write(words)
        sys.stderr.flush()
    except OSError:
        sys.stdout.write(words)


if __name__ == "__main__":
    sys.exit(main())
