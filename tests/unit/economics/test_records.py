"""From states at visits to strategies: known intensities recovered, cohort, patients and visits agreeing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from biomarker.economics.proposal.evaluate import Parameter, Payer, evaluate
from biomarker.economics.proposal.model import MarkerModel
from biomarker.economics.proposal.records import (
    RecordModel,
    course_of,
    records_of,
    trajectory_rows,
    transition_rows,
)
from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.ingest.state_visits import read_state_visits
from biomarker.rng import stream
from biomarker.stats import multistate

STATES = {
    "stable": {"utility": 0.8, "cost": 200.0, "treated": True},
    "progressed": {"utility": 0.5, "cost": 1500.0, "treated": False},
    "dead": {"utility": 0.0, "cost": 0.0, "treated": False},
}
POINT = {
    **{"prevalence": 0.4, "sensitivity": 0.9, "specificity": 0.95, "failure": 0.05},
    **{"effect_positive": -0.6, "effect_negative": -0.05, "prognostic": 0.0, "control": 0.08},
    **{"drug_cost": 1000.0, "control_cost": 100.0, "test_cost": 800.0, "care_cost": 1500.0},
    **{"utility_controlled": 0.75, "utility_progressed": 0.55, "utility_per_sd": 0.05},
    **{"time_controlled": 12.0, "survival_after": 12.0},
}
BASE = np.array([[0.0, 0.08, 0.01], [0.02, 0.0, 0.06], [0.0, 0.0, 0.0]])
#: Drug slows progression in the marker-positive alone; the marker is prognostic of nothing
EFFECT = {("drug", "positive"): -0.9}


def truth(arm, group):
    q = BASE.copy()
    q[0, 1] *= np.exp(EFFECT.get((arm, group), 0.0))
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


@pytest.fixture(scope="module")
def cohort():
    """Visits of 800 patients every two months for two years; deaths on the day."""
    rng = stream(20261130, "records")
    n = 800
    arms, positive = np.array(["drug", "placebo"])[np.arange(n) % 2], (np.arange(n) // 2 % 2).astype(float)
    q = np.stack([truth("drug" if a == "drug" else "control", "positive" if p else "negative")
                  for a, p in zip(arms, positive, strict=True)])  # fmt: skip
    made = multistate.simulate_trajectories(q, [0.8, 0.2, 0.0], horizon=24.0, n_subjects=n, rng=rng)
    visits = np.arange(0.0, 25.0, 2.0)
    seen = made.state_at(visits)
    subject, months, state = [], [], []
    died = np.full(n, np.inf)
    dead = made.next_state == 2
    died[made.subject[dead]] = made.stop[dead]
    for i in range(n):
        alive = visits < died[i]
        subject += [i] * alive.sum()
        months += visits[alive].tolist()
        state += seen[i, alive].tolist()
        if np.isfinite(died[i]):
            subject.append(i)
            months.append(died[i])
            state.append(2)
    return {"subject": np.array(subject), "months": np.array(months), "state": np.array(state)}, arms, positive


@pytest.fixture(scope="module")
def fitted(cohort):
    visits, arms, positive = cohort
    records = records_of(**visits, arms=arms, compared=("drug", "placebo"), positive=positive)
    return records, course_of(records, states=STATES, allowed=[
        ("stable", "progressed"), ("stable", "dead"), ("progressed", "stable"), ("progressed", "dead")
    ])  # fmt: skip


def test_the_intensities_and_the_effect_in_marker_positive_are_recovered(fitted):
    _, course = fitted
    fit = course.fit
    rates = np.array([BASE[r, s] for r, s in fit.transitions])
    found = np.array([fit.intensities[r, s] for r, s in fit.transitions])
    z = np.log(found / rates) / np.sqrt(np.diag(fit.covariance)[: rates.size])
    assert np.abs(z).max() < 3.5, z
    assert course.terms == ("drug", "marker", "drug x marker")
    expected = np.zeros_like(fit.coefficients)
    expected[2, 0] = EFFECT["drug", "positive"]
    z = (fit.coefficients - expected) / np.where(fit.std_error > 0, fit.std_error, np.inf)
    assert np.abs(z).max() < 3.5, z
    rows = {(row["from_state"], row["to_state"], row["term"]): row for row in transition_rows(course)}
    both = rows["stable", "progressed", "hazard ratio: drug, more in marker-positive"]
    assert both["ci_high"] < 1.0
    assert_allclose(np.sqrt(both["ci_low"] * both["ci_high"]), both["estimate"], rtol=1e-9)
    assert rows["stable", "progressed", "rate per month"]["seen"] == course.seen[0, 1]


def test_cohort_simulated_patients_and_visits_agree(fitted):
    records, course = fitted
    rows = trajectory_rows(course, records, horizon=5.0, rng=stream(1, "trajectories"))
    assert {(row["arm"], row["marker"]) for row in rows} == {
        (arm, group) for arm in ("control", "drug") for group in ("negative", "positive")
    }
    for row in rows:
        assert abs(row["share"] - row["simulated"]) <= 4 * max(row["simulated_error"], 1e-3), row
        if row["seen"] is not None:
            assert abs(row["share"] - row["seen"]) < 0.1, row
    assert any(row["seen"] is not None and row["month"] > 20 for row in rows)
    for key in ("share", "simulated"):
        total = {}
        for row in rows:
            place = row["arm"], row["marker"], row["month"]
            total[place] = total.get(place, 0.0) + row[key]
        assert_allclose(list(total.values()), 1.0, atol=1e-9)


def test_the_strategies_are_those_of_the_intensities(fitted):
    """At the true intensities: times in the states by matrix functions, with no cycles."""
    _, course = fitted
    known = np.zeros_like(course.fit.coefficients)
    known[2, 0] = EFFECT["drug", "positive"]
    exact = replace(course, fit=replace(course.fit, intensities=truth("control", "negative"), coefficients=known))
    exact = replace(exact, initial=np.array([0.8, 0.2, 0.0]))
    model = RecordModel("survival", "lower", 20.0, 0.0, 0.0, course=exact)
    p = {"drug_cost": np.array([1000.0]), "control_cost": np.array([0.0])}
    for arm in ("control", "drug"):
        for group in ("positive", "negative"):
            assert_allclose(exact.intensities(arm, group), truth(arm, group), rtol=1e-12)
            stay = np.array([0.8, 0.2]) @ np.stack(
                [multistate.length_of_stay(truth(arm, group), start=k, horizon=240.0)[:2] for k in (0, 1)]
            )
            cost, effect, years = (float(x[0]) for x in model.patient(p, arm, group))
            assert_allclose(years, stay.sum() / 12, rtol=2e-3)
            assert_allclose(effect, (0.8 * stay[0] + 0.5 * stay[1]) / 12, rtol=2e-3)
            monthly = 1000.0 if arm == "drug" else 0.0
            assert_allclose(cost, (200.0 + monthly) * stay[0] + 1500.0 * stay[1], rtol=2e-3)
    assert model.words.startswith("multi-state model of the visits")
    assert set(MarkerModel("survival", "lower").cases) < set(model.cases)


def test_drawn_intensities_have_the_mean_and_spread_of_the_fit(fitted):
    _, course = fitted
    fit = course.fit
    parameters = fit.drawn(20_000, rng=stream(4, "drawn"))
    rates = np.log([fit.intensities[r, s] for r, s in fit.transitions])
    centre = np.concatenate([rates, fit.coefficients[fit.std_error != 0]])
    error = np.sqrt(np.diag(fit.covariance))
    assert_allclose(parameters.mean(axis=0), centre, atol=4 * error.max() / np.sqrt(20_000))
    spread = np.cov(parameters, rowvar=False) / np.outer(error, error)
    assert_allclose(spread, fit.covariance / np.outer(error, error), atol=0.04)
    one = course.drawn(3, rng=stream(5, "course"))
    for arm in ("control", "drug"):
        for group in ("negative", "positive"):
            q = one.intensities(arm, group)
            assert q.shape == (3, 3, 3)
            assert_allclose(q.sum(axis=-1), 0.0, atol=1e-15)
    # one draw by hand: log intensity and the three effects of the first transition
    free = np.flatnonzero(fit.std_error.ravel() != 0)
    places = {divmod(int(flat), fit.coefficients.shape[1]): k for k, flat in enumerate(free)}
    a, draw = len(fit.transitions), one.parameters[1]
    log = draw[0] + sum(draw[a + places[k, 0]] for k in range(3) if (k, 0) in places)
    assert_allclose(one.intensities("drug", "positive")[1, 0, 1], np.exp(log), rtol=1e-12)


def test_the_strategies_by_records_are_drawn_with_the_uncertainty_of_the_fit(fitted):
    _, course = fitted
    model = RecordModel("survival", "lower", 10.0, 0.03, 0.03, course=course)
    n = 400
    drawn = {name: np.full(n, value) for name, value in POINT.items()}
    made = model.drawn(n, rng=stream(6, "psa")).strategies(drawn)
    assert made.effect.shape == (n, 3)
    base = model.strategies({name: [value] for name, value in POINT.items()})
    error = made.effect.std(axis=0) / np.sqrt(n)
    assert np.all(made.effect.std(axis=0) > 0.02)
    assert_allclose(made.effect.mean(axis=0), base.effect[0], atol=(5 * error + 0.02).max())
    # each draw is the model at its own values, one at a time
    course3 = model.drawn(n, rng=stream(6, "psa")).course
    for i in (0, 7):
        single = replace(
            course3,
            parameters=course3.parameters[i : i + 1],
            **{name: getattr(course3, name)[i : i + 1] for name in ("initial", "utility", "cost")},
        )
        alone = replace(model, course=single).strategies({name: [value] for name, value in POINT.items()})
        assert_allclose(alone.effect[0], made.effect[i], rtol=1e-12)
        assert_allclose(alone.cost[0], made.cost[i], rtol=1e-12)


def test_zero_variance_of_the_fit_is_the_base_case(fitted):
    _, course = fitted
    certain = replace(course, fit=replace(course.fit, covariance=np.zeros_like(course.fit.covariance)))
    parameters = certain.fit.drawn(5, rng=stream(7))
    for arm in ("control", "drug"):
        exact = np.stack([certain.intensities(arm, "positive")] * 5)
        assert_allclose(replace(certain, parameters=parameters).intensities(arm, "positive"), exact, rtol=1e-12)


def test_an_evaluation_says_how_sure_the_strategies_by_records_are(fitted):
    _, course = fitted
    model = MarkerModel("survival", "lower", 10.0, 0.03, 0.03)
    given = [Parameter(name, value) for name, value in POINT.items()]
    payer = Payer(50_000, "EUR", 2026, 2000, (0.1,), 5)
    names = {"marker": "G", "endpoint": "PFS", "active": "drug", "control": "placebo", "positive": "G above 1"}
    found = evaluate(model, {"raw": given, "shrunk": given}, payer, n_draws=300, rng=stream(8), names=names,
                     records=RecordModel(**vars(model), course=course))  # fmt: skip
    sure = {basis: [row for row in found.strategies if row["basis"] == basis] for basis in ("raw", "shrunk", "records")}
    assert all(row["probability_best"] is None for row in sure["raw"])
    for basis in ("shrunk", "records"):
        assert_allclose(sum(row["probability_best"] for row in sure[basis]), 1.0)
        for row in sure[basis]:
            assert row["net_benefit_low"] < row["net_benefit"] < row["net_benefit_high"]


def test_utilities_are_those_measured_at_visits(cohort):
    visits, arms, positive = cohort
    level = np.array([0.7, 0.4, np.nan])[visits["state"]]
    level = level + stream(2).normal(0, 0.05, level.size)
    records = records_of(**visits, utility=level, arms=arms, compared=("drug", "placebo"), positive=positive)
    course = course_of(records, states=STATES)
    assert_allclose(course.utility[:2], [0.7, 0.4], atol=0.005)
    assert course.utility[2] == 0.0
    assert np.isnan(course.utility_error[2])
    assert np.all(course.utility_error[:2] < 0.005)
    assert "measured at visits" in course.convention


def test_who_has_another_arm_or_no_marker_is_left_out_and_counted(cohort):
    visits, arms, positive = cohort
    other = np.where(np.arange(arms.size) < 100, "third", arms)
    unknown = np.where(np.arange(arms.size) >= 750, np.nan, positive)
    records = records_of(**visits, arms=other, compared=("drug", "placebo"), positive=unknown, left_out=3)
    assert records.left_out == 153
    assert np.unique(records.subject).size == 650
    with pytest.raises(ConfigError, match="of one arm group"):
        records_of(**visits, arms=np.full(arms.size, "drug"), compared=("drug", "placebo"))


def test_a_study_of_one_arm_without_a_marker_has_rates_alone(cohort):
    visits, _, _ = cohort
    course = course_of(records_of(**visits), states=STATES)
    assert {row["term"] for row in transition_rows(course)} == {"rate per month"}
    rows = trajectory_rows(course, records_of(**visits), horizon=2.0, rng=stream(3))
    assert {(row["arm"], row["marker"]) for row in rows} == {("control", "all")}


# --- reading ----------------------------------------------------------------------------------------------------------

GOOD = {"id": ["a", "a", "b", "b", "z"], "t": ["0", "2", "0", "1", "0"], "s": ["stable"] * 3 + ["dead", "stable"]}


def read(tmp_path, **changes):
    path = tmp_path / "visits.csv"
    pl.DataFrame({**GOOD, **changes}).write_csv(path)
    return read_state_visits(
        path, id="id", time="t", unit="years", state="s", utility="u" if "u" in changes else None,
        states=list(STATES), subject_ids=["b", "a"],
    )  # fmt: skip


def test_visits_are_read_in_order_and_strangers_counted(tmp_path):
    found = read(tmp_path)
    assert found.subject.tolist() == [0, 0, 1, 1]
    assert found.months.tolist() == [0, 12, 0, 24]
    assert found.state.tolist() == [0, 2, 0, 0]
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"s": ["stable", "stabel", "stable", "dead", "stable"]}, "line 3, column 's': no state.*"),
        ({"t": ["0", "-2", "0", "1", "0"]}, "line 3, column 't': no time of at least 0"),
        ({"t": ["0", "soon", "0", "1", "0"]}, "line 3, column 't'"),
        ({"t": ["0", "0", "0", "1", "0"], "s": ["stable", "dead"] * 2 + ["stable"]}, "lines 2, 3.*two states"),
        ({"s": ["dead", "stable"] + ["stable"] * 3}, "line 3, column 's': a visit after 'dead'"),
        ({"u": ["0.5", "1.5", "", "0.2", "0.1"]}, "line 3, column 'u': outside -1 to 1"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_with_its_line(tmp_path, changes, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, **changes)


def test_visits_of_strangers_alone_are_refused(tmp_path):
    with pytest.raises(DataError, match="no subject of the cohort has two visits"):
        read(tmp_path, id=["x", "x", "y", "y", "z"])
