"""Clock, machine, and what a number was measured on."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ("arrays", "stats")


def seconds(work: Callable[[], Any], *, repeats: int = 5) -> float:
    """Best wall time of `repeats` calls, after one that warms caches and loads what is loaded late."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak_megabytes() -> float:
    """Largest resident memory of this process so far; getrusage would count what the parent had before the fork."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def matrix_product_ceiling(size: int = 1500) -> float:
    """GFLOP/s that this machine reaches in a square double-precision matrix product, at this number of threads."""
    a = np.random.default_rng(0).standard_normal((size, size))
    return 2 * size**3 / seconds(lambda: a @ a, repeats=3) / 1e9


def code_digest() -> str:
    """Digest of the modules that are measured: a table whose digest differs from the code's is stale."""
    digest = hashlib.sha256()
    for package in MEASURED:
        for path in sorted((ROOT / "src" / "biomarker" / package).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def machine() -> dict[str, str]:
    """Where and with what the numbers were measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.processor())
    load = os.getloadavg()[0]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": f"{model}, {os.cpu_count()} cores visible",
        "load before": f"{load:.1f} (with more than 0.5 others were at work, and all numbers are pessimistic)",
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "statsmodels")},
        "measured code": code_digest(),
    }


def in_own_process(case: str, *numbers: int, threads: int) -> dict[str, float]:
    """Run a case of `benchmarks.cases` in a fresh process, so that its peak memory is its own."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "benchmarks.cases", case, *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result
