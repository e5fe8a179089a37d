"""A finding applied, a feature or a formula: the run's own values again, one subject or many, refusals in words."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from biomarker.cli.app import main
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.recipe import Recipe
from biomarker.data.rule_tables import CandidateRecipes, CandidateRules
from biomarker.data.tables import write_table
from biomarker.discovery.blocks import prepared_blocks
from biomarker.discovery.formula.applied import values_with_formulas
from biomarker.discovery.formula.shapes import FormulaRecord
from biomarker.discovery.frozen import freeze, thaw
from biomarker.discovery.replication import require_known_batches, scores_in
from biomarker.errors import ConfigError, DataError, SchemaError
from biomarker.features.registry import TRANSFORMS
from biomarker.operate.apply import apply_candidate, scores_of

N, GENES = 40, 30
IDS = [f"s{i:02d}" for i in range(N)]
SAID = ("rna=counts",)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Counts that need a normalisation, and two laboratory values with units."""
    folder, rng = tmp_path_factory.mktemp("cohort"), np.random.default_rng(1)
    counts = rng.negative_binomial(5, 0.02, (N, GENES)).astype(float)
    labs = np.round(rng.lognormal(5, 0.5, (N, 2)), 1)

    def matrix(name, values, features, units, scale, recipes=()):
        table = pl.DataFrame({"feature_id": features, "label": features, "unit": units})
        return FeatureMatrix.write(
            folder / f"{name}.parquet", [values], features=table, subject_ids=IDS, scale=scale, recipes=recipes
        )

    genes = [f"G{j}" for j in range(GENES)]
    return Cohort(
        tuple(IDS),
        pl.DataFrame(height=N),
        (Binary("response", "Response", (rng.random(N) < 0.4).astype(float)),),
        matrices={
            "rna": matrix("rna", counts, genes, [""] * GENES, "counts", ("log_cpm_tmm",)),
            "labs": matrix("labs", labs, ["ldh", "alb"], ["U/L", "g/L"], "native"),
        },
    )


@pytest.fixture(scope="module")
def results(cohort, tmp_path_factory):
    """What the stage `effects` leaves for `apply`."""
    folder = tmp_path_factory.mktemp("results")
    key = {"endpoint": "response", "comparison": "none", "contrast": "response"}
    about = {"label": "x", "endpoint_label": "Response", "kind": "single"}
    names = ["rna:G3", "labs:ldh"]
    candidates = pl.DataFrame([{**key, **about, "candidate_id": n, "features": [n]} for n in names])
    cutoffs = pl.DataFrame(
        [{**key, "candidate_id": n, "cutoff": c, "positive": p}
         for n, c, p in (("rna:G3", 15.0, "above"), ("labs:ldh", 150.0, "at or below"))]
    )  # fmt: skip
    rules, recipes = freeze(cohort, candidates, cutoffs)
    write_table(rules, CandidateRules, folder / "candidate_rules.parquet", provenance={})
    write_table(recipes, CandidateRecipes, folder / "candidate_recipes.parquet", provenance={})
    return folder


def new_table(cohort, modality, path, rows=slice(None), **changes):
    matrix = cohort.matrices[modality]
    columns = {name: matrix.values[rows, j].astype(float) for j, name in enumerate(matrix.feature_ids)}
    table = pl.DataFrame({"id": IDS[rows], **columns, **changes})
    table.write_csv(path)
    return table


def test_the_studys_own_subjects_get_the_values_that_were_tested(cohort, results, tmp_path):
    new_table(cohort, "rna", tmp_path / "new.csv")
    apply_candidate(results, "rna:G3", tmp_path / "new.csv", out=tmp_path / "out.csv", measured=SAID)
    got = pl.read_csv(tmp_path / "out.csv")
    ((_, _, tested),) = list(prepared_blocks(cohort.matrices["rna"], np.ones(N, bool)))
    np.testing.assert_allclose(got["score"], tested[:, 3], rtol=1e-12)
    assert got["subject_id"].to_list() == IDS
    assert got["positive"].to_list() == (got["score"] > 15.0).to_list()
    assert got["reason"].null_count() == N


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, N - 1), min_size=1, max_size=N), st.randoms())
def test_a_subject_has_the_same_score_alone_and_among_many_in_any_order(cohort, results, chosen, shuffle):
    row = pl.read_parquet(results / "candidate_rules.parquet").row(0, named=True)
    rule = thaw(row, pl.read_parquet(results / "candidate_recipes.parquet"))
    measured = cohort.matrices["rna"].values.astype(float)
    alone = [scores_of(rule, [measured[[i]]])[0] for i in chosen]
    assert_array_equal(alone, scores_of(rule, [measured[chosen]]))
    thousand = np.concatenate([measured[chosen], np.tile(measured, (5, 1))])
    assert_array_equal(alone, scores_of(rule, [thousand])[: len(chosen)])


def test_a_transform_that_was_frozen_is_the_one_that_was_fitted(cohort, results):
    row = pl.read_parquet(results / "candidate_rules.parquet").row(0, named=True)
    frozen = thaw(row, pl.read_parquet(results / "candidate_recipes.parquet")).parts[0].recipes[0]
    matrix = cohort.matrices["rna"]
    fitted = Recipe.fit(
        TRANSFORMS["log_cpm_tmm"], matrix.values.astype(float), feature_ids=matrix.feature_ids, scale="counts"
    )
    assert frozen.feature_ids == fitted.feature_ids
    assert set(frozen.state) == set(fitted.state)
    for name, value in fitted.state.items():
        assert_array_equal(frozen.state[name], value)


def test_low_can_be_the_positive_side_and_columns_may_carry_their_modality(cohort, results, tmp_path):
    table = new_table(cohort, "labs", tmp_path / "plain.csv")
    table.rename({"ldh": "labs:ldh"}).write_csv(tmp_path / "named.csv")
    for name in ("plain", "named"):
        apply_candidate(
            results, "labs:ldh", tmp_path / f"{name}.csv", out=tmp_path / "out.csv", measured=["labs:ldh=U/L"]
        )
        got = pl.read_csv(tmp_path / "out.csv")
        assert got["positive"].to_list() == (got["score"] <= 150.0).to_list()
    assert 0 < got["positive"].sum() < N


def test_a_subject_with_a_missing_cell_is_listed_with_the_reason(cohort, results, tmp_path):
    table = new_table(cohort, "rna", tmp_path / "new.csv", slice(0, 3))
    hole = pl.when(pl.col("id") == "s01").then(None)
    table.with_columns(hole.otherwise("G7").alias("G7"), hole.otherwise("G9").alias("G9")).write_csv(tmp_path / "n.csv")
    said = apply_candidate(results, "rna:G3", tmp_path / "n.csv", out=tmp_path / "out.csv", measured=SAID)
    got = pl.read_csv(tmp_path / "out.csv")
    assert got["reason"].to_list() == [None, "rna:G7 missing and 1 more", None]
    assert got["score"].is_null().to_list() == got["positive"].is_null().to_list() == [False, True, False]
    assert "2 of 3 subjects have a score" in said[1]


@pytest.mark.parametrize(
    ("candidate", "measured", "words"),
    [
        ("rna:G3", (), "rna: the rule was made in counts (reads or molecules counted, not negative)"),
        ("rna:G3", ("rna=tpm",), "rna: given in tpm, expected counts"),
        ("labs:ldh", (), "labs:ldh: the rule was made in U/L"),
        ("labs:ldh", ("labs:ldh=ukat/L",), "labs:ldh: given in ukat/L, expected U/L"),
        ("labs:ldh", ("labs:ldh=U/L", "rna=counts"), "--measured names 'rna'"),
        ("labs:ldh", ("U/L",), "expected modality=scale or modality:feature=unit"),
        ("rna:G4", (), "no rule of 'rna:G4' among the 2"),
    ],
)
def test_another_unit_or_none_is_refused(cohort, results, tmp_path, candidate, measured, words):
    new_table(cohort, candidate.partition(":")[0], tmp_path / "new.csv")
    with pytest.raises(ConfigError) as caught:
        apply_candidate(results, candidate, tmp_path / "new.csv", out=tmp_path / "out.csv", measured=measured)
    assert words in caught.value.message
    assert not (tmp_path / "out.csv").exists()


def test_a_missing_feature_is_refused_by_name(cohort, results, tmp_path):
    table = new_table(cohort, "rna", tmp_path / "new.csv")
    table.drop("G7", "G20").write_csv(tmp_path / "new.csv")
    with pytest.raises(SchemaError, match="lacks 2 of 30 columns that rna:G3 needs: G7, G20") as caught:
        apply_candidate(results, "rna:G3", tmp_path / "new.csv", out=tmp_path / "out.csv", measured=SAID)
    assert "normalisation was fitted on" in caught.value.hint


def test_a_candidate_of_two_lists_must_be_asked_for_by_list(cohort, results, tmp_path):
    rules = pl.read_parquet(results / "candidate_rules.parquet")
    twice = pl.concat([rules, rules.with_columns(pl.lit("pfs").alias("endpoint"))])
    write_table(twice, CandidateRules, tmp_path / "candidate_rules.parquet", provenance={})
    recipes = pl.read_parquet(results / "candidate_recipes.parquet")
    write_table(recipes, CandidateRecipes, tmp_path / "candidate_recipes.parquet", provenance={})
    new_table(cohort, "labs", tmp_path / "new.csv")
    options = {"out": tmp_path / "out.csv", "measured": ["labs:ldh=U/L"]}
    with pytest.raises(ConfigError, match="leads 2 lists"):
        apply_candidate(tmp_path, "labs:ldh", tmp_path / "new.csv", **options)
    assert "pfs" in apply_candidate(tmp_path, "labs:ldh", tmp_path / "new.csv", endpoint="pfs", **options)[0]


def test_the_command_ends_with_a_word_and_a_status(cohort, results, tmp_path, capsys):
    new_table(cohort, "labs", tmp_path / "new.csv")
    argv = ["apply", str(results), "labs:ldh", str(tmp_path / "new.csv"), "--out", str(tmp_path / "out.csv")]
    assert main(argv) == 2
    assert "--measured 'labs:ldh=U/L'" in capsys.readouterr().err
    assert main([*argv, "--measured", "labs:ldh=U/L"]) == 0
    assert "40 of 40 subjects have a score" in capsys.readouterr().out
    assert not set(IDS) & set(capsys.readouterr().out.split())


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """A modality whose batches A and B are taken off, with the rule that is left of it."""
    folder, draw = tmp_path_factory.mktemp("corrected"), np.random.default_rng(2)
    batches = ["AB"[i % 2] for i in range(N)]
    values = draw.normal(8, 1, (N, GENES)) + np.array([batch == "B" for batch in batches])[:, None] * draw.normal(
        2, 1, GENES
    )
    genes = [f"G{j}" for j in range(GENES)]
    matrix = FeatureMatrix.write(
        folder / "rna.parquet",
        [values],
        features=pl.DataFrame({"feature_id": genes, "label": genes, "unit": ""}),
        subject_ids=IDS,
        scale="log2",
        recipes=["combat_log2"],
        batches=batches,
    )
    response = Binary("response", "Response", (draw.random(N) < 0.4).astype(float))
    cohort = Cohort(tuple(IDS), pl.DataFrame(height=N), (response,), matrices={"rna": matrix})
    key = {"endpoint": "response", "comparison": "none", "contrast": "response", "candidate_id": "rna:G3"}
    about = {"label": "x", "endpoint_label": "Response", "kind": "single", "features": ["rna:G3"]}
    cuts = pl.DataFrame([key | {"cutoff": 8.0, "positive": "above"}])
    rules, recipes = freeze(cohort, pl.DataFrame([key | about]), cuts)
    write_table(rules, CandidateRules, folder / "candidate_rules.parquet", provenance={})
    write_table(recipes, CandidateRecipes, folder / "candidate_recipes.parquet", provenance={})
    return cohort, folder, batches


def test_batches_are_taken_off_further_subjects_as_they_were_in_the_study(corrected, tmp_path):
    cohort, folder, batches = corrected
    some = slice(3, 12)
    new_table(cohort, "rna", tmp_path / "new.csv", some, **{"rna:batch": batches[some]})
    apply_candidate(folder, "rna:G3", tmp_path / "new.csv", out=tmp_path / "out.csv", measured=["rna=log2"])
    ((_, _, tested),) = list(prepared_blocks(cohort.matrices["rna"], np.ones(N, bool)))
    np.testing.assert_allclose(pl.read_csv(tmp_path / "out.csv")["score"], tested[some, 3], rtol=1e-12)
    # each feature is corrected by itself: no other needs to be measured
    pl.read_csv(tmp_path / "new.csv").select("id", "G3", "rna:batch").write_csv(tmp_path / "few.csv")
    apply_candidate(folder, "rna:G3", tmp_path / "few.csv", out=tmp_path / "few_out.csv", measured=["rna=log2"])
    assert pl.read_csv(tmp_path / "few_out.csv").equals(pl.read_csv(tmp_path / "out.csv"))


@pytest.mark.parametrize("change", ["absent", "C", None])
def test_a_batch_that_was_not_learned_is_refused_with_its_place(corrected, tmp_path, change):
    cohort, folder, batches = corrected
    labels = {} if change == "absent" else {"rna:batch": [*batches[:7], change, *batches[8:]]}
    new_table(cohort, "rna", tmp_path / "new.csv", **labels)
    words = "lacks the column 'rna:batch'" if change == "absent" else r"line 9, column 'rna:batch': 1 of 40 subjects"
    with pytest.raises(SchemaError, match=words) as caught:
        apply_candidate(folder, "rna:G3", tmp_path / "new.csv", out=tmp_path / "out.csv", measured=["rna=log2"])
    assert "Learned are: A, B." in caught.value.hint
    assert not (tmp_path / "out.csv").exists()


def test_a_further_cohort_with_another_batch_is_refused_and_not_tested_without_it(corrected, tmp_path):
    cohort, folder, batches = corrected
    row = pl.read_parquet(folder / "candidate_rules.parquet").row(0, named=True)
    rule = thaw(row, pl.read_parquet(folder / "candidate_recipes.parquet"))
    matrix = cohort.matrices["rna"]
    about = {"features": matrix.features, "subject_ids": matrix.subject_ids, "scale": "log2"}
    for labels, known in ((batches, True), (["C", *batches[1:]], False), ([], False)):
        path = tmp_path / f"{len(labels)}{known}.parquet"
        further = replace(cohort, matrices={"rna": FeatureMatrix.write(path, [matrix.values], **about, batches=labels)})
        if known:
            require_known_batches(further, rule)
            assert np.isfinite(scores_in(further, rule)).all()
        else:
            with pytest.raises(DataError, match="batch"):
                require_known_batches(further, rule)


def test_results_without_rules_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no candidate_rules\.parquet"):
        apply_candidate(tmp_path, "rna:G3", tmp_path / "new.csv", out=tmp_path / "out.csv")


# --- formulas of two modalities ---------------------------------------------------------------------------------------

SUM, AND = "scaled_sum(rna:G3,labs:ldh)", "and(rna:G3,labs:ldh)"
SAID_OF_BOTH = ("rna=counts", "labs:ldh=U/L")


@pytest.fixture(scope="module")
def formula_results(cohort, tmp_path_factory):
    """The same of two formulas of a gene and a laboratory value."""
    folder, parts = tmp_path_factory.mktemp("formulas"), ("rna:G3", "labs:ldh")
    records = {
        SUM: FormulaRecord("scaled_sum", parts, (15.0, 150.0), (0.7, 80.0), (15.1, 140.0), (None, None)),
        AND: FormulaRecord("and", parts, (15.0, 150.0), (0.7, 80.0), (15.1, 140.0), (15.1, 140.0)),
    }
    key = {"endpoint": "response", "comparison": "none", "contrast": "response"}
    about = {"label": "x", "endpoint_label": "Response", "kind": "formula", "features": list(parts)}
    candidates = pl.DataFrame([{**key, **about, "candidate_id": name} for name in records])
    cutoffs = pl.DataFrame(
        [{**key, "candidate_id": name, "cutoff": c, "positive": "above"} for name, c in ((SUM, 0.0), (AND, 0.5))]
    )
    rules, recipes = freeze(cohort, candidates, cutoffs, {name: record.to_json() for name, record in records.items()})
    write_table(rules, CandidateRules, folder / "candidate_rules.parquet", provenance={})
    write_table(recipes, CandidateRecipes, folder / "candidate_recipes.parquet", provenance={})
    return folder, records


def both_modalities(cohort, times=1):
    columns = {
        name: np.tile(matrix.values[:, j].astype(float), times)
        for matrix in cohort.matrices.values()
        for j, name in enumerate(matrix.feature_ids)
    }
    return pl.DataFrame({"id": [f"n{i:04d}" for i in range(N * times)], **columns})


@pytest.mark.parametrize("name", [SUM, AND])
def test_a_formula_gives_the_studys_own_subjects_the_values_that_were_tested(cohort, formula_results, tmp_path, name):
    folder, records = formula_results
    both_modalities(cohort).write_csv(tmp_path / "new.csv")
    apply_candidate(folder, name, tmp_path / "new.csv", out=tmp_path / "out.csv", measured=SAID_OF_BOTH)
    known = pl.DataFrame({"candidate_id": list(records), "record": [record.to_json() for record in records.values()]})
    row = {"kind": "formula", "candidate_id": name}
    tested = values_with_formulas(known)(cohort, row, np.ones(N, bool)).values
    got = pl.read_csv(tmp_path / "out.csv")
    np.testing.assert_allclose(got["score"], tested, rtol=1e-6)
    assert 0 < got["positive"].sum() < N


@pytest.mark.parametrize("name", [SUM, AND])
def test_a_formula_has_the_same_score_for_one_subject_and_for_a_thousand(cohort, formula_results, tmp_path, name):
    many = both_modalities(cohort, times=25)
    many.write_csv(tmp_path / "many.csv")
    options = ["--measured", SAID_OF_BOTH[0], "--measured", SAID_OF_BOTH[1]]
    found = {}
    for which in ("many", "n0007", "n0031"):
        if which != "many":
            many.filter(id=which).write_csv(tmp_path / f"{which}.csv")
        argv = ["apply", str(formula_results[0]), name, str(tmp_path / f"{which}.csv"), "--out"]
        assert main([*argv, str(tmp_path / f"out-{which}.csv"), *options]) == 0
        found[which] = pl.read_csv(tmp_path / f"out-{which}.csv")
    assert found["many"].height == 1000
    for which in ("n0007", "n0031"):
        assert found[which].equals(found["many"].filter(subject_id=which))


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (("rna=counts",), "labs:ldh: the rule was made in U/L"),
        (("labs:ldh=U/L",), "rna: the rule was made in counts"),
        (("rna=counts", "labs:ldh=ukat/L"), "labs:ldh: given in ukat/L, expected U/L"),
        (("rna=log2_tpm", "labs:ldh=U/L"), "rna: given in log2_tpm, expected counts"),
    ],
)
def test_a_formula_is_refused_where_the_unit_of_either_part_is_another(
    cohort, formula_results, tmp_path, measured, words
):
    both_modalities(cohort).write_csv(tmp_path / "new.csv")
    with pytest.raises(ConfigError) as caught:
        apply_candidate(formula_results[0], SUM, tmp_path / "new.csv", out=tmp_path / "out.csv", measured=measured)
    assert words in caught.value.message
    assert not (tmp_path / "out.csv").exists()


def test_a_formula_without_one_of_its_parts_is_refused_and_a_missing_value_is_a_reason(
    cohort, formula_results, tmp_path
):
    table = both_modalities(cohort)
    options = {"out": tmp_path / "out.csv", "measured": SAID_OF_BOTH}
    table.drop("ldh").write_csv(tmp_path / "new.csv")
    with pytest.raises(SchemaError, match="lacks 1 of 1 columns that labs:ldh needs: ldh"):
        apply_candidate(formula_results[0], AND, tmp_path / "new.csv", **options)
    assert not (tmp_path / "out.csv").exists()
    hole = pl.when(pl.col("id") == "n0002").then(None).otherwise("ldh").alias("ldh")
    table.with_columns(hole).write_csv(tmp_path / "new.csv")
    apply_candidate(formula_results[0], AND, tmp_path / "new.csv", **options)
    got = pl.read_csv(tmp_path / "out.csv")
    assert got.filter(pl.col("reason").is_not_null()).select("subject_id", "score", "reason").rows() == [
        ("n0002", None, "labs:ldh missing")
    ]
