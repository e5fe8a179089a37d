"""Result tables of the economics stage: what testing and treating by the marker would cost and bring."""

from biomarker.data.schema import Schema, flag, integer, real, text, word, words
from biomarker.data.trial_tables import BASES, SOURCES

__all__ = [
    "ECONOMICS_TABLES",
    "EconomicsAcceptability",
    "EconomicsAssumptions",
    "EconomicsBudget",
    "EconomicsCheers",
    "EconomicsInformation",
    "EconomicsPlane",
    "EconomicsPrices",
    "EconomicsStrategies",
    "EconomicsTornado",
    "EconomicsTrajectories",
    "EconomicsTransitions",
]


class EconomicsStrategies(Schema):
    """``economics/strategies``: the base case, every strategy with dominance and what one more QALY costs."""

    strategy = text()
    basis = word([*BASES, "records"])
    cost = real()
    effect = real()
    life_years = real(min=0.0)
    treated = real(min=0.0, max=1.0)
    tested = real(min=0.0, max=1.0)
    status = word(["ND", "ED", "D"])
    incremental_cost = real(nullable=True)
    incremental_effect = real(nullable=True)
    icer = real(nullable=True)
    net_benefit = real()
    net_benefit_low = real(nullable=True)
    net_benefit_high = real(nullable=True)
    probability_best = real(nullable=True, min=0.0, max=1.0)
    best = flag()
    said = text()
    convention = text()
    cases = text()


class EconomicsTornado(Schema):
    """``economics/tornado``: incremental net benefit of test-and-treat at both ends of each parameter's interval."""

    parameter = text()
    low = real()
    high = real()
    at_low = real()
    at_high = real()
    base = real()
    comparator = text()
    turns_at = real(nullable=True)
    convention = text()
    cases = words(text())


class EconomicsPlane(Schema):
    """``economics/plane``: draws of the probabilistic analysis, each strategy against control for all."""

    draw = integer(min=0)
    strategy = text()
    incremental_cost = real()
    incremental_effect = real()
    convention = text()
    cases = words(text())


class EconomicsAcceptability(Schema):
    """``economics/acceptability``: what the draws say of the decision at each willingness to pay."""

    wtp = real(min=0.0)
    strategy = text()
    probability = real(min=0.0, max=1.0)
    net_benefit = real()
    expected_loss = real(min=0.0)
    frontier = flag()
    evpi = real(min=0.0)
    convention = text()
    cases = words(text())


class EconomicsInformation(Schema):
    """``economics/information``: what it would be worth to know everything, some parameters, or more of them."""

    quantity = word(["EVPI", "EVPPI", "EVSI"])
    parameters = text()
    n = real(nullable=True, min=0.0)
    value = real(min=0.0)
    std_error = real(min=0.0)
    population_value = real(min=0.0)
    convention = text()
    cases = words(text())


class EconomicsPrices(Schema):
    """``economics/prices``: which strategy is best at which price of the test and of the drug."""

    item = word(["test", "drug per month"])
    basis = word(BASES)
    strategy = text()
    low = real(min=0.0)
    high = real(nullable=True, min=0.0)
    now = real(min=0.0)
    convention = text()
    cases = words(text())


class EconomicsBudget(Schema):
    """``economics/budget``: a payer's budget year by year, with and without test-and-treat."""

    year = integer(min=1)
    eligible = real(min=0.0)
    started = real(min=0.0)
    without = real()
    with_new = real()
    impact = real()
    cumulative = real()
    convention = text()
    cases = words(text())


class EconomicsCheers(Schema):
    """``economics/cheers``: the items of CHEERS 2022 with their answers, or that there is none."""

    number = integer(min=1)
    section = text()
    topic = text()
    asks = text()
    answer = text(nullable=True)
    said = text(nullable=True)
    reported = flag()


class EconomicsAssumptions(Schema):
    """``economics/assumptions``: every parameter of the model, its interval and its source."""

    parameter = text()
    value = real()
    low = real(nullable=True)
    high = real(nullable=True)
    unit = text()
    distribution = text()
    source = word(SOURCES)
    note = text(nullable=True)


class EconomicsTransitions(Schema):
    """``economics/transitions``: how patients move between states of the disease, by their visits; effects on it."""

    from_state = text()
    to_state = text()
    seen = integer(min=0)
    term = text()
    estimate = real(min=0.0)
    ci_low = real(nullable=True, min=0.0)
    ci_high = real(nullable=True, min=0.0)
    said = text()
    convention = text()
    cases = words(text())


class EconomicsTrajectories(Schema):
    """``economics/trajectories``: shares of each state over time, by arm and marker, fitted, simulated and seen."""

    arm = word(["control", "drug"])
    marker = word(["positive", "negative", "all"])
    month = real(min=0.0)
    state = text()
    share = real(min=0.0, max=1.0)
    simulated = real(min=0.0, max=1.0)
    simulated_error = real(min=0.0)
    seen = real(nullable=True, min=0.0, max=1.0)
    convention = text()
    cases = words(text())


#: By the name of the file
ECONOMICS_TABLES: dict[str, type[Schema]] = {
    "strategies": EconomicsStrategies,
    "tornado": EconomicsTornado,
    "plane": EconomicsPlane,
    "acceptability": EconomicsAcceptability,
    "information": EconomicsInformation,
    "prices": EconomicsPrices,
    "budget": EconomicsBudget,
    "cheers": EconomicsCheers,
    "assumptions": EconomicsAssumptions,
    "transitions": EconomicsTransitions,
    "trajectories": EconomicsTrajectories,
}
