"""Study designs and health economics: seconds beside their goals and plain loops; writes DESIGNS.md."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file, the folder above is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import time

import numpy as np

from benchmarks.measure import machine
from benchmarks.sick_sicker import PARAMETERS, STRATEGIES, sick_sicker, sick_sicker_draws, sick_sicker_loop
from biomarker import trial
from biomarker.arrays import Device, choose_device
from biomarker.stats import multistate

SURVIVAL = trial.SurvivalEffect(0.6, 1.0, 0.08, accrual=24, follow_up=12)
PLANNED = trial.Scenario(0.08, 0.6, 1.0, prevalence=0.35, accrual=24)


def comparison() -> None:
    """Seven designs sized in 200 settings, survival with a screening rate."""
    grid = product((0.1, 0.2, 0.3, 0.4, 0.5), (0.4, 0.5, 0.55, 0.6), (0.8, 0.9), (0.8, 1.0, 1.25, 1.5, 2.0))
    names = [name for name, method in trial.DESIGNS.items() if method.marker and not method.simulated]
    for p, ratio, se, r in grid:
        effect = replace(SURVIVAL, hazard_ratio_positive=ratio)
        setting = trial.Setting(p, effect, trial.Assay(se, 0.95), 0.8, r, screening_rate=30.0)
        for name in names:
            trial.DESIGNS[name].evaluate(setting, power=0.9)


def search() -> None:
    """All designs of one setting over cut-offs, looks and sizes, averaged over what is known of the effects."""
    effect = trial.MeansEffect(0.5, 0.0, sd=1.0)
    trial.optimise(
        trial.Setting(prevalence=0.3, effect=effect, consent=0.8, screening_rate=30),
        costs=trial.Costs(fixed=1, screened=0.0005, tested=0.001, randomised=0.02, time=0.05, look=0.1),
        worth=trial.Worth(value=0.05, patients=100, horizon=96, treatment=0.004, test=0.0005),
        uncertainty=trial.EffectUncertainty(0.2, 0.1),
        cutoffs=trial.CutOffs.binormal([0.5, 1.0, 1.5], prevalence=0.3, separation=2.0),
        looks=(None, trial.group_sequential(information=[0.5, 1.0])),
    )


def psa(n: int = 10_000) -> None:
    """All draws of the Sick-Sicker model at once, four strategies."""
    sick_sicker(sick_sicker_draws(n, np.random.default_rng(1)))


def psa_loop(n: int) -> None:
    """The same by a plain loop over draws and cycles."""
    drawn = sick_sicker_draws(n, np.random.default_rng(1))
    fixed = {name: value for name, value in PARAMETERS.items() if name not in drawn}
    for i in range(n):
        sick_sicker_loop({**fixed, **{name: float(value[i]) for name, value in drawn.items()}})


def base_case() -> str:
    """Totals of the base case, beside which the tutorial's stand."""
    cost, effect = sick_sicker(PARAMETERS)
    return "; ".join(f"{name} {c:,.0f} and {q:.3f}" for name, c, q in zip(STRATEGIES, cost, effect, strict=True))


def multistate_fit() -> None:
    """Maximum likelihood of a four-state process seen at visits of 622 patients."""
    q = np.array([[-0.18, 0.13, 0, 0.05], [0.22, -0.6, 0.33, 0.05], [0, 0.25, -0.55, 0.3], [0, 0, 0, 0]])
    rng = np.random.default_rng(3)
    subject, when, state = [], [], []
    for i in range(622):
        now = 0
        for visit in range(6):
            subject.append(i)
            when.append(1.5 * visit)
            state.append(now)
            row = multistate.transition_probabilities(q, 1.5)[now] if now < 3 else np.array([0, 0, 0, 1.0])
            now = int(rng.choice(4, p=row / row.sum()))
            if state[-1] == 3:
                break
    multistate.markov_fit(np.array(subject), np.array(when), np.array(state), (q > 0).astype(float))


def simulation(trials: int, *, looks: bool, device: Device | None = None) -> None:
    """Studies of 600: one look overall, or three looks with the subgroup and closed testing."""
    plan = trial.group_sequential(information=3)
    choices: dict[str, Any] = {"looks": plan, "analysis": "closed"} if looks else {}
    rng = np.random.default_rng(1)
    trial.simulate_survival(PLANNED, n=600, events=400, rng=rng, trials=trials, device=device, **choices)


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Best wall and processor seconds of several calls after one that warms up."""
    work()
    wall, own = [], []
    for _ in range(repeats):
        begin, begun = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - begin)
        own.append(time.process_time() - begun)
    return min(wall), min(own)


def rows(*, trials: int) -> list[dict[str, Any]]:
    """What is measured, its goal and its seconds."""
    scale = 100_000 / trials
    found: list[dict[str, Any]] = []

    def add(
        what: str, goal: str, work: Callable[[], Any], *, repeats: int = 3, times: float = 1.0, how: str = ""
    ) -> None:
        wall, own = timed(work, repeats)
        found.append({"what": what, "goal": goal, "wall": times * wall, "own": times * own, "how": how})

    add("bounds, 10 looks", "0.05 s", lambda: trial.group_sequential(information=10), repeats=9)
    add("7 designs in 200 settings", "10 s", comparison, repeats=1)
    add("search: 6 designs, 3 cut-offs, 2 ways of looking, 6 sizes", "", search, repeats=1)
    add("Sick-Sicker model, 10,000 draws, 4 states, 75 years, 4 strategies", "0.5 s", psa,
        how=f"base case, cost and QALYs: {base_case()}")  # fmt: skip
    add("the same by a plain loop over draws", "", lambda: psa_loop(100), repeats=1, times=100.0,
        how="extrapolated from 100 draws")  # fmt: skip
    add("multi-state maximum likelihood, 622 patients, 4 states", "5 s", multistate_fit, repeats=1)
    how = "" if trials == 100_000 else f"extrapolated from {trials:,} studies"
    for name, looks, goal in (("one look", False, "8 s"), ("three looks, subgroup, closed test", True, "30 s")):
        add(f"100,000 survival studies of 600, {name}", goal, partial(simulation, trials, looks=looks), repeats=1,
            times=scale, how=how)  # fmt: skip
        best = choose_device("auto")
        if best.kind == "cuda":
            add(f"the same on {best.name}, subjects drawn on the CPU", "",
                partial(simulation, trials, looks=looks, device=best), repeats=1, times=scale, how=how)  # fmt: skip
    return found


def render(result: dict[str, Any]) -> str:
    """DESIGNS.md from the numbers."""
    lines = [
        "# Study designs and health economics\n",
        "Written by `make bench` (`python -m benchmarks.designs`). Best of several calls after one that warms up. "
        "Goals are wall seconds on two idle cores; where others were at work, the seconds of processor time say more "
        "(of the two threads of a simulation they are the sum). "
        + ("" if any("the same on" in row["what"] for row in result["rows"]) else "There was no GPU to measure on.")
        + "\n",
        "| | |\n| --- | --- |",
        *(f"| {name} | {value} |" for name, value in result["machine"].items()),
        "",
        "| what | goal | wall, s | processor, s | how |\n| --- | --- | --- | --- | --- |",
        *(
            f"| {row['what']} | {row['goal'] and '< ' + row['goal']} | {row['wall']:.3g} | {row['own']:.3g} | "
            f"{row['how']} |"
            for row in result["rows"]
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder of the results")
    parser.add_argument("--trials", type=int, default=100_000, help="simulated studies; fewer are extrapolated")
    given = parser.parse_args()
    result = {"machine": machine(), "rows": rows(trials=given.trials)}
    text = render(result)
    (given.out / "DESIGNS.json").write_text(json.dumps(result, indent=1) + "\n")
    (given.out / "DESIGNS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
