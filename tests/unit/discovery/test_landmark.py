"""Values taken under treatment: biased where they are taken for baseline values, and not from a landmark on."""

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Survival
from biomarker.data.landmark_tables import Landmark
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import Flow
from biomarker.data.timing import Timing, at_landmark, require_timing
from biomarker.discovery.landmark import landmark_analysis
from biomarker.discovery.rank import RankSettings
from biomarker.discovery.screen import screen_modality
from biomarker.errors import ConfigError, InsufficientDataError, LeakageError

from .conftest import make_settings

MONTH = 365.25 / 12


def cohort_of(times, events, values, path, *, further=(), unit="months"):
    ids = tuple(f"P{k:03d}" for k in range(len(times)))
    endpoint = Survival("pfs", "PFS", np.asarray(times, float), event=np.asarray(events, float), unit=unit)
    names = [f"g{k}" for k in range(values.shape[1])]
    features = pl.DataFrame({"feature_id": names, "label": names, "unit": [""] * len(names)})
    matrix = FeatureMatrix.write(path / "late.parquet", [values], features=features, subject_ids=ids, scale="native")
    return Cohort(ids, pl.DataFrame(height=len(ids)), (endpoint, *further), matrices={"late": matrix})


def monthly_maxima(times, visits, n_features, generator):
    """The highest of a value without meaning that is drawn at each monthly visit that a subject lives to see."""
    draws = generator.normal(size=(len(times), n_features, visits))
    seen = np.arange(visits)[None, :] < np.asarray(times)[:, None]
    return np.where(seen[:, None, :], draws, -np.inf).max(axis=2)


@pytest.fixture(scope="module")
def immortal(tmp_path_factory):
    """400 subjects whose hazard is the same for all, and 200 such maxima: naive over a year, and by month 3."""
    generator = np.random.default_rng(20261122)
    survival = generator.exponential(8.0, size=400)
    times, events = np.minimum(survival, 12.0), survival < 12.0
    folder = tmp_path_factory.mktemp("immortal")
    naive = cohort_of(times, events, monthly_maxima(times, 12, 200, generator), folder)
    early = cohort_of(times, events, monthly_maxima(times, 4, 200, generator), tmp_path_factory.mktemp("early"))
    return naive, early


def rejected(screen):
    return float((screen["p_value"] < 0.05).mean())


def test_a_value_taken_as_long_as_subjects_live_seems_to_keep_them_alive(immortal):
    screen, _ = screen_modality(immortal[0], "late", "response", settings=make_settings(refit=0))
    assert rejected(screen) > 0.95
    assert (screen["estimate"] < 0).all()  # more visits, a higher maximum, a lower hazard: nothing of it is true


def test_even_a_value_of_the_first_months_is_biased_without_a_landmark(immortal):
    screen, _ = screen_modality(immortal[1], "late", "response", settings=make_settings(refit=0))
    assert rejected(screen) > 0.3


def test_from_the_landmark_on_the_same_values_say_nothing(immortal):
    table, flow = landmark_analysis(
        immortal[1], "late", 3 * MONTH, settings=make_settings(refit=0), rank=RankSettings(q=0.05, keep=10)
    )
    assert table.height == 200
    # four binomial standard errors around 5% of 200 independent tests
    assert abs(rejected(table) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 200)
    assert abs(np.median(table["p_value"]) - 0.5) < 4 * 0.5 / np.sqrt(200)
    assert (table["q_value"] > 0.05).all()
    counts = dict(flow.filter(kind="excluded").select("reason", "n").iter_rows())
    times = immortal[1].endpoints[0].values
    assert counts == {"event at or before the landmark": int((times <= 3).sum())}
    assert flow.filter(kind="used")["n"].to_list() == [int((times > 3).sum())]


def test_a_value_that_acts_after_the_landmark_is_found(tmp_path):
    generator = np.random.default_rng(7)
    values = generator.normal(size=(300, 5))
    times = 3 + generator.exponential(6.0 * np.exp(-0.7 * values[:, 0]))
    cohort = cohort_of(np.minimum(times, 24), times < 24, values, tmp_path)
    table, _ = landmark_analysis(
        cohort, "late", 3 * MONTH, settings=make_settings(), rank=RankSettings(q=0.05, keep=10)
    )
    first = table.row(0, named=True)
    assert (first["feature_id"], first["direction"]) == ("g0", "high -> worse outcome")
    assert first["q_value"] < 1e-6
    assert first["ci_low"] < 0.7 < first["ci_high"]
    assert table["landmark"].unique().to_list() == [3 * MONTH]


def test_subjects_are_counted_by_why_they_are_left_out_and_endpoints_without_time_whole(tmp_path):
    times, events = [1.0, 2.0, 2.0, 3.0, 4.0, 5.0, np.nan, 6.0], [1, 0, 1, 1, 0, 1, np.nan, 1]
    response = Binary("bor", "Response", np.array([1.0, 0, 1, 0, 1, 0, 1, 0]))
    cohort = cohort_of(times, events, np.arange(8.0)[:, None], tmp_path, further=(response,))
    later = at_landmark(cohort, 2 * MONTH)
    (endpoint,) = later.endpoints
    np.testing.assert_allclose(endpoint.values, [np.nan, np.nan, np.nan, 1, 2, 3, np.nan, 4])
    assert [int(out.sum()) for out in later.left_early["pfs"].values()] == [2, 1]
    settings = make_settings(min_events=2, min_group=1)
    table, flow = landmark_analysis(cohort, "late", 2 * MONTH, settings=settings, rank=RankSettings(q=0.05, keep=1))
    Landmark.validate(table)
    Flow.validate(flow)
    assert set(flow["scope"]) == {"landmark"}
    excluded = flow.filter(kind="excluded").select("endpoint", "reason", "n").rows()
    assert excluded == [
        ("pfs", "event at or before the landmark", 2),
        ("pfs", "censored at or before the landmark", 1),
        ("pfs", "endpoint missing", 1),
        ("bor", "no time to follow from the landmark", 8),
    ]


@pytest.mark.parametrize(
    ("unit", "day", "start"),
    [("days", 28, 28), ("weeks", 28, 4), ("d", 1, 1), ("years", 365.25, 1), ("Months", 365.25, 12)],
)
def test_a_day_is_placed_in_the_unit_of_the_endpoint(tmp_path, unit, day, start):
    cohort = cohort_of([start + 1, start + 2.0], [1, 0], np.ones((2, 1)), tmp_path, unit=unit)
    np.testing.assert_allclose(at_landmark(cohort, day).endpoints[0].values, [1, 2])


def test_a_unit_that_is_no_time_an_endpoint_without_time_and_a_landmark_after_all_events_are_refused(tmp_path):
    cohort = cohort_of([1, 2], [1, 1], np.ones((2, 1)), tmp_path, unit="cycles")
    with pytest.raises(ConfigError, match="'cycles' is no unit of time"):
        at_landmark(cohort, 28)
    cohort = cohort_of([1, 2], [1, 0], np.ones((2, 1)), tmp_path)
    with pytest.raises(InsufficientDataError, match="after day 45: endpoint pfs: no event among 1 subjects"):
        at_landmark(cohort, 45)
    response = Binary("bor", "Response", np.array([1.0, 0.0]))
    alone = Cohort(("a", "b"), pl.DataFrame(height=2), (response,))
    with pytest.raises(ConfigError, match="need a survival endpoint"):
        at_landmark(alone, 28)


def test_values_taken_under_treatment_are_refused_without_a_landmark():
    require_timing(Timing(), "labs")
    require_timing(Timing(when="on-treatment", landmark=28), "labs")
    with pytest.raises(LeakageError, match=r"labs.*under treatment.*cannot predict from baseline"):
        require_timing(Timing(when="on-treatment"), "labs")
    with pytest.raises(ConfigError, match="with `when: baseline`"):
        require_timing(Timing(landmark=28), "labs")
    with pytest.raises(ConfigError, match="no day after treatment began"):
        require_timing(Timing(when="on-treatment", landmark=0), "labs")
