"""The ranked answer against sums and signs worked out by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from polars.testing import assert_frame_equal

from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import Candidates, CandidateScores, Screen
from biomarker.discovery.rank import RankSettings, kept_rows, rank_candidates
from biomarker.discovery.screen import screen_modality

from .conftest import make_cohort, make_settings, make_study

VALUES = np.array([0.0, 1.0, 1.0, np.nan])

REFIT = [f"refit_{part}" for part in ("estimate", "std_error", "low", "high", "method", "status")]
REFIT += ["p_refit", "p_permutation", "p_familywise", "auc", "auc_low", "auc_high", "p_rank_sum"]


def endpoint(name="size", better="higher"):
    if better in ("event", "non_event"):
        return Binary(name=name, label=name.upper(), values=VALUES, better=better)
    if better in ("longer", "shorter"):
        return Survival(name=name, label=name.upper(), values=VALUES + 1, event=VALUES, better=better)
    return Continuous(name=name, label=name.upper(), values=VALUES, better=better)


def screen(p_values, modality="rna", **changes):
    """A screen of one feature for each p-value; None is a feature that was not tested."""
    rows = []
    for i, p in enumerate(p_values):
        row = {
            "modality": modality,
            "feature_id": f"g{i}",
            "label": f"label {i}",
            "endpoint": "size",
            "comparison": "none",
            "contrast": "prognostic",
            "method": "linear t-test",
            "estimate": 1.0,
            "effect_scale": "difference per unit",
            "std_error": 0.5,
            "statistic": 2.0,
            "dof": float("inf"),
            "p_value": p,
            "log10_p": None if p is None else float(np.log10(p)),
            "n": 50,
            "n_events": None,
            "feature_sd": 1.0,
            "n_with": None,
            **dict.fromkeys(REFIT),
            "prespecified": False,
            "status": "ok" if p is not None else "too_few",
            "reason": None if p is not None else "too few",
        }
        if p is None:
            row |= dict.fromkeys(("estimate", "std_error", "statistic", "dof"))
        rows.append(row | {key: value[i] if isinstance(value, list) else value for key, value in changes.items()})
    return Screen.validate(pl.DataFrame(rows, schema_overrides={n: c.dtype for n, c in Screen.columns.items()}))


SIZE = (endpoint(),)


def ranked(screens, endpoints=SIZE, q=0.05, keep=100, correction="benjamini-hochberg", randomised=True):
    settings = RankSettings(q=q, keep=keep, correction=correction, randomised=randomised)
    rows = kept_rows(screens, endpoints, settings)
    found = rank_candidates(rows, endpoints, settings=settings, provenance_id="id")
    CandidateScores.validate(found.scores)
    return Candidates.validate(found.candidates)


def q_of(table):
    return dict(table.select("candidate_id", "q_value").iter_rows())


# --- families ---------------------------------------------------------------------------------------------------------


def test_the_family_spans_modalities_and_counts_what_was_tested():
    """Benjamini and Hochberg by hand: m = 5, so 0.001 * 5 / 1, 0.01 * 5 / 2, 0.02 * 5 / 3, 0.04 * 5 / 4, 0.6."""
    got = ranked([screen([0.01, 0.6, None]), screen([0.001, 0.02, 0.04, None], modality="labs")])
    assert_allclose(
        [q_of(got)[name] for name in ("labs:g0", "rna:g0", "labs:g1", "labs:g2", "rna:g1")],
        [0.005, 0.025, 0.02 * 5 / 3, 0.05, 0.6],
        rtol=1e-14,
    )
    assert set(got["n_searched"]) == {5}
    assert set(got["family"]) == {"5 exploratory features within endpoint, comparison and contrast"}


def test_features_that_were_not_tested_are_no_candidates():
    assert set(ranked([screen([0.5, None, 0.1])])["candidate_id"]) == {"rna:g0", "rna:g2"}


def test_prespecified_markers_are_a_family_of_their_own_at_full_alpha():
    table = screen([0.04, 0.001, 0.03, 0.2], prespecified=[True, False, False, True])
    got = q_of(ranked([table]))
    assert_allclose([got["rna:g0"], got["rna:g3"]], [0.08, 0.2])  # m = 2
    assert_allclose([got["rna:g1"], got["rna:g2"]], [0.002, 0.03])  # m = 2, without the two named beforehand


def test_a_single_prespecified_marker_pays_nothing_for_the_search():
    got = ranked([screen([0.04, *[0.5] * 99], prespecified=[True] + [False] * 99)])
    assert q_of(got)["rna:g0"] == pytest.approx(0.04)
    assert got.filter(pl.col("candidate_id") == "rna:g0")["n_searched"].item() == 1


@pytest.mark.parametrize("column", ["endpoint", "comparison", "contrast"])
def test_endpoints_comparisons_and_contrasts_are_separate_families(column):
    other = {"endpoint": "other", "comparison": "b vs c", "contrast": "predictive"}[column]
    alone = ranked([screen([0.01, 0.03])])
    both = ranked([screen([0.01, 0.03]), screen([0.5, 0.6], **{column: other})], [endpoint(), endpoint("other")])
    first = both.filter(pl.col(column).cast(pl.String) != other)
    assert_frame_equal(
        first.drop("rank_overall", "q_group").sort("rank"),
        alone.drop("rank_overall", "q_group").sort("rank"),
        check_exact=True,
    )
    assert both["rank_overall"].to_list() == [1, 2, 3, 4]


def test_reading_many_endpoints_at_once_costs_more_for_those_without_company():
    """Simes p-values 0.02 and 0.5: alone both rows of the first family would be called at 0.02 and 0.03."""
    strong, weak = screen([0.01, 0.03]), screen([0.5, 0.6], endpoint="other")
    got = ranked([strong, weak], [endpoint(), endpoint("other")]).sort("endpoint", "rank", descending=[True, False])
    assert_allclose(got["q_group"], [0.04, 0.06, 0.6, 0.6])
    alone = ranked([strong])
    assert_allclose(alone["q_group"], alone["q_value"])


def test_prespecified_markers_do_not_pay_for_other_families_of_explorers():
    table = screen([0.02, 0.5], prespecified=[True, False])
    other = screen([0.9, 0.9], endpoint="other")
    got = ranked([table, other], [endpoint(), endpoint("other")]).filter(candidate_id="rna:g0", endpoint="size")
    assert_allclose(got["q_group"], [0.02])


def test_the_correction_is_a_choice_and_the_family_says_when_nulls_were_estimated():
    p = [0.001, 0.002, 0.003, 0.4, 0.9]
    by = ranked([screen(p)], correction="benjamini-yekutieli")
    assert_allclose(by["q_value"][:3], [0.005 * 137 / 60] * 3)  # 1 + 1/2 + 1/3 + 1/4 + 1/5
    estimated = ranked([screen(p)], correction="storey")
    assert_allclose(estimated["q_value"][:3], [0.005 * 2 * (1 + 1) / 5] * 3)
    assert estimated["family"][0].endswith("contrast; Storey, share of true nulls 0.800")
    assert_allclose(estimated["q_group"], ranked([screen(p)])["q_value"])


def test_familywise_p_values_are_holms_unless_every_modality_has_permutations():
    plain = ranked([screen([0.01, 0.03]), screen([0.04], modality="labs")])
    assert_allclose(plain.sort("p_value")["p_familywise"], [0.03, 0.06, 0.06])
    permuted = screen([0.01, 0.03], p_familywise=[0.015, 0.04], p_permutation=[0.01, 0.03])
    labs = screen([0.04], modality="labs", p_familywise=[0.05], p_permutation=[0.05])
    assert_allclose(ranked([permuted, labs]).sort("p_value")["p_familywise"], [0.03, 0.08, 0.1])
    assert_allclose(ranked([permuted]).sort("p_value")["p_familywise"], [0.015, 0.04])
    assert_allclose(
        ranked([permuted, screen([0.04], modality="labs")]).sort("p_value")["p_familywise"], [0.03, 0.06, 0.06]
    )


@given(st.lists(st.floats(1e-300, 1.0), min_size=1, max_size=40), st.integers(1, 40))
def test_q_values_are_the_definition_whatever_is_kept(p_values, keep):
    """q_i = min over j with p_j >= p_i of m p_j / #{p <= p_j}, from the definition; a cut table keeps them."""
    got = q_of(ranked([screen(p_values)], keep=keep))
    p = np.array(p_values)
    for name, q in got.items():
        own = p[int(name.removeprefix("rna:g"))]
        slow = min(1.0, *(len(p) * other / (p <= other).sum() for other in p[p >= own]), 1.0)
        assert_allclose(q, slow, rtol=1e-12)


# --- who is kept, and in which order ----------------------------------------------------------------------------------


def test_rows_are_kept_for_their_q_value_or_for_their_rank():
    p_values = [1e-9, 1e-8, 1e-7, 0.5, 0.6, 0.7]
    assert ranked([screen(p_values)], keep=1).height == 3  # three below q, more than the one asked for
    assert ranked([screen(p_values)], keep=5).height == 5  # two that are not significant come along
    assert ranked([screen(p_values)], keep=100).height == 6


def test_keep_counts_within_endpoint_comparison_and_contrast():
    screens = [screen([0.5, 0.6, 0.7]), screen([0.5, 0.6, 0.7], contrast="predictive")]
    assert ranked(screens, keep=2).group_by("contrast").len()["len"].to_list() == [2, 2]


def test_ties_stand_in_the_order_of_modality_then_feature():
    got = ranked([screen([0.2, 0.1, 0.2]), screen([0.2, 0.1], modality="labs")])
    assert got["candidate_id"].to_list() == ["labs:g1", "rna:g1", "labs:g0", "rna:g0", "rna:g2"]
    assert got["rank"].to_list() == [1, 2, 3, 4, 5]


def test_the_order_in_which_screens_arrive_does_not_matter():
    first, second = screen([0.2, 0.1, 0.2]), screen([0.2, 0.1], modality="labs")
    assert_frame_equal(ranked([first, second]), ranked([second, first]), check_exact=True)


def test_p_values_that_underflow_are_still_in_order():
    table = screen([1e-300, 1e-300, 0.5]).with_columns(
        p_value=pl.Series([0.0, 0.0, 0.5]), log10_p=pl.Series([-400.0, -900.0, -0.3])
    )
    assert ranked([table])["candidate_id"].to_list() == ["rna:g1", "rna:g0", "rna:g2"]


def test_the_page_is_in_the_order_of_q_and_ranks_count_within_a_question():
    screens = [screen([0.2, 0.01]), screen([0.001, 0.9], endpoint="other")]
    got = ranked(screens, [endpoint(), endpoint("other")])
    assert got["rank_overall"].to_list() == [1, 2, 3, 4]
    assert got.select("endpoint", "rank").rows() == [("other", 1), ("size", 1), ("size", 2), ("other", 2)]
    assert got["q_value"].is_sorted()


def test_nothing_tested_is_an_empty_table():
    got = ranked([screen([None, None])])
    assert got.height == 0
    assert got.columns == Candidates.column_names()


# --- estimate, interval, refit ----------------------------------------------------------------------------------------


def test_the_interval_of_a_t_test_uses_its_degrees_of_freedom():
    got = ranked([screen([0.5, 0.5], dof=[10.0, float("inf")], estimate=[3.0, -3.0])])
    assert_allclose(got["ci_low"], [3 - 0.5 * 2.2281388519649385, -3 - 0.5 * 1.959963984540054])  # printed t, z tables
    assert_allclose(got["ci_high"], [3 + 0.5 * 2.2281388519649385, -3 + 0.5 * 1.959963984540054])


def test_a_refit_gives_estimate_and_interval_and_never_the_p_value():
    fit = {"refit_method": "maximum likelihood", "refit_status": "ok", "refit_estimate": 2.0, "refit_std_error": 1.0}
    table = screen([0.01, 0.02], **{name: [value, None] for name, value in fit.items()}, p_refit=[1e-9, None])
    got = ranked([table]).row(0, named=True)
    assert (got["estimate"], got["std_error"], got["p_refit"]) == (2.0, 1.0, 1e-9)
    assert_allclose([got["ci_low"], got["ci_high"]], [2 - 1.959963984540054, 2 + 1.959963984540054])
    assert (got["p_value"], got["q_value"], got["rank"]) == (0.01, 0.02, 1)


@pytest.mark.parametrize("cause", ["separation", "ok"])
def test_a_penalised_refit_brings_its_own_interval_and_says_so(cause):
    fit = {"refit_method": "Firth", "refit_status": cause, "refit_estimate": 3.0, "refit_std_error": 1.5}
    fit |= {"refit_low": 0.6, "refit_high": 7.9, "p_refit": 0.009}
    got = ranked([screen([0.01, 0.02], **{name: [value, None] for name, value in fit.items()})])
    first, second = got.rows(named=True)
    assert (first["ci_low"], first["estimate"], first["ci_high"], first["p_value"]) == (0.6, 3.0, 7.9, 0.01)
    assert first["status"] == cause
    assert "no finite maximum" in first["reason"]
    assert (second["status"], second["reason"]) == ("ok", None)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(1, 500)), min_size=1, max_size=10))
def test_an_interval_contains_its_estimate(rows):
    estimates, errors, dofs = (list(column) for column in zip(*rows, strict=True))
    got = ranked([screen([0.5] * len(rows), estimate=estimates, std_error=errors, dof=dofs)])
    assert ((got["ci_low"] <= got["estimate"]) & (got["estimate"] <= got["ci_high"])).all()


# --- what a sign means for the patient --------------------------------------------------------------------------------

BETTER_OUTCOME, WORSE_OUTCOME = "high -> better outcome", "high -> worse outcome"
HIGH_BENEFITS, LOW_BENEFITS = "high -> benefits from drug", "low -> benefits from drug"
RESPONDS, NOT = "high -> responds", "high -> does not respond"

# what is good, sign of the estimate, sign of benefit, then the words: prognostic, predictive, response
TRUTH = [
    # response: log odds ratio above 0 = more events
    ("event", +1, +1, BETTER_OUTCOME, HIGH_BENEFITS, RESPONDS),
    ("event", -1, -1, WORSE_OUTCOME, LOW_BENEFITS, NOT),
    # toxicity: the event is bad
    ("non_event", +1, -1, WORSE_OUTCOME, LOW_BENEFITS, NOT),
    ("non_event", -1, +1, BETTER_OUTCOME, HIGH_BENEFITS, RESPONDS),
    # CD4 count: higher is good
    ("higher", +1, +1, BETTER_OUTCOME, HIGH_BENEFITS, RESPONDS),
    ("higher", -1, -1, WORSE_OUTCOME, LOW_BENEFITS, NOT),
    # IC50, tumour size: lower is good
    ("lower", +1, -1, WORSE_OUTCOME, LOW_BENEFITS, NOT),
    ("lower", -1, +1, BETTER_OUTCOME, HIGH_BENEFITS, RESPONDS),
    # survival: log hazard ratio above 0 = earlier death; nobody "responds" by living
    ("longer", +1, -1, WORSE_OUTCOME, LOW_BENEFITS, WORSE_OUTCOME),
    ("longer", -1, +1, BETTER_OUTCOME, HIGH_BENEFITS, BETTER_OUTCOME),
    # time to healing: a higher hazard of healing is good
    ("shorter", +1, +1, BETTER_OUTCOME, HIGH_BENEFITS, BETTER_OUTCOME),
    ("shorter", -1, -1, WORSE_OUTCOME, LOW_BENEFITS, WORSE_OUTCOME),
]


@pytest.mark.parametrize(("better", "sign", "benefit", "prognostic", "predictive", "response"), TRUTH)
def test_direction_says_who_fares_better(better, sign, benefit, prognostic, predictive, response):
    for contrast, words in (("prognostic", prognostic), ("predictive", predictive), ("response", response)):
        got = ranked([screen([0.5], estimate=sign * 0.7, contrast=contrast)], [endpoint(better=better)])
        assert got["benefit_sign"].to_list() == [benefit]
        assert got["direction"].cast(pl.String).to_list() == [words]
        assert got["estimate"].to_list() == [sign * 0.7]  # on the endpoint's own scale, unflipped


@pytest.mark.parametrize(
    ("sign", "words"), [(1, "high -> more in favour of drug"), (-1, "low -> more in favour of drug")]
)
def test_a_difference_between_arms_that_were_not_randomised_is_called_no_benefit(sign, words):
    better = [endpoint(better="event")]
    got = ranked([screen([0.5], estimate=sign * 0.7, contrast="predictive")], better, randomised=False)
    assert got["direction"].cast(pl.String).to_list() == [words]
    got = ranked([screen([0.5], estimate=0.7, contrast="prognostic")], better, randomised=False)
    assert got["direction"].cast(pl.String).to_list() == [BETTER_OUTCOME]


def test_no_effect_has_no_direction():
    got = ranked([screen([1.0], estimate=0.0)])
    assert (got["benefit_sign"].item(), got["direction"].item()) == (0, None)


@pytest.mark.parametrize("name", ["response", "size", "pfs"])
@pytest.mark.parametrize("contrast", ["prognostic", "predictive"])
def test_planted_markers_get_the_words_they_were_planted_with(tmp_path, name, contrast):
    """From patients to words: the marker does good (on the drug alone), turned round it does harm."""
    study = make_study()
    rng = np.random.default_rng(9)
    rna = study.modalities["rna"]
    marker = rng.standard_normal(len(study.ids))
    rna.values[:, 0] = [marker[study.ids.index(s)] for s in rna.ids]
    rna.values[:, 9] = -rna.values[:, 0]
    acts = marker * (1.0 if contrast == "prognostic" else np.array([arm == "drug" for arm in study.arms]))
    good = acts + 0.3 * rng.standard_normal(len(study.ids))
    study.endpoints["response"]["values"] = (good > 0.3 * rng.standard_normal(len(good))).astype(float)
    study.endpoints["size"]["values"] = good
    study.endpoints["pfs"] = {"type": "survival", "values": np.exp(good), "event": np.ones(len(good))}
    rna.scale = "native"
    cohort = make_cohort(study, tmp_path)
    table, _ = screen_modality(cohort, "rna", contrast, settings=make_settings())
    got = ranked([table], cohort.endpoints).filter(pl.col("endpoint") == name)
    words = {"prognostic": [BETTER_OUTCOME, WORSE_OUTCOME], "predictive": [HIGH_BENEFITS, LOW_BENEFITS]}[contrast]
    by_name = dict(got.select("candidate_id", pl.col("direction").cast(pl.String)).iter_rows())
    assert [by_name["rna:g0"], by_name["rna:g9"]] == words
    assert set(got.filter(pl.col("rank") <= 2)["candidate_id"]) == {"rna:g0", "rna:g9"}


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_prespecified_marker_comes_first_and_is_kept_whatever_its_p_value():
    got = ranked([screen([1e-6, 1e-5, 0.9], prespecified=[False, False, True])], keep=1, q=1e-9)
    assert got.sort("rank")["candidate_id"].to_list() == ["rna:g2", "rna:g0"]
    assert got.sort("rank_overall")["candidate_id"].to_list() == ["rna:g2", "rna:g0"]


def test_shrunken_estimates_stand_beside_raw_ones_and_between_them_and_nothing():
    p = [10.0**-k for k in (9, 4, 2)] + list(np.linspace(0.01, 1, 300))
    got = ranked([screen(p, estimate=[-1.0] + [1.0] * 302)]).sort("log10_p")
    assert (got["estimate_shrunk"].abs() <= got["estimate"].abs()).all()
    assert (got["estimate_shrunk"] * got["estimate"] >= 0).all()
    assert (got["shrunk_low"] <= got["estimate_shrunk"]).all()
    assert (got["estimate_shrunk"] <= got["shrunk_high"]).all()
    assert got["estimate_shrunk"][0] < -0.8
    assert abs(got["estimate_shrunk"][50]) < 0.2
    small = ranked([screen([0.01, 0.2])])
    assert small["estimate_shrunk"].to_list() == small["estimate"].to_list()
    assert small["shrinkage_method"][0].startswith("none: a family of 2")


def test_stand_ins_are_ranked_after_all_leaders(tmp_path):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60, 3))
    x[:, 1] = x[:, 0] + 0.1 * rng.standard_normal(60)
    features = pl.DataFrame({"feature_id": ["g0", "g1", "g2"], "label": ["a", "b", "c"], "unit": ""})
    matrix = FeatureMatrix.write(
        tmp_path / "m.parquet", [x], features=features, subject_ids=[f"s{i}" for i in range(60)], scale="native"
    )
    settings = RankSettings(q=0.05, keep=100)
    rows = kept_rows([screen([1e-8, 1e-7, 1e-3])], SIZE, settings)
    got = rank_candidates(rows, SIZE, settings=settings, provenance_id="id", matrices={"rna": matrix}).candidates
    assert got.sort("rank")["candidate_id"].to_list() == ["rna:g0", "rna:g2", "rna:g1"]
    assert got.sort("rank")["leader_id"].to_list() == ["rna:g0", "rna:g2", "rna:g0"]
    assert got.sort("rank")["group_id"].to_list() == ["G1", "G2", "G1"]
    assert got.sort("rank")["tier"].to_list()[-1] != "A"


def test_candidates_of_another_kind_take_their_place(tmp_path):
    settings = RankSettings(q=0.05, keep=100)
    rows = kept_rows([screen([1e-4, 0.5])], SIZE, settings)
    one = rank_candidates(rows, SIZE, settings=settings, provenance_id="id").candidates.filter(rank=1)
    formula = one.with_columns(
        pl.lit("formula:a-b").alias("candidate_id"), pl.lit("formula").alias("kind"), pl.lit(-9.0).alias("log10_p")
    )
    both = rank_candidates(rows, SIZE, settings=settings, provenance_id="id", further=formula).candidates
    assert Candidates.validate(both).sort("rank")["candidate_id"].to_list() == ["formula:a-b", "rna:g0", "rna:g1"]
    assert both.filter(kind="formula")["provenance_id"].item() == "id"
