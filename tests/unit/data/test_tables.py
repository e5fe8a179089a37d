"""Result tables: the promised columns, every rule broken on purpose, and files that say what they are."""

import json

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from biomarker.data import tables
from biomarker.data.schema import (
    Column,
    Schema,
    flag,
    integer,
    real,
    rule,
    small_integer,
    text,
    word,
    words,
)
from biomarker.data.tables import (
    CandidateCurves,
    CandidateCutoffs,
    CandidateEffects,
    Candidates,
    Flow,
    Manifest,
    OverallEffects,
    Quarantine,
    Screen,
    ScreenNull,
    read_metadata,
    read_table,
    write_table,
)
from biomarker.errors import SchemaError

# What the product promises its readers; the tests' own copy, so that a column cannot vanish unnoticed
PROMISED = {
    Candidates: """rank, rank_overall, score, candidate_id, label, kind, features, modality, endpoint, endpoint_label,
        comparison, contrast, method, estimate, effect_scale, ci_low, ci_high, std_error, statistic, statistic_plain,
        dof, p_value, log10_p, q_value, q_group, family, n, n_events, benefit_sign, direction, p_global, p_refit,
        p_permutation, p_marginal, p_conditional, q_conditional, p_heldout, p_familywise, n_searched, estimate_shrunk,
        shrunk_low, shrunk_high, shrinkage_method, stability, group_id, leader_id, tier, status, reason,
        provenance_id""",
    CandidateEffects: """candidate_id, endpoint, comparison, contrast, population, arm, measure, scale, basis, estimate,
        std_error, ci_low, ci_high, n, n_events, horizon, cohort""",
    CandidateCutoffs: """candidate_id, endpoint, comparison, contrast, cutoff, unit, positive, ci_low, ci_high,
        statistic, p_value, prevalence, prevalence_low, prevalence_high, n, assay_sensitivity, assay_specificity,
        source""",
    Quarantine: "file, line, field, value, reason",
}
CLOSED = {
    (Candidates, "kind"): ["single", "formula", "panel"],
    (Candidates, "contrast"): ["prognostic", "predictive", "response"],
    (Candidates, "tier"): ["A", "B", "C"],
    (CandidateEffects, "population"): ["all", "positive", "negative"],
    (CandidateEffects, "scale"): ["additive", "relative"],
    (CandidateEffects, "basis"): ["raw", "shrunk", "heldout", "replication"],
    (CandidateCutoffs, "source"): ["measured", "assumed", "literature"],
}
EVERY = [
    CandidateCurves,
    CandidateCutoffs,
    CandidateEffects,
    Candidates,
    Flow,
    Manifest,
    OverallEffects,
    Quarantine,
    Screen,
    ScreenNull,
]


def filled(schema, **changes):
    """One row that keeps the schema's promise."""
    row = {}
    for name, column in schema.columns.items():
        kind = column.dtype
        if isinstance(kind, pl.Enum):
            row[name] = kind.categories[0]
        elif isinstance(kind, pl.List):
            row[name] = ["rna:a", "rna:b"]
        else:
            row[name] = {"String": "x", "Boolean": True}.get(str(kind), 1)
    row |= {
        Screen: {"log10_p": -1.0, "p_value": 0.1, "reason": None},
        Candidates: {"log10_p": -1.0, "p_value": 0.1, "ci_low": 0.0, "ci_high": 2.0},
    }.get(schema, {})
    row |= changes
    kinds = {name: pl.String if isinstance(c.dtype, pl.Enum) else c.dtype for name, c in schema.columns.items()}
    return pl.DataFrame({name: [value] for name, value in row.items()}, schema_overrides=kinds)


def flow(*rows):
    names = ("kind", "reason", "n")
    scope = {"scope": "analysis", "modality": "rna", "endpoint": "pfs", "comparison": "none", "contrast": None}
    return pl.DataFrame([scope | {"unit": "subjects"} | dict(zip(names, row, strict=True)) for row in rows])


@pytest.mark.parametrize("schema", PROMISED, ids=lambda schema: schema.__name__)
def test_a_table_has_the_promised_columns_in_their_order(schema):
    assert schema.column_names() == [name.strip() for name in PROMISED[schema].split(",")]


@pytest.mark.parametrize(("schema", "column"), CLOSED, ids=lambda x: x if isinstance(x, str) else x.__name__)
def test_a_closed_vocabulary_holds_the_promised_words(schema, column):
    assert schema.columns[column].dtype.categories.to_list() == CLOSED[schema, column]


def test_the_key_of_a_candidate_is_promised():
    assert Candidates.primary_key() == ["candidate_id", "endpoint", "comparison", "contrast"]


def test_no_column_is_spelled_otherwise_anywhere():
    names = {name for schema in EVERY for name in schema.column_names()}
    assert not names & {"pval", "padj", "fdr", "p", "q", "se", "beta"}
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("schema", EVERY, ids=lambda schema: schema.__name__)
def test_a_row_that_keeps_the_promise_passes_and_an_empty_table_too(schema, tmp_path):
    for table in (schema.create_empty(), filled(schema) if schema is not Flow else flow(("in", None, 0))):
        write_table(table, schema, tmp_path / "t.parquet", provenance={"provenance_id": "p"})
        assert_frame_equal(read_table(tmp_path / "t.parquet", schema), schema.validate(table))


BROKEN = [
    (Screen, {"p_value": None}, "A row that could not be estimated"),
    (Screen, {"status": "constant", "reason": "why"}, "A row that could not be estimated"),
    (Screen, {"status": "constant", "p_value": None, "estimate": None}, "A row that could not be estimated"),
    (Screen, {"p_value": 1.5}, "p_value <= 1"),
    (Screen, {"p_value": -0.1}, "p_value >= 0"),
    (Screen, {"p_value": float("nan")}, "p_value is finite"),
    (Screen, {"estimate": float("inf")}, "estimate is finite"),
    (Screen, {"dof": float("nan")}, "dof is no NaN"),
    (Screen, {"log10_p": 0.1}, "log10_p <= 0"),
    (Screen, {"n": -1}, "n >= 0"),
    (Screen, {"n": None}, "n is never null"),
    (Screen, {"endpoint": None}, "endpoint is never null"),
    (Candidates, {"ci_low": 1.5}, "The interval contains its estimate"),
    (Candidates, {"ci_high": 0.5}, "The interval contains its estimate"),
    (Candidates, {"p_value": 0.2, "q_value": 0.1}, "never smaller than its p-value"),
    (Candidates, {"rank": 0}, "rank >= 1"),
    (Candidates, {"stability": 1.2}, "stability <= 1"),
    (Quarantine, {"line": 0}, "line >= 1"),
    (Quarantine, {"reason": None}, "reason is never null"),
    (CandidateCurves, {"survival": 1.1}, "survival <= 1"),
    (CandidateCurves, {"time": -1.0}, "time >= 0"),
    (CandidateCutoffs, {"cutoff": float("inf")}, "cutoff is finite"),
    (CandidateEffects, {"n": -1}, "n >= 0"),
    (OverallEffects, {"n_active": None}, "n_active is never null"),
    (ScreenNull, {"discoveries": -1}, "discoveries >= 0"),
    (Manifest, {"name": None}, "name is never null"),
]


@pytest.mark.parametrize(("schema", "changes", "words"), BROKEN)
def test_a_broken_promise_is_refused_in_words_and_leaves_no_file(schema, changes, words, tmp_path):
    with pytest.raises(SchemaError) as caught:
        write_table(filled(schema, **changes), schema, tmp_path / "t.parquet", provenance={}, tsv=True)
    assert words in caught.value.message
    assert f"table {schema.__name__}" in caught.value.message
    assert "1 of 1 rows" in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("schema", "changes"),
    [
        (Screen, {"contrast": "causal"}),
        (Screen, {"status": "fine"}),
        (Candidates, {"direction": "high -> cures"}),
        (Candidates, {"kind": "guess"}),
        (Flow, {"kind": "lost"}),
    ],
)
def test_a_word_outside_the_closed_list_is_refused(schema, changes):
    with pytest.raises(SchemaError, match=f"table {schema.__name__}"):
        schema.validate(filled(schema, **changes))


def test_q_may_equal_p_up_to_rounding():
    Candidates.validate(filled(Candidates, p_value=0.3, q_value=0.3 * (1 - 1e-15)))


def test_a_key_that_stands_twice_is_refused():
    twice = pl.concat([filled(Candidates), filled(Candidates, rank=2)])
    with pytest.raises(SchemaError, match="candidate_id, endpoint, comparison, contrast together are unique"):
        Candidates.validate(twice)
    Candidates.validate(pl.concat([filled(Candidates), filled(Candidates, endpoint="other")]))


def test_an_account_that_does_not_add_up_is_refused():
    Flow.validate(flow(("in", None, 10), ("excluded", "why", 3), ("quarantined", "how", 1), ("used", None, 6)))
    with pytest.raises(SchemaError, match="In = used \\+ quarantined \\+ excluded"):
        Flow.validate(flow(("in", None, 10), ("excluded", "why", 3), ("used", None, 6)))


def test_an_account_is_added_up_within_its_own_scope():
    one, other = flow(("in", None, 10), ("used", None, 9)), flow(("in", None, 9), ("used", None, 10))
    with pytest.raises(SchemaError, match="In ="):
        Flow.validate(pl.concat([one, other.with_columns(endpoint=pl.lit("other"))]))


def test_whoever_is_left_out_has_a_reason():
    with pytest.raises(SchemaError, match="has a reason"):
        Flow.validate(flow(("in", None, 10), ("excluded", None, 4), ("used", None, 6)))


def test_an_absent_column_is_named():
    with pytest.raises(SchemaError, match="table Quarantine lacks the columns line, reason"):
        Quarantine.validate(filled(Quarantine).drop("line", "reason"))


def test_a_column_of_another_kind_is_refused():
    with pytest.raises(SchemaError, match="table Quarantine"):
        Quarantine.validate(filled(Quarantine).with_columns(line=pl.lit("seven")))


def test_columns_in_another_order_and_extra_columns_are_put_right():
    table = filled(Quarantine).select("reason", "value", "field", "line", "file", extra=pl.lit(1))
    assert Quarantine.validate(table).columns == Quarantine.column_names()


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_tsv_twin_holds_what_the_parquet_holds(tmp_path):
    rows = [
        filled(Candidates),
        filled(Candidates, endpoint="b", features=["rna:a"], estimate=-1.5e-7, ci_low=-1.0, reason=None, tier=None),
        filled(Candidates, endpoint="c", label='a "quoted"\tname', p_value=1e-300, log10_p=-300.0, dof=float("inf")),
    ]
    write_table(pl.concat(rows), Candidates, tmp_path / "c.parquet", provenance={}, tsv=True)
    stored = read_table(tmp_path / "c.parquet", Candidates)
    flat = {n: pl.String if isinstance(c.dtype, pl.List | pl.Enum) else c.dtype for n, c in Candidates.columns.items()}
    twin = pl.read_csv(tmp_path / "c.tsv", separator="\t", schema=flat)
    assert twin["features"].to_list() == ["rna:a;rna:b", "rna:a", "rna:a;rna:b"]
    twin = twin.with_columns(pl.col("features").str.split(";"))
    assert_frame_equal(twin.cast({n: c.dtype for n, c in Candidates.columns.items()}), stored, check_exact=True)


def test_there_is_no_twin_unless_asked_for(tmp_path):
    write_table(filled(Quarantine), Quarantine, tmp_path / "q.parquet", provenance={})
    assert [path.name for path in tmp_path.iterdir()] == ["q.parquet"]


def test_equal_tables_are_equal_bytes(tmp_path):
    for name in "ab":
        write_table(filled(Candidates), Candidates, tmp_path / f"{name}.parquet", provenance={"x": "1"}, tsv=True)
    for ending in ("parquet", "tsv"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_file_says_its_kind_version_and_provenance(tmp_path):
    given = {"provenance_id": "abc", "settings": json.dumps({"q": 0.05}), "note": "Größe"}
    write_table(filled(Quarantine), Quarantine, tmp_path / "q.parquet", provenance=given)
    want = {"schema": "Quarantine", "schema_version": str(tables.SCHEMA_VERSION), **given}
    assert read_metadata(tmp_path / "q.parquet") == want


def test_a_newer_file_is_refused_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "SCHEMA_VERSION", 99)
    write_table(filled(Quarantine), Quarantine, tmp_path / "q.parquet", provenance={})
    monkeypatch.undo()
    with pytest.raises(SchemaError, match="newer version \\(schema 99, known 1\\)") as caught:
        read_table(tmp_path / "q.parquet", Quarantine)
    assert "Update the package" in caught.value.hint


def test_a_file_of_another_kind_is_refused(tmp_path):
    write_table(filled(Quarantine), Quarantine, tmp_path / "q.parquet", provenance={})
    with pytest.raises(SchemaError, match="is no Flow table"):
        read_table(tmp_path / "q.parquet", Flow)
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "plain.parquet")
    with pytest.raises(SchemaError, match="is no Flow table"):
        read_table(tmp_path / "plain.parquet", Flow)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_refused_with_advice(tmp_path, share):
    path = tmp_path / "q.parquet"
    write_table(filled(Quarantine), Quarantine, path, provenance={})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(SchemaError, match="cannot be read as Parquet") as caught:
        read_table(path, Quarantine)
    assert "run again" in caught.value.hint


def test_a_result_is_checked_again_when_it_is_read(tmp_path):
    path = tmp_path / "q.parquet"
    filled(Quarantine, line=0).write_parquet(path, metadata={"schema": "Quarantine", "schema_version": "1"})
    with pytest.raises(SchemaError, match="line >= 1"):
        read_table(path, Quarantine)


# --- the small language of schemas ------------------------------------------------------------------------------------


class Little(Schema):
    """For the tests below."""

    name = text(key=True)
    many = words(text())
    share = real(nullable=True, min=0, max=1)
    count = integer(min=2)
    sign = small_integer(nullable=True)
    sure = flag()
    kind = word(["a", "b"])

    @rule
    def share_needs_b() -> pl.Expr:
        """A share stands at kind b alone."""
        return pl.col("share").is_null() | (pl.col("kind") == "b")


GOOD = {"name": "n", "many": ["x"], "share": None, "count": 2, "sign": 1, "sure": True, "kind": "a"}


def little(**changes):
    return pl.DataFrame([GOOD | changes])


def test_several_broken_promises_are_told_at_once():
    with pytest.raises(SchemaError) as caught:
        Little.validate(little(share=7.0, count=1))
    for words_ in ("share <= 1", "count >= 2", "A share stands at kind b alone."):
        assert words_ in caught.value.message


def test_a_cast_that_loses_something_is_refused():
    with pytest.raises(SchemaError, match="Little"):
        Little.validate(little(sign=1000))


def test_integers_are_numbers_and_small_ones_fit():
    assert Little.validate(little()).schema["sign"] == pl.Int8()
    assert isinstance(Little.columns["name"], Column)
    assert Little.create_empty().columns == list(GOOD)


def test_a_fraction_is_no_count():
    """Casting 2.7 to 2 would lose something without a word."""
    with pytest.raises(SchemaError):
        Little.validate(little(count=2.7))
