"""The document: every statement follows from the tables."""

import dataclasses
import json
import math
import re
from typing import Any

import factory
import polars as pl
import pytest
from reading import ENGLISH, blocks, cells, section, sentences, table

from biomarker.data.tables import CandidateCurves, Candidates, OverallEffects
from biomarker.errors import SchemaError
from biomarker.report import EndpointFacts, ReportInputs, StudyFacts, build
from biomarker.report.facts import Question, gather
from biomarker.report.html import render


def headline(document: dict[str, Any]) -> str:
    return ENGLISH.plain(section(document, "summary")["blocks"][0]["text"])


def test_the_document_is_json_and_the_same_each_time(demo_inputs: ReportInputs) -> None:
    once, again = (json.dumps(build(demo_inputs), allow_nan=False) for _ in range(2))
    assert once == again


def test_sections_come_in_the_order_a_reader_expects(demo_document: dict[str, Any]) -> None:
    expected = ["summary", "question", "candidates", "volcano", "map", "forest", "curves", "chance", "flow", "methods"]
    shown = [one["id"] for one in demo_document["sections"] if not one["no_data"]]
    assert [one for one in shown if one in expected] == expected
    assert shown[-1] == "reproduce"


def test_the_headline_counts_what_passes_by_contrast(demo_inputs: ReportInputs, demo_document: dict[str, Any]) -> None:
    called = demo_inputs.candidates.filter(pl.col("q_value") <= 0.05)
    for contrast in ("predictive", "prognostic"):
        n = called.filter(pl.col("contrast") == contrast).height
        assert n >= 3
        assert f"{n} {contrast} candidates" in headline(demo_document)
    assert "false discovery rate of 5%" in headline(demo_document)


def test_planted_markers_lead_their_questions(demo_document: dict[str, Any]) -> None:
    answers = table(demo_document, "answers")
    leading = {
        (ENGLISH.plain(contrast), endpoint): name
        for contrast, endpoint, name in zip(
            *(cells(answers, key) for key in ("contrast", "endpoint", "leading")), strict=True
        )
    }
    assert leading["predictive", "Objective response"] == "G0007"
    assert leading["prognostic", "Progression-free survival"] == "G0140"


def test_effects_per_sd_are_ratios_of_the_estimate_times_the_spread(demo_inputs: ReportInputs) -> None:
    document = build(demo_inputs)
    row = demo_inputs.candidates.filter(pl.col("label") == "G0007", contrast="predictive", endpoint="response")
    screen = demo_inputs.screens["predictive", "rna"].filter(feature_id="G0007", endpoint="response")
    expected = pl.Series([row["estimate"][0], row["ci_low"][0], row["ci_high"][0]]) * screen["feature_sd"][0]
    shown = cells(table(document, "answers"), "effect_per_sd")[0]
    assert [shown[key] for key in ("estimate", "low", "high")] == pytest.approx(expected.exp().to_list())
    assert ENGLISH.plain(shown["scale"]) == "ratio of ORs per SD"


def test_a_changed_number_in_a_table_changes_the_document(demo_inputs: ReportInputs) -> None:
    changed = demo_inputs.candidates.with_columns(
        pl.when(pl.col("rank_overall") == 1).then(0.04321).otherwise(pl.col("q_value")).alias("q_value")
    )
    document = build(dataclasses.replace(demo_inputs, candidates=changed))
    assert cells(table(document, "candidates"), "q_value")[0] == 0.04321
    assert 0.04321 in cells(table(document, "answers"), "q_value")


def test_nothing_significant_is_said_plainly_and_the_closest_are_listed_all_the_same() -> None:
    document = build(factory.inputs(genes=60, planted={}, noise=0.5))
    assert headline(document).startswith("No candidate passes a false discovery rate of 5%")
    assert any("No candidate passes q ≤ 0.05" in sentence for sentence in sentences(document))
    found = table(document, "candidates")
    assert len(found["rows"]) > 0
    assert not any(found["marked"])
    assert not any("for the same question" in sentence for sentence in sentences(document))


def test_a_single_candidate_is_told_in_the_singular() -> None:
    document = build(factory.inputs(genes=60, planted={("predictive", "pfs", "G0031"): -6.0}, noise=0.5))
    said = (
        "1 predictive candidate for Progression-free survival at a false discovery rate of 5% within each question. "
        "No prognostic candidate passes."
    )
    assert headline(document) == said
    finding = ENGLISH.plain(blocks(document, "summary", "listing")[0]["items"][0])
    assert "high → more benefit from drug" in finding
    assert "other" not in finding


def test_a_single_arm_study_never_says_predictive_of_a_candidate() -> None:
    facts = factory.study(treatment=None, covariates=())
    document = build(factory.inputs(facts, genes=60, planted={("response", "pfs", "G0031"): -6.0}, noise=0.5))
    assert headline(document).startswith("1 candidate associated with Progression-free survival")
    said = " ".join(sentences(document))
    assert "predictive candidate" not in said
    assert "benefit from" not in said
    assert "cannot be told apart" in said
    assert section(document, "map") is None
    assert "high → better outcome" in said
    for name in ("answers", "candidates", "chance"):
        assert "contrast" not in {column["key"] for column in table(document, name)["columns"]}


def test_an_observational_comparison_is_called_that() -> None:
    treatment = dataclasses.replace(factory.study().treatment, assignment="observational")
    said = " ".join(sentences(build(factory.inputs(factory.study(treatment=treatment), genes=60))))
    assert "was not randomised" in said
    assert "may be confounded" in said
    assert "difference more in favour of drug" in said
    assert "Difference between the arms in everybody, not randomised" in said
    assert "benefit" not in said
    assert "Effect of treatment" not in said


def test_absent_tables_leave_their_sections_out() -> None:
    document = build(
        factory.inputs(genes=60, curves=None, overall=None, flow=None, quarantine={}, provenance={}, runs=())
    )
    assert section(document, "curves") is None
    assert [block for block in blocks(document, "question", "table") if block["id"] == "overall"] == []
    assert [block["id"] for block in blocks(document, "flow", "sums")] == ["flow-tests"]


def test_a_study_without_any_result_says_so() -> None:
    nothing = ReportInputs(
        study=factory.study(),
        candidates=Candidates.create_empty(),
        screens={},
        curves=CandidateCurves.create_empty(),
        overall=OverallEffects.create_empty(),
    )
    document = build(nothing)
    assert headline(document).startswith("Nothing was tested")
    shown = {one["id"] for one in document["sections"] if not one["no_data"]}
    assert {"summary", "question", "candidates", "reproduce"} <= shown
    assert {"chance", "flow"} <= {one["id"] for one in document["sections"] if one["no_data"]}


def test_a_flow_that_does_not_add_up_makes_no_report(demo_inputs: ReportInputs) -> None:
    lost = demo_inputs.flow.with_columns(
        pl.when((pl.col("scope") == "analysis") & (pl.col("kind") == "used"))
        .then(227)
        .otherwise(pl.col("n"))
        .alias("n")
    )
    with pytest.raises(SchemaError, match=r"does not add up \(analysis, rna, .*240 went in, 239 are accounted for"):
        build(dataclasses.replace(demo_inputs, flow=lost))


def test_the_flow_is_printed_as_sums_with_reasons_and_equal_ones_once(demo_document: dict[str, Any]) -> None:
    analysis = next(block for block in blocks(demo_document, "flow", "sums") if block["id"] == "flow-analysis")
    (row,) = analysis["rows"]
    assert row["total"] == 240 == sum(part["n"] for part in row["parts"])
    assert [(part["of"], part["reason"], part["n"]) for part in row["parts"]] == [
        ("used", None, 228),
        ("excluded", "no rna profile", 12),
    ]
    assert "prognostic and predictive" in ENGLISH.plain(row["what"])


def test_features_that_could_not_be_tested_are_counted_with_their_reason(demo_document: dict[str, Any]) -> None:
    (row,) = next(block for block in blocks(demo_document, "flow", "sums") if block["id"] == "flow-tests")["rows"]
    assert row["total"] == 6 * 404
    assert row["parts"][1]["n"] == 6 * 3
    assert row["parts"][1]["reason"] == "Nothing varies in the feature."
    assert row["difference"] == 0


def test_a_benefit_that_contradicts_the_endpoint_makes_no_report(demo_inputs: ReportInputs) -> None:
    turned = demo_inputs.candidates.with_columns(-pl.col("benefit_sign"))
    with pytest.raises(SchemaError, match="benefit_sign contradicts"):
        build(dataclasses.replace(demo_inputs, candidates=turned))


def test_candidates_without_their_screen_make_no_report(demo_inputs: ReportInputs) -> None:
    fewer = {key: screen for key, screen in demo_inputs.screens.items() if key != ("predictive", "rna")}
    with pytest.raises(SchemaError, match=r"screens that are not there: predictive\.rna"):
        build(dataclasses.replace(demo_inputs, screens=fewer))


def test_an_endpoint_nobody_declared_makes_no_report(demo_inputs: ReportInputs) -> None:
    study = dataclasses.replace(demo_inputs.study, endpoints=demo_inputs.study.endpoints[:2])
    with pytest.raises(SchemaError, match="1 endpoints that the study file does not declare"):
        build(dataclasses.replace(demo_inputs, study=study))


def test_the_threshold_parts_what_passes_from_what_does_not(demo_inputs: ReportInputs) -> None:
    for question in gather(demo_inputs).questions:
        called, others = (question.screen.filter(pl.col("called") == passes)["log10_p"] for passes in (True, False))
        assert len(called) == question.called.height
        assert called.max() is None or called.max() <= question.threshold_log10_p
        assert others.min() > question.threshold_log10_p
        assert 10**question.threshold_log10_p == pytest.approx(max(1, len(called)) * 0.05 / question.tested)


def test_the_threshold_of_another_kind_of_q_is_the_largest_p_that_passes(demo_inputs: ReportInputs) -> None:
    stricter = demo_inputs.candidates.with_columns(
        pl.when(pl.col("rank") > 1).then(0.9).otherwise(pl.col("q_value")).alias("q_value")
    )
    question = next(
        one
        for one in gather(dataclasses.replace(demo_inputs, candidates=stricter)).questions
        if (one.endpoint.name, one.contrast) == ("response", "prognostic")
    )
    assert question.screen["called"].sum() == question.called.height == 1
    # The second feature would pass the limit of Benjamini and Hochberg, so that limit does not part them
    assert question.threshold_log10_p == question.called["log10_p"].max()
    assert question.screen.filter(~pl.col("called"))["log10_p"].min() > question.threshold_log10_p


def test_small_counts_of_an_arm_are_withheld_together_with_the_other_arm(demo_inputs: ReportInputs) -> None:
    few = demo_inputs.overall.with_columns(
        pl.when(pl.col("endpoint") == "pfs").then(3).otherwise(pl.col("events_active")).alias("events_active")
    )
    rows = table(build(dataclasses.replace(demo_inputs, overall=few)), "overall")["rows"]
    assert [ENGLISH.plain(cell) for cell in rows[1][-2:]] == ["<5", "<5"]
    assert rows[0][-2:] == [74, 87]


def test_curves_show_nothing_below_the_disclosure_limit_whatever_the_table_holds(demo_inputs: ReportInputs) -> None:
    leaky = demo_inputs.curves.with_columns(at_risk=pl.lit(4), survival=pl.lit(0.4))
    leaky = leaky.with_columns(pl.when(pl.col("time") < 1).then(40).otherwise(pl.col("at_risk")).alias("at_risk"))
    (figure,) = blocks(build(dataclasses.replace(demo_inputs, curves=leaky)), "curves", "figure")
    for panel in figure["panels"]:
        for chart in panel["charts"]:
            for line in chart["data"]["series"]:
                for time, survival, at_risk in zip(line["time"], line["survival"], line["at_risk"], strict=True):
                    assert (survival is None and at_risk is None) == (time >= 1)


def test_curves_of_a_predictive_candidate_compare_arms_and_of_a_prognostic_one_groups(
    demo_document: dict[str, Any],
) -> None:
    (figure,) = blocks(demo_document, "curves", "figure")
    by_tag = {panel["tag"]["say"]: panel for panel in figure["panels"]}
    for tag, titles in (
        ("contrast.predictive", ["Marker high", "Marker low"]),
        ("contrast.prognostic", ["Arm: drug", "Arm: placebo"]),
    ):
        assert [ENGLISH.plain(chart["title"]) for chart in by_tag[tag]["charts"]] == titles


def test_no_path_of_an_input_file_and_no_value_of_a_cell_is_told(demo_document: dict[str, Any]) -> None:
    text = json.dumps(demo_document)
    assert "data/private" not in text
    assert "hemolysed" not in text
    assert cells(table(demo_document, "quarantine"), "rows") == [71]


def test_labels_that_repeat_are_told_apart_by_name() -> None:
    drugs = tuple(
        EndpointFacts(name=name, label="PLX-4720", type="continuous", better="lower") for name in ("d1036", "d1371")
    )
    facts: StudyFacts = factory.study(endpoints=drugs, treatment=None)
    inputs = factory.inputs(facts, genes=30, planted={}, curves=None)
    assert gather(inputs).labels == {"d1036": "PLX-4720 (d1036)", "d1371": "PLX-4720 (d1371)"}


def test_differences_carry_the_unit_of_their_endpoint_and_ratios_none(demo_document: dict[str, Any]) -> None:
    found = table(demo_document, "overall")
    assert [ENGLISH.plain(effect["scale"]) for effect in cells(found, "effect_adjusted")] == ["OR", "HR", "diff. (%)"]


def test_a_marker_named_beforehand_passes_in_its_own_family_and_moves_no_line(demo_inputs: ReportInputs) -> None:
    """Its q-value is its p-value; no exploratory feature of the same p-value passes because of it."""
    name, key = "alt slope", {"endpoint": "pfs", "contrast": "predictive"}
    is_it = pl.col("label") == name
    screens = dict(demo_inputs.screens)
    screens["predictive", "labs"] = screens["predictive", "labs"].with_columns(
        prespecified=is_it,
        p_value=pl.when(is_it).then(0.03).otherwise(pl.col("p_value")),
        log10_p=pl.when(is_it).then(-1.5228787).otherwise(pl.col("log10_p")),
    )
    row = demo_inputs.candidates.filter(**key).tail(1)
    mine = row.with_columns(
        label=pl.lit(name),
        candidate_id=pl.lit("labs:alt_slope"),
        features=pl.lit(["labs:alt_slope"]),
        modality=pl.lit("labs"),
        p_value=0.03,
        q_value=0.03,
        log10_p=-1.5228787,
        rank_overall=pl.lit(10_000, dtype=pl.Int64),
    )
    others = demo_inputs.candidates.filter(pl.col("candidate_id") != "labs:alt_slope")

    def asked(inputs: ReportInputs) -> Question:
        return next(one for one in gather(inputs).questions if (one.endpoint.name, one.contrast) == tuple(key.values()))

    before = asked(demo_inputs)
    after = asked(dataclasses.replace(demo_inputs, screens=screens, candidates=pl.concat([others, mine])))
    assert after.called.height == before.called.height + 1
    # One feature fewer is exploratory now, no further one passes
    k, m = before.called.height, before.tested - 1
    assert after.threshold_log10_p == pytest.approx(math.log10(k * 0.05 / m))
    assert set(after.screen.filter("called")["label"]) == {*before.screen.filter("called")["label"], name}


def test_the_summary_says_what_was_left_out_and_why(demo_document: dict[str, Any]) -> None:
    said = " ".join(sentences(demo_document))
    assert "12 of 240 subjects (no rna profile)" in said
    assert "18 of 2,424 tests (nothing varies in the feature)" in said
    assert "71 rows of the input files that could not be used" in said


def test_the_summary_counts_those_without_a_value_of_a_single_feature(demo_inputs: ReportInputs) -> None:
    first = (pl.int_range(pl.len()) == 0) & (pl.col("status") == "ok").first()
    screens = {
        key: one.with_columns(n=pl.when(first).then(pl.col("n") - 40).otherwise("n")) if key[1] == "rna" else one
        for key, one in demo_inputs.screens.items()
    }
    said = " ".join(sentences(build(dataclasses.replace(demo_inputs, screens=screens))))
    assert "up to 40 more subjects in the tests of a feature that they have no value of" in said
    assert "more subjects" not in " ".join(sentences(build(demo_inputs)))


def test_the_candidates_table_shows_effects_per_sd_and_the_document_holds_those_per_unit(
    demo_inputs: ReportInputs, demo_document: dict[str, Any]
) -> None:
    row = demo_inputs.candidates.row(0, named=True)
    screen = demo_inputs.screens[row["contrast"], row["modality"]]
    spread = screen.filter(endpoint=row["endpoint"], label=row["label"])["feature_sd"][0]
    shown = cells(table(demo_document, "candidates"), "effect_per_sd")[0]
    assert shown["estimate"] == pytest.approx(math.exp(row["estimate"] * spread))
    assert shown["low"] == pytest.approx(math.exp(row["ci_low"] * spread))
    assert shown["per_unit"]["estimate"] == pytest.approx(math.exp(row["estimate"]))
    answers = cells(table(demo_document, "answers"), "effect_per_sd")
    assert shown["estimate"] in [answer["estimate"] for answer in answers]


def test_features_that_were_not_made_are_counted_with_the_reason(demo_document: dict[str, Any]) -> None:
    sums = {block["id"]: block for block in blocks(demo_document, "flow", "sums")}
    (made,) = sums["flow-made"]["rows"]
    assert (ENGLISH.plain(made["unit"]), made["total"]) == ("features", 6)
    assert [(part["n"], part["reason"]) for part in made["parts"]] == [
        (4, None),
        (2, "the window ends at the index date"),
    ]
    (having,) = sums["flow-features"]["rows"]
    assert (ENGLISH.plain(having["unit"]), having["total"]) == ("subjects", 240)


def test_what_the_readers_noted_is_told_in_the_methods(demo_inputs: ReportInputs) -> None:
    hostile = dataclasses.replace(demo_inputs, notes={"labs": ("one.", "two"), "rna": ()})
    (items,) = [block["items"] for block in blocks(build(hostile), "methods", "listing")]
    said = [ENGLISH.plain(item) for item in items]
    assert [sentence for sentence in said if sentence.startswith("As read")] == [
        "As read: labs. one.",
        "As read: labs. two.",
    ]


def test_a_file_read_twice_is_listed_once_with_all_it_was_read_as(demo_inputs: ReportInputs) -> None:
    files = {**factory.PROVENANCE["inputs"], "labs: /home/somebody/labs.csv": "77de" * 16, "older.csv": "00"}
    found = table(build(dataclasses.replace(demo_inputs, provenance={"inputs": files})), "inputs")
    listed = {(row[0], row[1] and ENGLISH.plain(row[1]), row[2][:4]) for row in found["rows"]}
    assert listed == {
        ("subjects.csv", "endpoints and subjects", "3b0c"),
        ("expression.parquet", "rna", "a1f2"),
        ("labs.csv", "labs", "77de"),
        ("older.csv", None, "00"),
    }


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_run_table_names_the_device(demo_inputs: ReportInputs, device: str) -> None:
    runs = [{**factory.RUNS[0], "device": device}]
    assert cells(table(build(dataclasses.replace(demo_inputs, runs=runs)), "runs"), "device") == [device]


def test_a_feature_that_passes_twice_is_counted_once_among_the_different_ones() -> None:
    twice = {("prognostic", endpoint, "G0007"): 7.0 for endpoint in ("pfs", "response")}
    said = headline(build(factory.inputs(genes=60, planted=twice, noise=0.5)))
    assert said.startswith("2 prognostic candidates (1 different feature) for ")


def test_what_chance_would_give_over_all_questions_stands_beside_what_was_found(
    demo_inputs: ReportInputs, demo_document: dict[str, Any]
) -> None:
    called = demo_inputs.candidates.filter(pl.col("q_value") <= 0.05)
    answered = called.select("endpoint", "contrast").unique().height
    items = [ENGLISH.plain(item) for item in blocks(demo_document, "chance", "listing")[0]["items"]]
    assert answered < 6
    assert f"about 0.3 of 6 questions would still show a candidate at q ≤ 0.05; {answered} do." in items[-2]
    stricter = called.filter(pl.col("q_value") <= 0.05 * answered / 6).height
    assert items[-1].endswith(f"{stricter} of the {called.height} candidates pass that.")
    cautions = [ENGLISH.plain(item) for item in blocks(demo_document, "summary", "listing")[1]["items"]]
    assert f"about 0.3 of them would still show a candidate; {answered} do." in cautions[-1]


def test_the_stricter_limit_is_q_times_the_share_of_questions_that_show_a_candidate() -> None:
    """Two questions of six answer, so each is judged at a third of q."""
    planted = {("prognostic", "pfs", "G0007"): 7.0, ("predictive", "pfs", "G0008"): 7.0}
    document = build(factory.inputs(genes=60, planted=planted, noise=0.5))
    selected = blocks(document, "chance", "listing")[0]["items"][-1]["with"]
    assert (selected["n"], selected["answered"], selected["kept"]) == (2, 2, 2)
    assert selected["limit"] == pytest.approx(0.05 / 3)


def test_of_many_different_sums_those_with_the_fewest_used_are_shown_and_the_range_told(
    demo_inputs: ReportInputs,
) -> None:
    one = demo_inputs.flow.filter(pl.col("scope") == "subjects")
    many = pl.concat(
        one.with_columns(modality=pl.lit(f"m{k:02d}"), n=pl.lit(100 - k, dtype=pl.Int64)) for k in range(30)
    )
    (block,) = [
        block
        for block in blocks(build(dataclasses.replace(demo_inputs, flow=many)), "flow", "sums")
        if block["id"] == "flow-subjects"
    ]
    assert [row["total"] for row in block["rows"]] == list(range(71, 95))
    assert "71 to 100 used; of 30 different sums the 24 with the fewest are shown" in ENGLISH.plain(block["caption"])


def test_families_of_many_sizes_are_told_once_with_their_range(demo_inputs: ReportInputs) -> None:
    sizes = demo_inputs.candidates.with_columns(
        family=pl.format("{} exploratory features", pl.int_range(pl.len()) % 5 + 400)
    )
    said = sentences(build(dataclasses.replace(demo_inputs, candidates=sizes)))
    assert any("within one endpoint, comparison and contrast (401 to 401)" in sentence for sentence in said)


def test_the_effect_of_treatment_says_what_it_is_adjusted_for_and_stands_beside_the_unadjusted_one(
    demo_document: dict[str, Any],
) -> None:
    found = table(demo_document, "overall")
    both = zip(cells(found, "effect_adjusted"), cells(found, "effect_unadjusted"), strict=True)
    assert all(adjusted["estimate"] != alone["estimate"] for adjusted, alone in both)
    assert "model with age, sex and ecog" in " ".join(ENGLISH.plain(note) for note in found["notes"])


def test_without_covariates_the_effect_of_treatment_is_said_to_be_unadjusted() -> None:
    document = build(factory.inputs(factory.study(covariates=()), genes=30))
    found = table(document, "overall")
    assert {"effect_adjusted", "effect_unadjusted"}.isdisjoint(column["key"] for column in found["columns"])
    assert "Unadjusted" in ENGLISH.plain(found["notes"][0])


def test_a_study_of_one_endpoint_repeats_its_name_in_no_row() -> None:
    one = factory.study(endpoints=(factory.PFS,), treatment=factory.THREE_ARMS)
    document = build(factory.inputs(one, genes=30))
    for name in ("answers", "overall", "candidates"):
        assert "endpoint" not in {column["key"] for column in table(document, name)["columns"]}
    assert "Progression-free survival" in ENGLISH.plain(document["sections"][0]["blocks"][0]["text"])


def test_a_predictive_finding_in_arms_that_were_not_randomised_says_so_at_once() -> None:
    treatment = dataclasses.replace(factory.study().treatment, assignment="observational")
    document = build(factory.inputs(factory.study(treatment=treatment)))
    assert "which were not randomised" in ENGLISH.plain(document["sections"][0]["blocks"][0]["text"])
    assert any("predictive candidate (arms not randomised) for" in said for said in sentences(document))


def test_a_marker_group_too_small_to_show_leaves_its_picture_out(demo_inputs: ReportInputs) -> None:
    curves = demo_inputs.curves
    assert curves is not None
    first = curves.filter(pl.col("contrast") == "predictive").head(1).to_dicts()[0]
    key = [pl.col(name) == first[name] for name in ("candidate_id", "endpoint", "comparison", "contrast")]
    without = curves.filter(~(pl.all_horizontal(key) & (pl.col("group") == "high")))
    document = build(dataclasses.replace(demo_inputs, curves=without))
    panels = blocks(document, "curves", "figure")[0]["panels"]
    counts = sorted(len(panel["charts"]) for panel in panels)
    assert counts[0] == 1
    assert counts[1] == 2
    assert render(document)


def test_markers_of_one_name_in_two_modalities_are_told_apart_everywhere() -> None:
    facts = factory.study(modalities={"rna": "expression", "protein": "npx"})
    genes = [f"G{k:04d}" for k in range(120)]
    screens = {
        (contrast, modality): factory.screen(
            facts, contrast, modality, [*genes, f"only_{modality}"], seed=seed, failed=0
        )
        for contrast in ("prognostic", "predictive")
        for seed, modality in enumerate(("rna", "protein"))
    }
    candidates = factory.rank(facts, list(screens.values()))
    document = build(
        factory.inputs(facts, screens=screens, candidates=candidates, curves=factory.curves(candidates, facts))
    )
    names = {
        (row["modality"], row["label"])
        for question in gather(factory.inputs(facts, screens=screens, candidates=candidates)).questions
        for row in question.candidates.iter_rows(named=True)
    }
    assert len({label for _, label in names}) == len(names), "a label belongs to one modality"
    assert ("rna", "G0007 (rna)") in names
    assert ("protein", "G0007 (protein)") in names
    assert all("(" not in label for _, label in names if label.startswith("only"))
    assert not any(re.search(r"\bG0007\b(?! \()", text) for text in sentences(document))


def test_of_a_yes_or_no_feature_the_effect_is_of_having_it_and_the_table_says_how_many_do() -> None:
    facts = factory.study(treatment=None)
    inputs = factory.inputs(facts, genes=30, curves=None)
    flagged = ("G0001", "G0002", "G0003")
    n_with = pl.col("feature_id").replace_strict(dict(zip(flagged, (100, 4, 225), strict=True)), default=None)
    screens = {key: table.with_columns(n_with=n_with) for key, table in inputs.screens.items()}
    document = build(dataclasses.replace(inputs, screens=screens))
    found = table(document, "candidates")
    names, effects, counts = (cells(found, key) for key in ("candidate", "effect_per_sd", "with_it"))
    shown = dict(zip(names, zip(effects, counts, strict=True), strict=True))
    for name in flagged:
        measured, _ = shown[name]
        assert measured["estimate"] == measured["per_unit"]["estimate"]
        assert ENGLISH.plain(measured["scale"]).endswith(", with : without")
    assert shown["G0001"][1] == 100
    # four with it, or three without it among 228, would tell of few people
    assert [ENGLISH.plain(shown[name][1]) for name in flagged[1:]] == ["<5", "<5"]
    assert shown["G0005"][1] is None
    assert ENGLISH.plain(shown["G0005"][0]["scale"]).endswith(" per SD")


def test_one_question_an_endpoint_is_not_labelled_with_its_contrast() -> None:
    document = build(factory.inputs(factory.study(treatment=None), genes=30))
    assert not any(panel.get("tag") for panel in blocks(document, "curves", "figure")[0]["panels"])
    analysed = next(block for block in blocks(document, "flow", "sums") if block["id"] == "flow-analysis")
    assert "· response" not in " ".join(ENGLISH.plain(row["what"]) for row in analysed["rows"])


def test_a_study_of_one_modality_repeats_its_name_in_no_row() -> None:
    facts = factory.study(modalities={"rna": "expression"})
    screens = {
        (contrast, "rna"): factory.screen(facts, contrast, "rna", [f"G{k:04d}" for k in range(150)])
        for contrast in ("prognostic", "predictive")
    }
    candidates = factory.rank(facts, list(screens.values()))
    document = build(factory.inputs(facts, screens=screens, candidates=candidates, curves=None))
    keys = [column["key"] for column in table(document, "candidates")["columns"]]
    assert "modality" not in keys
    assert "modality" in [column["key"] for column in table(build(factory.inputs()), "candidates")["columns"]]
