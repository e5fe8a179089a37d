"""Run the workflow on trials with seeds nobody has looked at, and write which claims hold: `make calibrate`.

Each seed's answers are stored as soon as they are known: an interrupted run goes on where it stopped. With another
version of the package or of the demo's study file it begins anew.
"""

import argparse
import contextlib
import functools
import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from claims import CLAIMS
from finished import Finished
from threadpoolctl import threadpool_limits

from biomarker.cli.app import main as main_of_biomarker

__all__ = ["DEMO", "RESULTS", "SEEDS", "answers", "code_digest", "finished_run"]

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config" / "config.yaml"
RESULTS = ROOT / "docs" / "claims.json"
NAME = "unseen"
SEEDS = tuple(range(7_300_001, 7_300_021))
#: What a run up to the ranking is made of.
MADE_OF = ("arrays", "data", "discovery", "features", "ingest", "learners", "simulate", "stages", "stats")


def finished_run(seed: int, folder: Path, simulate: tuple[tuple[str, float], ...] = ()) -> Finished:
    """The demo with another seed, run up to the ranking: every job of the workflow, one after the other.

    ``simulate`` changes settings of the simulated trial.

    The jobs' own commands, but in this process: two dozen starts of Python would take most of the time.
    """
    with contextlib.chdir(folder), threadpool_limits(1):
        for words in stage_commands(simulate):
            at = words.index("--settings") + 1
            settings = json.loads(words[at])
            if "seed" in settings:
                settings["seed"] = seed
            argv = [*words[:at], json.dumps(settings), *words[at + 1 :]]
            if (status := main_of_biomarker(argv)) != 0:
                raise RuntimeError(f"seed {seed}: biomarker {' '.join(argv[:2])} ended with status {status}")
        return Finished(folder / "results" / NAME)


@functools.cache
def stage_commands(simulate: tuple[tuple[str, float], ...] = ()) -> list[list[str]]:
    """Arguments of ``biomarker`` in the jobs of the demo up to the ranking, in an order in which they can run."""
    content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    content["study"]["name"] = NAME
    content["simulate"] |= dict(simulate)
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.yaml"
        study.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-m", "biomarker", "run", study, "--directory", folder, "--until", "rank"]
        planned = subprocess.run(
            [*map(str, command), "--dry-run", "--printshellcmds"], capture_output=True, text=True, check=True
        )
    lines = [line.partition("Shell command: biomarker ")[2] for line in planned.stdout.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("stage ")]
    return [words[: words.index("2>")] for words in commands]


def answers(seed: int) -> dict[str, bool]:
    """Which claims hold in the trial with this seed."""
    with tempfile.TemporaryDirectory() as folder:
        run = finished_run(seed, Path(folder))
        return {claim.name: bool(claim.holds(run)) for claim in CLAIMS}


def code_digest() -> str:
    """Digest of the modules that take part, of the demo's study file and of the claims."""
    files = [DEMO, *(Path(__file__).with_name(f"{name}.py") for name in ("calibrate", "claims", "finished"))]
    for name in MADE_OF:
        files += (ROOT / "src" / "biomarker" / name).rglob("*.py")
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> None:
    """Answer for the seeds that are not answered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the answers are kept")
    out = parser.parse_args().out
    stored = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    digest = code_digest()
    seeds = stored["seeds"] if stored.get("code") == digest else {}
    for seed in SEEDS:
        if str(seed) not in seeds:
            seeds[str(seed)] = answers(seed)
            sentences = {claim.name: claim.sentence for claim in CLAIMS}
            content = {"code": digest, "claims": sentences, "seeds": dict(sorted(seeds.items()))}
            out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        failed = [name for name, holds in seeds[str(seed)].items() if not holds]
        print(
            f"seed {seed}: all hold" if not failed else f"seed {seed}: does not hold: {', '.join(failed)}", flush=True
        )
    for claim in CLAIMS:
        print(f"{sum(held[claim.name] for held in seeds.values()):3d} of {len(seeds)}  {claim.sentence}")


if __name__ == "__main__":
    main()
