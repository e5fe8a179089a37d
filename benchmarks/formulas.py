"""Time the search of all pairs for formulas, and write FORMULAS.md and FORMULAS.json beside this file.

``--full`` searches all 2 x 10^8 pairs of 20,000 features (minutes on two cores); without it a stated part is timed and
the rest extrapolated, and the full run that was committed stays in the table.
"""
# ruff: noqa: E501 (lines of a page)

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import machine
from biomarker.discovery.formula.shapes import SHAPES
from biomarker.stats.pairs.basis import PairBasis, constants_of
from biomarker.stats.pairs.plain import judged
from biomarker.stats.pairs.response import PairResponse
from biomarker.stats.pairs.scan import FAMILIES, scan_pairs
from biomarker.stats.pairs.statistics import STATISTICS

FEATURES, SUBJECTS, COVARIATES = 20_000, 300, 4
PAIRS = FEATURES * (FEATURES - 1) // 2
VARIANTS = sum(shape.variants for shape in SHAPES.values() if shape.arity == 2)
#: Published pair scans, pairs a second.
PUBLISHED = {"BOOST, CPU": 3.0e5, "GBOOST, GPU": 1.3e7}


def problem(n: int = SUBJECTS, p: int = FEATURES) -> tuple[np.ndarray, PairResponse]:
    """Normal features and outcome, intercept and four covariates."""
    rng = np.random.default_rng(1)
    values = rng.standard_normal((n, p)).astype(np.float32).astype(np.float64)
    return values, PairResponse.of(rng.standard_normal(n), rng.standard_normal((n, COVARIATES)))


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Wall and processor seconds of one call, the latter of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def scans(basis: PairBasis, response: PairResponse, threads: int, parts: int) -> dict[str, dict[str, float]]:
    """Each family on one part of the rows, and everything; seconds for all pairs extrapolated from pairs done."""
    found = {}
    for name, families in [*((family, (family,)) for family in FAMILIES), ("everything", FAMILIES)]:
        scan_pairs(basis, response, families=families, threads=threads, parts=parts * 20)  # compiled, warm
        pairs = {"n": 0}

        def work(families: tuple[str, ...] = families, pairs: dict[str, int] = pairs) -> None:
            own = parts if families != ("sums",) else 1
            pairs["n"] = scan_pairs(basis, response, families=families, threads=threads, parts=own).n_pairs

        took = timed(work)
        share = pairs["n"] / PAIRS
        found[name] = {
            **took,
            "pairs": pairs["n"],
            "cpu_all_s": took["cpu_s"] / share,
            "wall_all_s": took["wall_s"] / share,
        }
    permuted = response.permuted(19, generator=np.random.default_rng(2), strata=np.zeros(SUBJECTS, np.int64))
    pairs = {"n": 0}

    def permutations() -> None:
        pairs["n"] = scan_pairs(basis, response, residuals=permuted, threads=threads, parts=parts * 4).n_pairs

    took = timed(permutations)
    share = pairs["n"] / PAIRS
    found["19 permutations of everything"] = {
        **took, "pairs": pairs["n"], "cpu_all_s": took["cpu_s"] / share, "wall_all_s": took["wall_s"] / share,
    }  # fmt: skip
    return found


def peers(values: np.ndarray, response: PairResponse) -> dict[str, float]:
    """Formulas a second of the plain version and of statsmodels, one thread, processor time."""
    import statsmodels.api as sm

    small = values[:, :20]
    constants = constants_of(small, min_group=10)
    count = 0
    start = time.process_time()
    for v in range(0, len(STATISTICS), 3):
        for j in range(1, 6):
            judged(STATISTICS[v], small[:, 0], small[:, j], constants.take(np.array([0, j])), response)
            count += 1
    plain = count / (time.process_time() - start)
    y, base = response.residual, response.basis
    start = time.process_time()
    for j in range(1, 101):
        product = small[:, 0] * small[:, 1 + j % 19]
        sm.OLS(y, np.column_stack([base, small[:, 0], small[:, 1 + j % 19], product])).fit().tvalues  # noqa: B018
    return {
        "plain numpy, a formula at a time": plain,
        "statsmodels OLS, a formula at a time": 100 / (time.process_time() - start),
    }


def ceiling() -> float:
    """GFLOP/s of single-precision matrix products of one thread, by processor time."""
    a = np.random.default_rng(0).standard_normal((2048, 2048)).astype(np.float32)
    a @ a
    start = time.process_time()
    for _ in range(3):
        a @ a
    return 3 * 2 * 2048**3 / (time.process_time() - start) / 1e9


def render(result: dict[str, object]) -> str:
    """FORMULAS.md from the numbers."""
    s, full = result["scans"], result.get("full")
    rate = PAIRS / s["everything"]["cpu_all_s"] * 2
    flops = 2 * SUBJECTS * PAIRS * (4 * (COVARIATES + 2) * 4 + 4 * 4 + 4 + 3 + 4 * 5 + 4 + 1)
    lines = [
        "# Search for formulas\n",
        "Written by `python benchmarks/formulas.py` (`--full` for the row of the full run). "
        f"{FEATURES:,} features, {SUBJECTS} subjects, intercept and {COVARIATES} covariates; all {PAIRS:.3g} pairs in "
        f"{VARIANTS} variants, {PAIRS * VARIANTS:.3g} formulas. Processor seconds are of all threads; half of them is "
        "the time on two cores with nothing else to do.\n",
        f"Machine: {'; '.join(f'{k} {v}' for k, v in result['machine'].items())}; {result['threads']} threads; peak memory"
        f" {result['peak_mb']:.0f} MB.\n",
        "| what | pairs timed | processor s, all pairs | on two idle cores, s | wall s as it was, all pairs |",
        "|---|---|---|---|---|",
    ]
    names = {
        "products": "products, and, or, xor, where (52 variants)",
        "differences": "distance, order, max, min (6 variants)",
        "sums": "log-ratio and sums (4 variants)",
        "everything": "everything, 62 variants",
        "19 permutations of everything": "19 permutations of everything",
    }
    for name, row in s.items():
        done = f"{row['pairs']:.3g}" + (" (all)" if row["pairs"] == PAIRS else "")
        lines.append(
            f"| {names[name]} | {done} | {row['cpu_all_s']:.0f} | {row['cpu_all_s'] / 2:.1f} | {row['wall_all_s']:.0f} |"
        )
    if full:
        lines.append(
            f"| **everything, full run** | {PAIRS:.3g} (all) | {full['cpu_s']:.0f} | {full['cpu_s'] / 2:.0f} | {full['wall_s']:.0f} |"
        )
        lines.append(
            f"\nFull run: {full['n_searched']:,} formulas judged, peak memory {full['peak_mb']:.0f} MB, load {full['load']:.1f}, "
            f"code {full.get('code', 'as committed with this table')}.\n"
        )
    first = s["everything"]["cpu_all_s"]
    more = (s["19 permutations of everything"]["cpu_all_s"]) / 2
    lines += [
        f"\nWith 19 permutations the search takes {(first / 2 + more) / 60:.0f} min on two idle cores; smallest p 0.05. With 99 in "
        f"rounds of 19 and 40 about {(first / 2 + more * 99 / 19) / 60:.0f} min; smallest p 0.01.\n",
        f"Pairs a second on two idle cores: {rate:.2g} in all {VARIANTS} variants ({rate * VARIANTS:.2g} formulas). "
        f"Published: {', '.join(f'{k} {v:.1e}' for k, v in PUBLISHED.items())} pairs a second, one test a pair.\n",
        "Formulas a second, one thread: "
        + ", ".join(f"{k} {v:.0f}" for k, v in result["peers"].items())
        + f"; this search {rate * VARIANTS / 2:.2g}.\n",
        f"The matrix products of the first family are {flops:.2g} operations, {flops / s['products']['cpu_all_s'] / 1e9:.0f} GFLOP/s "
        f"a thread over its whole time, of {result['ceiling']:.0f} that one thread reaches in matrix products alone.\n",
        "On a GPU: not measured.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder of the results")
    parser.add_argument("--full", action="store_true", help="search all pairs")
    parser.add_argument("--parts", type=int, default=50, help="without --full one of so many parts is timed")
    given = parser.parse_args()
    path = given.out / "FORMULAS.json"
    result = json.loads(path.read_text()) if path.exists() else {}
    threads = 2
    values, response = problem()
    with threadpool_limits(1):
        basis = PairBasis.of(values, constants_of(values, min_group=10), response, np.zeros(FEATURES, np.int32))
        if given.full:
            scan_pairs(basis, response, threads=threads, parts=2000)
            load = os.getloadavg()[0]
            wall, cpu = time.perf_counter(), time.process_time()
            found = scan_pairs(basis, response, threads=threads)
            shapes = {"distance": 3}
            searched = sum(
                (found.n_pairs - int(found.refused[v].sum())) * shapes.get(s.kind, 1) for v, s in enumerate(STATISTICS)
            )
            result["full"] = {
                "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "n_searched": searched,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "load": load,
            }  # fmt: skip
        else:
            result |= {
                "machine": machine(), "threads": threads, "load": os.getloadavg()[0],
                "scans": scans(basis, response, threads, given.parts), "peers": peers(values, response), "ceiling": ceiling(),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }  # fmt: skip
    path.write_text(json.dumps(result, indent=1) + "\n")
    if "scans" in result:
        (given.out / "FORMULAS.md").write_text(render(result))


if __name__ == "__main__":
    main()
