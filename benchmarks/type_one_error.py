"""Type I error of every adaptive design by 100,000 simulated studies of each truth; writes TYPE_ONE_ERROR.md."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file, the folder above is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy.special import ndtri

from biomarker import trial
from biomarker.rng import stream

ALPHA = 0.025
SEED = 20261130
ASSAY = trial.Assay(0.9, 0.92)
LOOKS = {
    "O'Brien-Fleming spending, 3 looks": trial.group_sequential(information=3),
    "Pocock spending, looks at .3, .8, 1": trial.group_sequential(
        information=[0.3, 0.8, 1.0], efficacy=trial.LanDeMetsPocock()
    ),
    "non-binding futility, ignored": trial.group_sequential(
        information=3, efficacy=trial.HwangShihDeCani(-4), futility=trial.HwangShihDeCani(-2)
    ),
    "binding futility, obeyed": trial.group_sequential(
        information=3, efficacy=trial.OBrienFleming(), futility=trial.KimDeMets(2), binding=True
    ),
}
# What is false alarm: nothing works; nothing works but the marker is prognostic
SURVIVAL = {
    "nothing works": trial.Scenario(0.08, 1.0, 1.0, prevalence=0.35, accrual=24, assay=ASSAY),
    "nothing works, marker prognostic": trial.Scenario(
        0.08, 1.0, 1.0, prevalence=0.35, accrual=24, prognostic=2.5, assay=ASSAY
    ),
}
OUTCOMES = {
    f"{truth}, {kind}": trial.OutcomeScenario(effect, 0.35, assay=ASSAY)
    for kind, effects in {
        "means": (trial.MeansEffect(0, 0, 1.0), trial.MeansEffect(0, 0, 1.0, prognostic=0.5)),
        "rates": (trial.RatesEffect(0.3, 0.3, 0.3, 0.3), trial.RatesEffect(0.5, 0.3, 0.5, 0.3)),
    }.items()
    for truth, effect in zip(SURVIVAL, effects, strict=True)
}
ANALYSES: dict[str, dict[str, Any]] = {
    "group-sequential, log-rank or score test": {"looks": LOOKS["O'Brien-Fleming spending, 3 looks"]},
    "closed combination test, 3 looks": {
        "looks": LOOKS["O'Brien-Fleming spending, 3 looks"],
        "analysis": "closed",
    },
    "closed test, Simes, one look": {"analysis": "closed", "intersection": "simes"},
    "fallback": {"analysis": "fallback"},
}
ENRICHMENT = {
    "test-negative dropped below z 0": {"enrich_below": 0.0},
    "test-negative dropped below z 1, stop below 0": {"enrich_below": 1.0, "stop_below": 0.0},
    "test-negative always dropped": {"enrich_below": np.inf},
}


def looks(trials: int, rng: np.random.Generator, *, name: str) -> float:
    """Independent normal increments against the bounds."""
    design = LOOKS[name]
    steps = rng.normal(size=(trials, design.n_looks)) * np.sqrt(np.diff(design.information, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(design.information)
    passed = z >= design.upper
    if name.startswith("binding"):
        stopped = np.logical_or.accumulate(z <= design.lower, axis=1)
        passed &= ~np.concatenate([np.zeros((trials, 1), bool), stopped[:, :-1]], axis=1)
    return float(passed.any(axis=1).mean())


def unplanned(trials: int, rng: np.random.Generator) -> float:
    """Looks at other times than planned, one more of them: the error is spent by what was seen."""
    design = trial.group_sequential(information=[0.25, 0.4, 0.85, 1.0])
    steps = rng.normal(size=(trials, 4)) * np.sqrt(np.diff(design.information, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(design.information)
    return float((z >= design.upper).any(axis=1).mean())


def reestimation(trials: int, rng: np.random.Generator, *, statistic: str, promising: float) -> float:
    """Subjects doubled at most where the interim result is promising."""
    n1, n2, c = 100.0, 200.0, float(-ndtri(ALPHA))
    z1 = rng.normal(size=trials)
    plan = trial.promising_zone(
        z1, n_interim=n1, n_planned=n2, n_max=400.0, critical=c, target=0.9, promising=promising, statistic=statistic
    )
    z2 = rng.normal(size=trials)
    if statistic == "weighted":
        return float((np.sqrt(n1 / n2) * z1 + np.sqrt(1.0 - n1 / n2) * z2 >= c).mean())
    return float(((np.sqrt(n1) * z1 + np.sqrt(plan.n - n1) * z2) / np.sqrt(plan.n) >= c).mean())


def combination(trials: int, rng: np.random.Generator) -> float:
    """Fisher's product of two stages, the second of any size."""
    design = trial.fisher_design(looks=2, alpha=ALPHA)
    p = rng.random((trials, 2))
    return float(((p[:, 0] <= design.critical[0]) | (p.prod(axis=1) <= design.critical[1])).mean())


def enrichment(trials: int, rng: np.random.Generator, *, rule: str, worth: float) -> float:
    """Adaptive enrichment: any rejection where nothing works; of the whole where the effects cancel each other."""
    setting = trial.Setting(0.4, trial.MeansEffect(worth, -worth * 2 / 3, 1.0))
    found = trial.adaptive_enrichment(setting, n=400, rng=rng, interim=0.4, trials=trials, **ENRICHMENT[rule])
    return found.power["any" if worth == 0 else "overall"]


def signature(trials: int, rng: np.random.Generator, *, prognostic: float) -> float:
    """Freidlin and Simon's procedure itself: the best of ten markers is learned in one half and tested in the other.

    The marker with the largest interaction among 100 subjects defines who is sensitive among the other 100.
    """
    half, markers, done, rejected = 100, 10, 0, 0
    first, second = 0.8 * ALPHA, 0.2 * ALPHA
    arm = np.arange(half) % 2 == 0
    while done < trials:
        count = min(2000, trials - done)
        x = rng.random((2, count, half, markers)) < 0.3
        y = rng.normal(size=(2, count, half)) + prognostic * x[..., 0]
        overall = _z(
            y.transpose(1, 0, 2).reshape(count, -1), np.tile(arm, 2)[None, :], np.ones((count, 2 * half), bool)
        )
        slope = np.stack([_difference(y[0], arm, x[0, :, :, j]) - _difference(y[0], arm, ~x[0, :, :, j])
                          for j in range(markers)])  # fmt: skip
        sensitive = np.take_along_axis(x[1], slope.argmax(axis=0)[:, None, None], axis=2)[:, :, 0]
        subset = _z(y[1], arm[None, :], sensitive)
        rejected += int(((overall >= -ndtri(first)) | (subset >= -ndtri(second))).sum())
        done += count
    return rejected / trials


def _difference(y: Any, arm: Any, members: Any) -> Any:
    """Treated minus control mean among the members, row by row."""
    treated, control = members & arm, members & ~arm
    return (y * treated).sum(axis=1) / np.maximum(treated.sum(axis=1), 1) - (y * control).sum(axis=1) / np.maximum(
        control.sum(axis=1), 1
    )


def _z(y: Any, arm: Any, members: Any) -> Any:
    """Student's t of the members as a normal deviate; 0 where an arm has fewer than two."""
    from scipy.special import stdtr

    groups = [members & arm, members & ~arm]
    sizes = [group.sum(axis=1) for group in groups]
    means = [(y * group).sum(axis=1) / np.maximum(size, 1) for group, size in zip(groups, sizes, strict=True)]
    squares = sum((((y - mean[:, None]) ** 2) * group).sum(axis=1) for group, mean in zip(groups, means, strict=True))
    dof = np.maximum(sizes[0] + sizes[1] - 2, 1)
    error = np.sqrt(squares / dof * (1 / np.maximum(sizes[0], 1) + 1 / np.maximum(sizes[1], 1)))
    t = np.where(np.minimum(*sizes) >= 2, (means[0] - means[1]) / np.where(error > 0, error, 1.0), 0.0)
    return ndtri(stdtr(dof, t))


def platform(trials: int, rng: np.random.Generator) -> float:
    """Three arms, one control, Dunnett's critical value."""
    arms, size = 3, 100
    control = rng.normal(size=(trials, 1)) / np.sqrt(size)
    z = (rng.normal(size=(trials, arms)) / np.sqrt(size) - control) / np.sqrt(2.0 / size)
    return float((z.max(axis=1) >= trial.dunnett_critical(arms, alpha=ALPHA)).mean())


def basket(trials: int, rng: np.random.Generator, *, borrowing: str) -> float:
    """Of a basket where nothing is active anywhere, in studies other than those that gave the threshold."""
    found = trial.basket(
        n=20, null=0.15, alternative=0.4, baskets=4, active=0, alpha=ALPHA, borrowing=borrowing, trials=trials, rng=rng
    )
    return found.decisions["error beside active baskets"]


def jobs() -> Iterator[tuple[str, str, Callable[[int, np.random.Generator], float]]]:
    """Design, truth, and what gives the share of false alarms."""
    for name in LOOKS:
        yield f"group-sequential: {name}", "no effect", lambda n, rng, name=name: looks(n, rng, name=name)
    yield "group-sequential: an unplanned look", "no effect", unplanned
    for statistic, promising in (("weighted", 0.1), ("weighted", 0.5), ("conventional", 0.5)):
        yield (
            f"sample-size re-estimation, {statistic}, promising from {promising:g}",
            "no effect",
            lambda n, rng, s=statistic, p=promising: reestimation(n, rng, statistic=s, promising=p),
        )
    yield "Fisher's product of two stages", "no effect", combination
    for name, more in ANALYSES.items():
        for truth, scenario in SURVIVAL.items():
            yield (
                f"{name}",
                f"{truth}, survival",
                lambda n, rng, s=scenario, m=more: _any(
                    trial.simulate_survival(s, n=300, events=210, rng=rng, trials=n, **m)
                ),
            )
        for truth, outcome in OUTCOMES.items():
            yield (
                f"{name}",
                truth,
                lambda n, rng, s=outcome, m=more: _any(trial.simulate_outcomes(s, n=300, rng=rng, trials=n, **m)),
            )
    for rule in ENRICHMENT:
        for worth, truth in ((0.0, "nothing works"), (0.4, "the positive gain what the negative lose: whole")):
            yield (
                f"adaptive enrichment, {rule}",
                truth,
                lambda n, rng, r=rule, w=worth: enrichment(n, rng, rule=r, worth=w),
            )
    for prognostic, truth in ((0.0, "nothing works"), (1.0, "nothing works, a marker prognostic")):
        yield (
            "adaptive signature, 10 markers",
            truth,
            lambda n, rng, p=prognostic: signature(n, rng, prognostic=p),
        )
    yield "platform, 3 arms, Dunnett", "nothing works", platform
    for borrowing in ("none", "hierarchical"):
        yield (
            f"basket, borrowing {borrowing}",
            "nothing active: a basket",
            lambda n, rng, b=borrowing: basket(n, rng, borrowing=b),
        )


def _any(found: Any) -> float:
    return float(found.power.get("any", found.power.get("overall")))


def rows(trials: int) -> list[dict[str, Any]]:
    """Each design and truth with its rate and what it may be: the nominal level and three standard errors."""
    limit = ALPHA + 3.0 * float(np.sqrt(ALPHA * (1.0 - ALPHA) / trials))
    found = []
    for design, truth, work in jobs():
        rate = work(trials, stream(SEED, "type one error", design, truth))
        found.append({"design": design, "truth": truth, "rate": rate, "limit": limit, "trials": trials})
    return found


def render(found: list[dict[str, Any]]) -> str:
    """TYPE_ONE_ERROR.md from the numbers."""
    first = found[0]
    lines = [
        "# Type I error of adaptive designs\n",
        f"Written by `python -m benchmarks.type_one_error`: {first['trials']:,} simulated studies a row, one-sided "
        f"level {ALPHA:g}; with three standard errors of the simulation, at most {first['limit']:.5f}.\n",
        "| design | truth | share that rejects |\n| --- | --- | --- |",
        *(f"| {row['design']} | {row['truth']} | {row['rate']:.5f} |" for row in found),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Simulate, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder of the results")
    parser.add_argument("--trials", type=int, default=100_000, help="simulated studies of each row")
    given = parser.parse_args()
    found = rows(given.trials)
    (given.out / "TYPE_ONE_ERROR.json").write_text(json.dumps(found, indent=1) + "\n")
    (given.out / "TYPE_ONE_ERROR.md").write_text(render(found))
    print(render(found))


if __name__ == "__main__":
    main()
