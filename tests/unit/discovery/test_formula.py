"""The search for formulas: what is planted is found and tried again, counts add up, bad input has a reason."""

import itertools
import re
import time

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.data.formula_tables import (
    FormulaCounts,
    FormulaGroups,
    FormulaMaps,
    Formulas,
    FormulaScanned,
    FormulaSurvivors,
)
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.tables import DIRECTIONS, Candidates, Screen
from biomarker.data.treatment import Comparison, Treatment
from biomarker.discovery.formula.familywise import ENOUGH, Familywise
from biomarker.discovery.formula.gathered import Prescreen
from biomarker.discovery.formula.questions import Split
from biomarker.discovery.formula.rows import candidate_rows, count_rows, formula_rows, group_rows, map_rows
from biomarker.discovery.formula.search import FormulaSettings
from biomarker.discovery.formula.shapes import SHAPES, FormulaRecord, evaluate
from biomarker.discovery.formula.study import FormulaStudy, Scope, _Pace
from biomarker.discovery.rank import RankSettings, kept_rows, rank_candidates, with_directions
from biomarker.errors import ConfigError, DataError, InsufficientDataError

N = 320


def matrix(path, values, names, *, scale="log2_tpm", subjects=None):
    ids = [f"s{i:03d}" for i in range(len(values))] if subjects is None else subjects
    features = pl.DataFrame({"feature_id": names, "label": names, "unit": [""] * len(names)})
    return FeatureMatrix.write(path, [values], features=features, subject_ids=ids, scale=scale)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("formula")


@pytest.fixture(scope="module")
def cohort(folder):
    """Outcome follows g0 - g1, the drug works where g2 and g3 are high; missing, constant and two-valued features."""
    rng = np.random.default_rng(11)
    rna = rng.standard_normal((N, 30)) + 6
    rna[:, 1] = rna[:, 0] + rng.standard_normal(N) * 0.7
    rna[rng.random(N) < 0.05, 5] = np.nan
    rna[rng.random(N) < 0.5, 6] = np.nan
    rna[:, 7] = 3.0
    dna = (rng.random((N, 3)) < [0.3, 0.2, 0.01]).astype(float)
    drug = np.tile([0.0, 1.0], N // 2)
    ratio, both = rna[:, 0] - rna[:, 1], ((rna[:, 2] > 6) & (rna[:, 3] > 6)).astype(float)
    age = rng.normal(60, 9, N)
    size = 0.9 * ratio + 0.02 * age + rng.standard_normal(N)
    shrunk = 5.0 * both * drug + rng.standard_normal(N)
    shrunk[:4] = np.nan
    time = rng.exponential(np.exp(1.1 * ratio)) + 0.01
    event = (rng.random(N) < 0.8).astype(float)
    response = (2.6 * ratio + rng.logistic(size=N) > 0).astype(float)
    return Cohort(
        subject_ids=tuple(f"s{i:03d}" for i in range(N)),
        covariates=pl.DataFrame({"age": age}),
        endpoints=(
            Continuous("size", "Size", size, "mm", "lower"),
            Continuous("shrunk", "Shrunk", shrunk, "%", "higher"),
            Binary("response", "Response", response, "event"),
            Survival("pfs", "PFS", time, unit="months", better="longer", event=event),
        ),
        treatment=Treatment(
            arms=tuple("drug" if d else "placebo" for d in drug), comparisons=(Comparison("drug", "placebo"),)
        ),
        matrices={
            "rna": matrix(folder / "rna.parquet", rna, [f"g{i}" for i in range(30)]),
            "dna": matrix(folder / "dna.parquet", dna, ["A", "B", "C"], scale="native"),
        },
    )


def study(cohort, scope=None, **changes):
    settings = FormulaSettings(**({"seed": 3, "resamples": 10} | changes))
    alone = np.arange(cohort.n_subjects)
    return FormulaStudy(cohort, alone, alone, np.zeros(cohort.n_subjects, np.int64), settings, scope or Scope())


def concluded(one, parts=1):
    tables = [one.search(part, parts) for part in range(parts)]
    survivors = FormulaSurvivors.validate(pl.concat([t[0] for t in tables]))
    scanned = FormulaScanned.validate(pl.concat([t[1] for t in tables]))
    return one.conclude(survivors, scanned)


@pytest.fixture(scope="module")
def answer(cohort):
    return concluded(study(cohort))


def leading(answers, endpoint, contrast):
    rows = formula_rows(answers[0]).filter(endpoint=endpoint, contrast=contrast, leader=True)
    return rows.sort("rank").row(0, named=True)


@pytest.mark.parametrize("endpoint", ["size", "response", "pfs"])
def test_a_planted_ratio_leads_and_holds_in_the_held_out_subjects(answer, endpoint):
    first = leading(answer, endpoint, "prognostic")
    assert first["shape"] in ("log_ratio", "scaled_difference")  # of parts with about one spread
    assert set(first["features"]) == {"rna:g0", "rna:g1"}
    assert first["p_heldout"] < 0.01
    assert first["statistic"] <= first["statistic_plain"] + 1e-9
    # high ratio: larger, more often a response, longer (a lower hazard)
    assert np.sign(first["heldout_estimate"]) == (-1 if endpoint == "pfs" else 1)


def test_a_planted_subgroup_leads_the_search_for_who_benefits(answer):
    first = leading(answer, "shrunk", "predictive")
    assert set(first["features"]) == {"rna:g2", "rna:g3"}
    assert first["shape"] == "and"
    assert first["p_heldout"] < 0.05


def test_searched_and_refused_formulas_add_up_to_those_planned(answer, cohort):
    counts = FormulaCounts.validate(count_rows(*answer))
    formulas = counts.filter(unit="formulas", endpoint="size", contrast="prognostic")
    (one,) = [a for a in answer[0] if a.question.key == ("size", "none", "prognostic")]
    features = 28 + 2  # g6 is missing too often, g7 and (among those searched, perhaps) C are constant
    features += int("dna:C" in set(study(cohort).gathered(0).names))
    pairs = features * (features - 1) // 2
    of_pairs = [name for name, shape in SHAPES.items() if shape.arity == 2]
    planned = pairs * sum(SHAPES[name].variants for name in of_pairs)
    assert formulas.filter(pl.col("shape").is_in(of_pairs))["n"].sum() == planned
    assert sum(SHAPES[name].variants for name in of_pairs) >= 50
    searched = formulas.filter(pl.col("reason").is_null())["n"].sum()
    assert searched == one.n_searched
    reasons = counts.filter(unit="features")["reason"].to_list()
    assert any("missing in more than" in reason for reason in reasons)
    assert any("same in all" in reason for reason in reasons)


def test_two_jobs_find_what_one_finds(answer, cohort):
    both = concluded(study(cohort, threads=2), parts=2)
    assert formula_rows(both[0]).equals(formula_rows(answer[0]))
    assert count_rows(*both).equals(count_rows(*answer))


def test_tables_keep_their_promises(answer, cohort):
    rows = Formulas.validate(formula_rows(answer[0]))
    groups = FormulaGroups.validate(group_rows(answer[0], cohort))
    assert groups["n"].min() >= 0
    found = with_directions(
        candidate_rows(answer[0], cohort.endpoints, provenance_id="x"), {e.name: e for e in cohort.endpoints}, True
    )
    settings = RankSettings(q=0.05, keep=10)
    none = kept_rows([Screen.create_empty()], cohort.endpoints, settings)
    both = rank_candidates(none, cohort.endpoints, settings=settings, provenance_id="x", further=found)
    ranked = Candidates.validate(both.candidates)
    assert ranked["rank_overall"].to_list() == list(range(1, ranked.height + 1))
    first = ranked.filter(endpoint="pfs", contrast="prognostic").sort("rank").row(0, named=True)
    assert first["direction"] == DIRECTIONS["prognostic"][1]
    assert (ranked["q_value"] >= ranked["p_value"]).all()
    # a stored record is all that is needed for a further patient
    record = FormulaRecord.from_json(rows.filter(shape="log_ratio")["record"][0])
    assert evaluate(record, np.array([[5.0, 3.0], [np.nan, 1.0]])).tolist()[0] == 2.0


def test_the_map_of_a_formula_holds_every_subject_once_and_its_line_is_where_the_formula_turns(answer, cohort):
    maps = FormulaMaps.validate(map_rows(answer[0], cohort))
    groups = FormulaGroups.validate(group_rows(answer[0], cohort))
    rows = Formulas.validate(formula_rows(answer[0]))
    keys = ["endpoint", "comparison", "contrast", "candidate_id"]
    mapped = maps.select(keys).unique()
    assert mapped.height > 10
    for key in mapped.iter_rows(named=True):
        own, quadrants = (table.filter(**key) for table in (maps, groups))
        cells, line = own.filter(part="cell"), own.filter(part="line")
        everybody = cells.filter(arm="all")
        assert everybody["n"].sum() == quadrants["n"].sum()
        if quadrants["arm"].unique().to_list() != ["all"]:
            by_arm = cells.filter(pl.col("arm") != "all")
            assert by_arm.group_by("arm").agg(pl.col("n").sum()).sort("arm").rows() == (
                quadrants.group_by("arm").agg(pl.col("n").sum()).sort("arm").rows()
            )
        record = FormulaRecord.from_json(rows.filter(**key)["record"][0])
        at = line.select("x_low", "y_low").to_numpy()
        if record.shape == "and":  # every point of the line is on one of the two cuts, and above the other
            span = np.array(
                [cells["x_high"].max() - cells["x_low"].min(), cells["y_high"].max() - cells["y_low"].min()]
            )
            off = np.abs(at - np.array(record.cuts)) / span
            assert (off.min(axis=1) < 1 / 95).all()
            assert (at > np.array(record.cuts) - span / 95).all()
        if record.shape == "log_ratio":  # a straight line at one value of the index
            index = evaluate(record, at)
            assert np.ptp(index) < 2.1 * (cells["x_high"].max() - cells["x_low"].min()) / 95
    assert "and" in rows.join(mapped, on=keys)["shape"].to_list()


def test_a_changed_held_out_subject_changes_nothing_of_the_search(cohort, folder):
    one = study(cohort, Scope(endpoints=("size",), contrasts=("prognostic",)))
    held = np.flatnonzero(~one.searched_rows(0))
    values = cohort.matrices["rna"].values.copy()
    values[held[0]] = 1e4
    absurd = Cohort(**{**cohort.__dict__, "matrices": {**cohort.matrices, "rna": matrix(
        folder / "absurd.parquet", values, list(cohort.matrices["rna"].feature_ids))}})  # fmt: skip
    other = study(absurd, one.scope)
    for a, b in zip(one.search(0, 1), other.search(0, 1), strict=True):
        assert a.equals(b)


def test_nothing_to_find_is_rarely_confirmed(folder):
    rng = np.random.default_rng(5)
    confirmed = 0
    for k in range(20):
        values = rng.standard_normal((150, 12)) @ (np.eye(12) + 0.3) + 8
        y = rng.exponential(size=150) ** 2
        own = Cohort(
            tuple(f"s{i:03d}" for i in range(150)), pl.DataFrame(height=150), (Continuous("y", "y", y),),
            matrices={"x": matrix(folder / f"null{k}.parquet", values, [f"x{i}" for i in range(12)])},
        )  # fmt: skip
        rows = formula_rows(concluded(study(own, seed=k, resamples=1))[0])
        confirmed += int((rows["p_heldout"] <= 0.05).any())
    assert confirmed <= 4  # 1 expected; more than 4 of 20 at a level of 5% has a chance of 0.3%


def test_permutations_give_a_familywise_p(cohort):
    scope = Scope(endpoints=("size",), contrasts=("prognostic",))
    answers, _, _ = concluded(study(cohort, scope, permutations=19))
    rows = formula_rows(answers).filter(leader=True)
    assert rows.sort("statistic")["p_familywise"].drop_nulls()[-1] == pytest.approx(1 / 20)
    assert rows["n_permutations"].unique().to_list() == [19]


def test_the_cost_of_permutations_is_said_before_they_start(cohort, caplog):
    one = study(cohort, Scope(("size",), ("prognostic",)), permutations=19)
    with caplog.at_level("INFO", logger="biomarker"):
        concluded(one)
    said = [record.getMessage() for record in caplog.records]
    (cost,) = [k for k, text in enumerate(said) if "19 permutations of" in text and "minutes at most" in text]
    (made,) = [k for k, text in enumerate(said) if text == "19 of 19 permutations"]
    assert cost < made
    assert "smallest p 0.05" in said[cost]
    n = one.prepared(one.questions[0], 0).features.values.shape[1]
    assert f"{n * (n - 1) // 2:,} pairs" in said[cost]


def test_a_long_search_says_how_fast_it_is_and_what_is_left(caplog):
    told = []
    pace = _Pace(1, 4, lambda done, total: told.append((done, total)), begun=time.monotonic() - 100)
    with caplog.at_level("INFO", logger="biomarker"):
        for done in (250, 300):
            pace.tell(done, 1000)
    assert told == [(1250, 4000), (1300, 4000)]
    (said,) = [text for record in caplog.records if "question 2 of 4" in (text := record.getMessage())]
    assert re.search(r"250 of 1000 pairs, [23] a second, [23]\d\d s left", said)


def test_permutations_that_stop_early_count_what_was_made():
    maxima = np.concatenate([np.full(5, 0.1), np.full(ENOUGH, 0.5)])
    stopped = Familywise(maxima, 999, stopped=True)
    assert stopped.p_value(0.4) == ENOUGH / maxima.size
    assert stopped.p_value(0.05) == 1.0
    assert Familywise(np.full(99, 0.1), 99, stopped=False).p_value(0.2) == 1 / 100


def test_repeats_are_combined_by_twice_the_median(cohort):
    scope = Scope(endpoints=("size",), contrasts=("prognostic",))
    answers, _, _ = concluded(study(cohort, scope, repeats=3))
    first = formula_rows(answers).filter(rank=1, leader=True).row(0, named=True)
    assert set(first["features"]) == {"rna:g0", "rna:g1"}
    assert first["repeats"] == 3
    assert first["p_heldout"] < 0.05


def test_a_prescreen_is_counted(cohort):
    one = study(cohort, Scope(endpoints=("size",), contrasts=("prognostic",)), prescreen=Prescreen(6, 4))
    prepared = one.prepared(one.questions[0], 0)
    assert sum(name.startswith("rna:") for name in prepared.features.names) == 10
    assert prepared.left_out == {"not among those of the largest variance or the strongest": 18}


def test_bad_input_has_a_reason(cohort):
    with pytest.raises(ConfigError, match="no modality has such a feature"):
        study(cohort, prescreen=Prescreen(features=("rna:nobody",))).gathered(0)
    one = study(cohort, memory_mb=0)
    with pytest.raises(DataError, match="MB"):
        one.prepared(one.questions[0], 0)
    with pytest.raises(InsufficientDataError, match="none can be held out"):
        Split.draw(np.zeros(10, np.int64), share=0.6, seed=1, repeat=0)
    few = np.zeros(N, dtype=bool)
    few[:25] = True
    small = Cohort(**{**cohort.__dict__, "endpoints": (
        Continuous("size", "Size", np.where(few, cohort.endpoints[0].values, np.nan), "mm", "lower"),)})  # fmt: skip
    answers, failed, _ = concluded(study(small, Scope(contrasts=("prognostic",))))
    assert not answers
    assert "expected at least 20" in failed["size", "none", "prognostic"]
    assert count_rows(answers, failed, {})["reason"][0].startswith("not searched")


def test_a_search_that_lacks_a_part_is_no_search(cohort):
    one = study(cohort, Scope(endpoints=("size",), contrasts=("prognostic",)))
    survivors, scanned = one.search(1, 2)  # so few pairs are one block, which is the other part's
    with pytest.raises(DataError, match=r"0 pairs were searched where \d+ were planned: a part"):
        one.conclude(survivors, scanned)
    twice = [pl.concat([table, table]) for table in one.search(0, 2)]
    with pytest.raises(DataError, match="a part of the search is missing"):
        one.conclude(*twice)


def test_two_valued_and_tied_features_are_searched_or_refused_and_all_are_counted(folder):
    rng = np.random.default_rng(5)
    levels = rng.standard_normal((N, 4))
    tied = np.column_stack([np.round(levels[:, 0]), (levels[:, 1] > 0) * 1.0, np.where(levels[:, 2] > 1.3, 2.0, 1.0)])
    values = np.column_stack([levels, tied])
    names = ["a", "b", "c", "d", "rounded", "half", "rare"]
    own = Cohort(
        subject_ids=tuple(f"s{i:03d}" for i in range(N)),
        covariates=pl.DataFrame(height=N),
        endpoints=(Continuous("size", "Size", levels[:, 0] * tied[:, 1] + rng.standard_normal(N), "mm", "lower"),),
        matrices={"x": matrix(folder / "tied.parquet", values, names, scale="native")},
    )
    one = study(own, Scope(endpoints=("size",)))
    found = concluded(one)
    counts = FormulaCounts.validate(count_rows(*found)).filter(unit="formulas")
    pairs = len(names) * (len(names) - 1) // 2
    for shape in SHAPES.values():
        if shape.arity == 2:
            assert counts.filter(shape=shape.name)["n"].sum() == pairs * shape.variants
    refused = {
        shape: counts.filter(pl.col("reason").is_not_null(), shape=shape)["n"].sum()
        for shape in ("product", "distance")
    }
    two_valued = pairs - 5 * 4 // 2  # all pairs but those of the five features of more than two values
    assert refused == {"product": two_valued, "distance": two_valued}
    assert counts.filter(pl.col("reason").is_null(), shape="where")["n"].sum() > 0
    rows = formula_rows(found[0])
    assert rows["statistic"].is_finite().all()
    assert any("half" in " ".join(features) for features in rows["features"].to_list())


def test_groups_are_never_parted():
    group = np.repeat(np.arange(6), [40, 10, 30, 20, 25, 25])
    searched = Split.draw(group, share=0.67, seed=1, repeat=0).searched
    for level in range(6):
        assert len(set(searched[group == level])) == 1
    assert abs(searched.mean() - 0.67) < 0.08


def test_every_shape_says_its_name_and_gives_a_number_for_each_patient():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3)) + 2
    for shape in SHAPES.values():
        k = shape.arity
        record = FormulaRecord(
            shape.name, tuple(f"rna:{n}" for n in "ABC"[:k]), (2.0,) * k, (1.0,) * k, (2.0,) * k, (2.0,) * k
        )
        index = evaluate(record, x[:, :k])
        assert index.shape == (50,)
        assert np.isfinite(index).all()
        assert np.ptp(index) > 0
        assert "A" in record.label
        assert "{" not in record.label
        assert FormulaRecord.from_json(record.to_json()) == record
        if shape.symmetric and k == 2 and not shape.linear:
            swapped = 1 - index if "order" in shape.name else index
            np.testing.assert_allclose(evaluate(record, x[:, [1, 0]]), swapped)
    with pytest.raises(DataError, match="features"):
        evaluate(record, x[:, :1])


def test_no_two_shapes_have_one_name_or_text():
    for a, b in itertools.combinations(SHAPES.values(), 2):
        assert a.text != b.text
