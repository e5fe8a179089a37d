"""Measure every screen against its peers and write RESULTS.md and RESULTS.json beside this file."""

import argparse
import json
import sys
from pathlib import Path

if __name__ == "__main__":  # run as a file, the folder above is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import peers
from benchmarks.cases import Problem, drug_panel, permuted, problem, screens
from benchmarks.measure import in_own_process, machine, matrix_product_ceiling, seconds
from benchmarks.stored import stored_screens
from biomarker import stats

FEATURES, SUBJECTS = 20_000, 500
TITLES = {
    "linear": "linear",
    "moderated": "moderated t with trend",
    "logistic": "logistic, score test",
    "rank_sum": "Wilcoxon, double precision",
    "rank_sum_single": "Wilcoxon, single precision",
    "cox": "Cox, score test",
    "linear_interaction": "linear, feature x treatment",
    "logistic_interaction": "logistic, feature x treatment",
    "cox_interaction": "Cox, feature x treatment",
}


def own_times(d: Problem) -> dict[str, dict[int, float]]:
    """Seconds of every screen with one and two threads of the BLAS; the fits of single models in seconds each."""
    times: dict[str, dict[int, float]] = {}
    for threads in (1, 2):
        with threadpool_limits(threads):
            for name, work in screens(d).items():
                repeats = 2 if name in ("logistic_interaction", "cox_interaction") else 15
                times.setdefault(name, {})[threads] = seconds(work, repeats=repeats)
            features, responses, covariates = drug_panel()
            times.setdefault("drug_panel", {})[threads] = seconds(
                lambda data=(features, responses, covariates): stats.linear_screen(*data), repeats=3
            )
            times.setdefault("max_t", {})[threads] = seconds(lambda: permuted(d), repeats=1)
            times.setdefault("ceiling", {})[threads] = matrix_product_ceiling()
            times.setdefault("read", {})[threads] = seconds(d.features.sum)
    design = np.column_stack([d.covariates, d.features[:, 0]])
    with threadpool_limits(1):
        fits = {
            "linear_fit": lambda: stats.linear_fit(design, d.continuous),
            "logistic_fit": lambda: stats.logistic_fit(design, d.outcome),
            "cox_fit": lambda: stats.cox_fit(design[:, 1:], d.time, d.event),
        }
        for name, work in fits.items():
            times[name] = {1: seconds(work, repeats=31)}
    return times


def pairs(d: Problem, own: dict[str, dict[int, float]]) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Peers' seconds for all features beside ours, taken right before, and what R says of itself."""
    rows: list[dict[str, object]] = []

    def ours_now(screen: str) -> float:
        return min(seconds(screens(d)[screen], repeats=15), own[screen][1])

    def add(screen: str, peer: str, took: float, ours: float, how: str) -> None:
        row = {"screen": TITLES[screen], "peer": peer, "peer_s": took, "own_1": ours, "own_2": own[screen][2]}
        rows.append({**row, "ratio": took / ours, "how": how})

    with threadpool_limits(1):
        for screen, peer, loop, sample in (
            ("linear", "statsmodels OLS loop", peers.statsmodels_ols, 300),
            ("logistic", "statsmodels GLM score_test loop", peers.statsmodels_score, 300),
            ("logistic", "statsmodels Logit loop (full fit)", peers.statsmodels_logit, 200),
            ("cox", "statsmodels PHReg loop (full fit)", peers.statsmodels_cox, 30),
        ):
            ours = ours_now(screen)
            took = loop(d, sample) * FEATURES
            add(screen, peer, took, ours, f"extrapolated from {sample} features; 1 thread")
        for screen in ("rank_sum", "rank_sum_single"):
            ours = ours_now(screen)
            add(
                screen,
                "scipy mannwhitneyu, vectorised",
                peers.scipy_rank_sum(d),
                ours,
                "all features, double precision",
            )
        linear, moderated, logistic, cox = (ours_now(name) for name in ("linear", "moderated", "logistic", "cox"))
        r = peers.r_peers(d)
    if r is None:
        return rows, {"versions": "R, limma or survival is absent here: its rows are missing"}
    bare = "extrapolated from 200 features; the bare fitting function, without formula handling"
    add("linear", "R limma lmFit", float(r["lmfit"]), linear, "all features; the same fit, without p-values")
    both = "all features; the same test: moderated with trend, p-values on both sides"
    add("moderated", "R limma lmFit + eBayes", float(r["lmfit_ebayes"]), moderated, both)
    add("cox", "R survival coxph loop (full fit)", float(r["coxph_per_feature"]) * FEATURES, cox,
        "extrapolated from 50 features; as users call it, by formula")  # fmt: skip
    add("logistic", "R glm.fit loop (full fit)", float(r["glm_per_feature"]) * FEATURES, logistic, bare)
    add("cox", "R survival coxph.fit loop (full fit)", float(r["cox_per_feature"]) * FEATURES, cox, bare)
    ours = stats.linear_screen(d.features, d.continuous[:, None], d.covariates).statistic[:, 0]
    r["t_difference"] = float(np.abs(ours - r.pop("t")).max())
    ours = stats.moderated_screen(d.features, d.continuous[:, None], d.covariates).statistic[:, 0]
    r["moderated_t_difference"] = float(np.abs(ours - r.pop("moderated_t")).max())
    return rows, r


def growth() -> list[dict[str, object]]:
    """Seconds and memory beside the input at two numbers of subjects and of features, each in its own process."""
    rows = []
    for name in ("linear", "logistic", "cox"):
        for n, p in ((500, 10_000), (500, 20_000), (1000, 10_000)):
            rows.append({"screen": TITLES[name], "n": n, "p": p, **in_own_process(name, n, p, threads=1)})
    rows.append({"screen": "drug panel", "n": 988, "p": 677, **in_own_process("drug_panel", threads=1)})
    return rows


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def render(result: dict[str, object]) -> str:
    """RESULTS.md from the numbers."""
    own, rows = result["own"], result["pairs"]
    flops = 2 * SUBJECTS * FEATURES * (5 + 1)
    share = flops / own["linear"][1] / 1e9 / own["ceiling"][1]
    parts = [
        "# Benchmarks\n\nWritten by `make bench`. Times are the best of several calls, in seconds, after one that warms"
        " up (and in which two loops are compiled, kept for later processes), without reading files. Nothing moves to"
        " another device.\n",
        table(["", ""], [[k, str(v)] for k, v in {**result["machine"], "R": result["r"]["versions"]}.items()]),
        f"\n## Against other packages: {FEATURES:,} features x {SUBJECTS} subjects, intercept and 4 covariates\n\n"
        "Each pair is measured in this one run. The ratio is to ours with one thread.\n",
        table(
            ["screen", "peer", "peer, s", "ours, 1 thread, s", "ours, 2 threads, s", "ratio", "how the peer was timed"],
            [[r["screen"], r["peer"], f"{r['peer_s']:.3g}", f"{r['own_1']:.3f}", f"{r['own_2']:.3f}",
              f"{r['ratio']:.0f}x", r["how"]] for r in rows],
        ),
        f"\nThe t statistics of limma and ours differ by at most {result['r']['t_difference']:.1e} before moderation"
        f" and {result['r']['moderated_t_difference']:.1e} after.\n" if "t_difference" in result["r"] else "",
        "\n## All screens\n",
        table(
            ["screen", "1 thread, s", "2 threads, s"],
            [[TITLES[k], f"{own[k][1]:.3f}", f"{own[k][2]:.3f}"] for k in TITLES]
            + [["linear, 677 features x 265 endpoints x 988 subjects, 27 levels, 18% missing (synthetic)",
                f"{own['drug_panel'][1]:.3f}", f"{own['drug_panel'][2]:.3f}"],
               ["step-down maxT, 10,000 permutations within 4 strata", f"{own['max_t'][1]:.2f}",
                f"{own['max_t'][2]:.2f}"]],
        ),
        f"\nThis machine multiplies matrices at {own['ceiling'][1]:.0f} GFLOP/s with one thread and"
        f" {own['ceiling'][2]:.0f} with two. The products of the linear screen take {flops / 1e9:.2f} GFLOP,"
        f" {share:.0%} of that ceiling over its whole time: it is bound by passes over memory, of which one read of the"
        f" features takes {own['read'][1]:.3f} s.\n",
        "\n## One model at a time (500 subjects, 6 columns)\n",
        table(["fit", "ms"], [[k, f"{own[k][1] * 1e3:.2f}"] for k in ("linear_fit", "logistic_fit", "cox_fit")]),
        "\n## Growth and memory (one thread, each in a process of its own)\n",
        table(
            ["screen", "subjects", "features", "seconds", "process before, MB", "peak beside that, MB"],
            [[r["screen"], f"{r['n']}", f"{r['p']:,}", f"{r['seconds']:.3f}", f"{r['input_mb']:.0f}",
              f"{r['extra_mb']:.0f}"] for r in result["growth"]],
        ),
        "\n## The product's screen, features on disk (one thread, each in a process of its own)\n\n"
        "Read, filtered, described, tested, the leading ones refitted, and made into the table of results; with"
        " Wilcoxon's test beside the logistic model. Peak memory is that of the whole process.\n",
        table(
            ["endpoint", "subjects", "features", "seconds", "peak memory, MB"],
            [[r["endpoint"], f"{r['n']}", f"{r['p']:,}", f"{r['seconds']:.1f}", f"{r['peak_mb']:.0f}"]
             for r in result["stored"]],
        ),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder of the results")
    folder = parser.parse_args().out
    about = machine()
    d = problem(SUBJECTS, FEATURES)
    own = own_times(d)
    rows, r = pairs(d, own)
    result = {"machine": about, "own": own, "pairs": rows, "r": r, "growth": growth(), "stored": stored_screens()}
    text = render(result)
    (folder / "RESULTS.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
