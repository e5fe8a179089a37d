"""What can be designed without a marker to stratify by: a study that could find one, or one without a control arm."""

from typing import Any

import numpy as np

from biomarker.errors import ConfigError
from biomarker.trial.proposal.intent import Intent
from biomarker.trial.proposal.rows import design_base, without_numbers
from biomarker.trial.sizes.interaction import (
    sample_size_interaction_means,
    sample_size_interaction_rates,
    sample_size_interaction_survival,
)
from biomarker.trial.sizes.single_arm import simon_two_stage, single_stage

__all__ = ["discovery_studies", "single_arm_studies"]

Row = dict[str, Any]
# Difference of the effects between the halves of the subjects that a study to find a marker is sized for
DETECTABLE = {
    "binary": (1.0, "log odds ratio"),
    "continuous": (0.6, "standard deviations"),
    "survival": (0.7, "log hazard ratio"),
}
BALANCED = 0.5


def discovery_studies(
    *, type: str, control: float, tested: int, intent: Intent, event_probability: float = 0.7
) -> list[Row]:
    """Studies that could find a predictive marker: sizes of the interaction, for one marker and for all tested.

    The marker splits the subjects in halves, only the positive half benefits, and the two effects differ by a stated
    amount. With m features the level is Bonferroni's, ``2 alpha / m`` two-sided: what the first one called at a false
    discovery rate would need.

    Parameters
    ----------
    type : {"binary", "continuous", "survival"}
    control : float
        Event rate of the controls of a binary endpoint; else not used.
    tested : int
        Features that would be tested.
    intent : Intent
    event_probability : float
        Of a subject of a survival endpoint by the end.

    Returns
    -------
    list of dict
        Rows like those of `compare`, designs "discovery" and "discovery, one marker named beforehand".
    """
    size, unit = DETECTABLE[type]
    rows = []
    for name, m in (("discovery, one marker named beforehand", 1), ("discovery", max(tested, 1))):
        level = min(2.0 * intent.constraints.alpha / m, 0.9)
        choices: dict[str, Any] = {
            "prevalence": BALANCED,
            "ratio": intent.ratio,
            "alpha": level,
            "sided": 2,
            "power": intent.constraints.power,
        }
        if type == "continuous":
            found = sample_size_interaction_means(size, 0.0, sd=1.0, **choices)
        elif type == "binary":
            odds = control / (1.0 - control) * np.exp(size)
            rates = (odds / (1.0 + odds), control, control, control)
            found = sample_size_interaction_rates(rates, **choices)
        else:
            found = sample_size_interaction_survival(
                float(np.exp(-size)), 1.0, event_probability=event_probability, **choices
            )
        screened = found.n_whole / intent.consent
        cost = intent.costs.total(
            screened=screened, tested=0.0, randomised=found.n_whole, duration=screened / intent.screening_rate
        )
        rows.append(
            design_base(
                name,
                "Everybody is randomised and measured: a study to find a marker",
                n_randomised=float(found.n_whole),
                n_expected=float(found.n_whole),
                n_screened=screened,
                n_tested=float(found.n_whole),
                events=found.n_whole * event_probability if type == "survival" else None,
                duration=screened / intent.screening_rate + intent.follow_up,
                power=intent.constraints.power,
                familywise_error=level,
                cost=cost,
                convention=f"interaction of {size:g} {unit} between halves, two-sided level {level:.2g} "
                f"({m} features, Bonferroni); {found.convention}",
                cases=["PROG-LOGIT-INT"] if type == "binary" else [],
            )
        )
    return rows


def single_arm_studies(
    *, rate_positive: float | None, rate_negative: float | None, prevalence: float | None, intent: Intent
) -> list[Row]:
    """Studies without a control arm, of a binary endpoint: is the rate of the marker-positive above that of the others?

    Parameters
    ----------
    rate_positive, rate_negative, prevalence : float or None
        Response rates by marker, and share of the marker-positive; None where they are not known.

    Returns
    -------
    list of dict
        Rows like those of `compare`: Simon's two stages and one stage in the marker-positive; everything that compares
        treatments is ``not_possible``.
    """
    if rate_positive is None or rate_negative is None or prevalence is None:
        return []
    alpha, power = max(intent.constraints.alpha, 0.025), intent.constraints.power
    try:
        two = simon_two_stage(rate_negative, rate_positive, alpha=alpha, power=power).optimal
        one = single_stage(rate_negative, rate_positive, alpha=alpha, power=power)
    except ConfigError as error:
        return [without_numbers("simon-two-stage", "Single-arm, two stages", "raw", "not_possible", str(error))]
    rows = []
    words = f"null rate {rate_negative:.3g} (that of the marker-negative here), alternative {rate_positive:.3g}"
    for name, title, n, expected, declared, said in (
        ("simon-two-stage", "Single-arm, two stages, in the marker-positive", two.n, two.expected_n, two.power,
         f"stop at {two.r1} or fewer responses of {two.n1}; active at more than {two.r} of {two.n}"),
        ("single-stage", "Single-arm, one stage, in the marker-positive", one.n, one.n, one.power,
         f"active at more than {one.r} of {one.n}"),
    ):  # fmt: skip
        screened = n / prevalence / intent.consent
        rows.append(
            design_base(
                name,
                title,
                n_looks=2 if name == "simon-two-stage" else 1,
                n_randomised=float(n),
                n_expected=float(expected),
                n_screened=screened,
                n_tested=n / prevalence,
                n_positive=float(n),
                duration=screened / intent.screening_rate,
                power=float(declared),
                familywise_error=alpha,
                cost=intent.costs.total(
                    screened=screened,
                    tested=n / prevalence,
                    randomised=n,
                    duration=screened / intent.screening_rate,
                ),
                convention=f"exact binomial, one-sided; {words}; {said}",
                cases=["SS-SIMON-2STAGE"],
            )
        )
    return rows
