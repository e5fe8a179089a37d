"""Every fault of a study file is one line: the key, what was given, what was expected."""

import copy
import json

import jsonschema
import pytest
import yaml

from biomarker.config.load import StudyError, load_study
from biomarker.config.schema import study_schema
from biomarker.errors import ConfigError
from biomarker.ingest.registry import SOURCES

STUDY = """
study: {name: trial}
subjects:
  path: subjects.csv
  covariates: [age, {name: liver, column: met_site, is: [Liver]}]
  treatment: {column: arm, active: drug, control: placebo}
endpoints:
  - {name: response, type: binary, column: bor, event: [CR], non_event: [SD], better: event}
  - {name: pfs, type: survival, time: months, event: {column: seen, value: [1], censored: [0]}, unit: months, better: longer}
  - {group: ic50, path: ic50.csv, id: ID, unit: uM, better: lower, labels: {path: drugs.csv, key: id, label: name}}
modalities:
  rna: {type: expression, path: x.csv, id: gene, orientation: features_in_rows, scale: log2_tpm}
"""  # noqa: E501
ABSENT = object()
TYPES = ", ".join(sorted(SOURCES))


def changed(*edits):
    """The study with values put in; each edit is the keys, then the value."""
    content = yaml.safe_load(STUDY)
    for *keys, value in edits:
        node = content
        for key in keys[:-1]:
            node = node[key]
        if value is ABSENT:
            del node[keys[-1]]
        else:
            node[keys[-1]] = copy.deepcopy(value)
    return content


@pytest.fixture
def faults(tmp_path):
    """Lines of the faults that a study has."""

    def look(content):
        path = tmp_path / "study.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
        try:
            load_study(path)
        except StudyError as error:
            head, *lines = error.message.split("\n")
            many = "s" if len(lines) > 1 else ""
            told = head == f"{path}: {len(lines)} fault{many}" and error.hint.endswith(f"biomarker check {path}")
            return [line.removeprefix("  ") for line in lines] if told else [error.message]
        return []

    return look


def test_the_study_these_tests_start_from_is_right(faults):
    assert faults(changed()) == []
    assert schema_accepts(changed())


UNKNOWN = [
    (("sudy", {}), "sudy", "study"),
    (("study", "sed", 3), "study.sed", "seed"),
    (("subjects", "covariats", []), "subjects.covariats", "covariates"),
    (("subjects", "covariates", 1, "mising", "keep"), "subjects.covariates.1.mising", "missing"),
    (("subjects", "treatment", "colum", "x"), "subjects.treatment.colum", "column"),
    (("endpoints", 0, "colunm", "x"), "endpoints.0.colunm", "column"),
    (("endpoints", 1, "event", "censord", [0]), "endpoints.1.event.censord", "censored"),
    (("endpoints", 2, "colums", "*"), "endpoints.2.colums", "columns"),
    (("endpoints", 2, "labels", "labl", "x"), "endpoints.2.labels.labl", "label"),
    (("modalities", "rna", "orientaton", "x"), "modalities.rna.orientaton", "orientation"),
    (
        ("modalities", "dna", {"type": "maf", "path": "x.maf", "panel_genes": {"path": "x", "colum": "y"}}),
        "modalities.dna.panel_genes.colum",
        "column",
    ),
    (("simulate", {"subject": 3}), "simulate.subject", "subjects"),
    (("features", {"min_detecton": 0}), "features.min_detecton", "min_detection"),
    (("screen", {"min_goup": 3}), "screen.min_goup", "min_group"),
    (("rank", {"kep": 3}), "rank.kep", "keep"),
    (("report", {"small_cel": 3}), "report.small_cel", "small_cell"),
    (("compute", {"devise": "cpu"}), "compute.devise", "device"),
]


@pytest.mark.parametrize(("edit", "key", "meant"), UNKNOWN, ids=lambda x: x if isinstance(x, str) else "")
def test_an_unknown_key_names_itself_its_neighbours_and_the_nearest(faults, edit, key, meant):
    (line,) = faults(changed(edit))
    assert line.startswith(f"{key}: given an unknown key, expected one of ")
    assert line.endswith(f"(did you mean {meant}?)")
    assert not schema_accepts(changed(edit))


def test_a_key_of_another_type_of_endpoint_is_no_key_of_this_one(faults):
    (line,) = faults(changed(("endpoints", 0, "unit", "mm")))
    assert line == (
        "endpoints.0.unit: given an unknown key, expected one of name, label, type, column, event, non_event, better"
    )


def test_a_section_that_has_no_keys_yet_says_so(faults):
    (line,) = faults(changed(("holdout", {"size": 3})))
    assert line == "holdout.size: given an unknown key, expected no keys: this section has none yet"


WRONG = [
    ((("study", "name", ABSENT),), "study.name: given nothing, expected a value: the key is required"),
    ((("endpoints", 0, "column", ABSENT),), "endpoints.0.column: given nothing, expected a value: the key is required"),
    (
        (("modalities", "rna", "path", ABSENT),),
        "modalities.rna.path: given nothing, expected a value: the key is required",
    ),
    ((("rank", {"q": "abc"}),), "rank.q: given 'abc', expected a number"),
    ((("rank", {"q": 1.5}),), "rank.q: given 1.5, expected a number less than 1"),
    ((("rank", {"keep": 0}),), "rank.keep: given 0, expected a number greater than or equal to 1"),
    ((("rank", {"keep": 1.5}),), "rank.keep: given 1.5, expected a whole number"),
    ((("report", {"small_cell": True}),), "report.small_cell: given True, expected a number"),
    ((("rank", {"q": True}),), "rank.q: given True, expected a number"),
    ((("study", "seed", -1),), "study.seed: given -1, expected a number greater than or equal to 0"),
    ((("study", "title", True),), "study.title: given True, expected text; put quotes around it"),
    ((("subjects", "covariates", "age"),), "subjects.covariates: given 'age', expected a list"),
    ((("endpoints", 0, "event", "CR"),), "endpoints.0.event: given 'CR', expected a list"),
    ((("endpoints", 0, "event", []),), "endpoints.0.event: expected a list of at least 1"),
    ((("endpoints", []),), "endpoints: expected a list of at least 1"),
    ((("endpoints", 0, "better", "good"),), "endpoints.0.better: given 'good', expected 'event' or 'non_event'"),
    ((("compute", {"device": "gpu"}),), "compute.device: given 'gpu', expected 'cpu', 'cuda' or 'auto'"),
    (
        (("subjects", "treatment", "probability", 1),),
        "subjects.treatment.probability: given 1, expected a number less than 1",
    ),
    (
        (("modalities", "rna", "type", ABSENT),),
        f"modalities.rna.type: given nothing, expected one of {TYPES}",
    ),
    (
        (("modalities", "rna", "type", "expresion"),),
        f"modalities.rna.type: given 'expresion', expected one of {TYPES} (did you mean expression?)",
    ),
    ((("modalities", "rna", 3),), "modalities.rna: given 3, expected settings (`key: value`)"),
    (
        (("modalities", "2nd rna", {"type": "matrix", "path": "y.csv", "id": "i", "orientation": "subjects_in_rows"}),),
        "modalities.2nd rna: given '2nd rna', expected text of the form ^[A-Za-z][A-Za-z0-9_]{0,63}$",
    ),
    (
        (("endpoints", 0, "type", "binari"),),
        "endpoints.0: expected `type: binary`, `continuous`, `ordinal` or `survival`, or a `group`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "line"), WRONG, ids=lambda x: x.split(":")[0] if isinstance(x, str) else "")
def test_a_wrong_value_is_one_line(faults, edits, line):
    assert faults(changed(*edits)) == [line]
    assert not schema_accepts(changed(*edits))


CONTRADICTIONS = [
    (("endpoints", 1, "name", "response"), "endpoints: given 'response' twice, expected each name once"),
    (("subjects", "covariates", ["age", "age"]), "subjects.covariates: given 'age' twice, expected each name once"),
    (
        ("subjects", "post_baseline", {"age": "week 20"}),
        "subjects.covariates: given 'age', which `post_baseline` lists (week 20), "
        "expected what is known before treatment begins",
    ),
    (
        ("subjects", "covariates", ["bor"]),
        "subjects.covariates: given 'bor', a column of the endpoint 'response', "
        "expected what is known before treatment begins",
    ),
    (
        ("subjects", "covariates", [{"name": "follow-up", "column": "months"}]),
        "subjects.covariates: given 'follow-up', a column of the endpoint 'pfs', "
        "expected what is known before treatment begins",
    ),
    (
        ("screen", {"prespecified": ["CD8A"]}),
        "screen.prespecified: given 'CD8A', expected modality:feature, of the modalities rna",
    ),
    (
        ("screen", {"prespecified": ["rna:"]}),
        "screen.prespecified: given 'rna:', expected modality:feature, of the modalities rna",
    ),
    (
        ("screen", {"prespecified": ["labs:ldh"]}),
        "screen.prespecified: given 'labs:ldh', expected modality:feature, of the modalities rna",
    ),
    (
        ("subjects", "treatment", {"column": "arm"}),
        "subjects.treatment: expected either `active` and `control`, or `comparisons`",
    ),
    (
        ("subjects", "treatment", {"column": "arm", "active": "drug"}),
        "subjects.treatment: expected either `active` and `control`, or `comparisons`",
    ),
    (
        ("subjects", "treatment", {"column": "arm", "active": "a", "control": "b", "comparisons": [["a", "b"]]}),
        "subjects.treatment: expected either `active` and `control`, or `comparisons`",
    ),
    (
        ("subjects", "covariates", [{"name": "x", "missing": "false"}]),
        'subjects.covariates.0.is: given nothing, expected the values that are true, where `missing` is "false"',
    ),
    (
        ("subjects", "samples", "first"),
        "subjects.samples: given 'first' without `patient`, expected the column that names the patient",
    ),
]


def by_row(*edits, path="subjects.csv"):
    """The study without its group of endpoints, its subjects and a matrix told apart by their rows."""
    matrix = {"type": "matrix", "path": path, "id": "#row", "orientation": "subjects_in_rows", "columns": ["x"]}
    return changed(("subjects", "id", "#row"), ("endpoints", 2, ABSENT), ("modalities", {"m": matrix}), *edits)


ONE_TABLE = "expected '#row' of one and the same table everywhere: rows of two files may differ in order"


def test_rows_stand_for_ids_where_all_data_are_in_one_table(faults):
    assert faults(by_row()) == []
    assert schema_accepts(by_row())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(by_row(path="x.csv"), f"modalities.m.id: given '#row' of x.csv, {ONE_TABLE}", id="another file"),
        pytest.param(
            by_row(("subjects", "id", "pid")), f"subjects.id: given 'pid' of subjects.csv, {ONE_TABLE}", id="a column"
        ),
        pytest.param(
            by_row(("modalities", "m", "id", ABSENT)),
            f"modalities.m.id: given None of subjects.csv, {ONE_TABLE}",
            id="the first column",
        ),
        pytest.param(
            by_row(("modalities", "m", "orientation", "features_in_rows"), ("modalities", "m", "exclude", ["bor"])),
            "modalities: given the id '#row' with features in rows, expected a column of their names",
            id="features",
        ),
    ],
)
def test_rows_of_two_tables_are_not_matched_by_their_place(faults, content, line):
    assert faults(content) == [line]


def test_an_arm_s_code_without_quotes_may_be_a_number_and_no_truth_value(faults):
    arms = {"column": "arm", "active": "drug", "control": "placebo"}
    assert faults(changed(("subjects", "treatment", {**arms, "names": {0: "placebo", 1: "drug"}}))) == []
    (line,) = faults(changed(("subjects", "treatment", {**arms, "names": {True: "drug"}})))
    assert "YAML reads a word like NO as true" in line


LATE = {"type": "labs", "path": "labs.csv", "day": "day", "when": "on-treatment", "landmark": 28, "window": [1, 28]}


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        ([("modalities", "late", "landmark", ABSENT)],
         "modalities.late.landmark: given none with `when: on-treatment`, expected the day by which the values were "
         "taken"),
        ([("modalities", "late", "when", "baseline"), ("modalities", "late", "window", ABSENT)],
         "modalities.late.landmark: given 28 with `when: baseline`, expected none, or `when: on-treatment`"),
        ([("modalities", "late", "landmark", 0)],
         "modalities.late.landmark: given 0, expected a day after treatment began"),
        ([("modalities", "late", "window", [1, 90])],
         "modalities.late.window: given [1, 90], expected an end by the landmark, 28"),
        ([("modalities", "rna", ABSENT)],
         "modalities: given none that was taken before treatment, expected one, which candidates come from"),
        ([("endpoints", 1, ABSENT)],
         "modalities.late.when: given on-treatment without survival endpoint, expected one, whose time can start at "
         "the landmark"),
        ([("endpoints", 1, "unit", "cycles")],
         "endpoints: pfs: unit: given 'cycles', expected a unit of time, for the landmark: days, weeks, months or "
         "years"),
        ([("screen", {"prespecified": ["late:ALT.last"]})],
         "screen.prespecified: given 'late:ALT.last', expected a marker that is known before treatment"),
        ([("modalities", "late", "landmark", "soon")],
         "modalities.late.landmark: given 'soon', expected a number"),
    ],
)  # fmt: skip
def test_what_is_taken_under_treatment_has_a_landmark_that_can_be_placed(faults, edits, line):
    given = changed(("modalities", "late", LATE), *edits)
    assert faults(given) == [line]


def test_what_is_taken_under_treatment_by_a_landmark_is_accepted(faults):
    assert faults(changed(("modalities", "late", LATE))) == []


CLINICAL = {"type": "matrix", "path": "subjects.csv", "id": "subject_id", "orientation": "subjects_in_rows"}


@pytest.mark.parametrize(
    ("settings", "key", "leaks"),
    [
        ({"columns": ["age", "bor"]}, "columns", "'bor'"),
        ({"columns": ["bor"], "when": "on-treatment", "landmark": 28}, "columns", "'bor'"),
        ({"exclude": ["arm", "bor"]}, "exclude", "'months', 'seen'"),
        ({}, "exclude", "'bor', 'months', 'seen'"),
    ],
)
def test_an_outcome_of_the_subject_table_is_no_feature(faults, settings, key, leaks):
    (line,) = faults(changed(("modalities", "clinical", CLINICAL | settings)))
    assert line == (
        f"modalities.clinical.{key}: given {leaks} as a feature, which the endpoints are made of, "
        "expected what is known before treatment begins"
    )


ALT = {
    "name": "alt8", "type": "continuous", "from": "adlb", "path": "adlb.xpt", "param": "ALT",
    "where": {"AVISIT": ["Week 8"]}, "column": "CHG", "unit": "U/L", "better": "lower",
}  # fmt: skip
ADLB = {"type": "adam", "path": "adlb.xpt", "index_date": "TRTSDT", "window": [-28, 60]}


@pytest.mark.parametrize("given", [{}, {"path": "./adlb.xpt"}, {"where": {"PARAMCD": ["AST", "alt"]}}], ids=str)
def test_a_parameter_after_day_0_is_no_feature_of_its_own_endpoint(faults, given):
    lines = faults(changed(("endpoints", 0, ALT), ("modalities", "adlb", ADLB | given)))
    assert lines == [
        "modalities.adlb.window: given [-28, 60] over rows of adlb.xpt (PARAMCD ALT, AVISIT Week 8) that the endpoint "
        "'alt8' is made of, expected an end by day 0, or `where` with other rows"
    ]


def test_events_and_times_of_a_file_are_no_features_of_their_own_endpoint(faults):
    rash = {"name": "rash", "type": "binary", "from": "ae", "path": "ae.xpt", "better": "non_event"}
    late = {"type": "sdtm-ae", "path": "ae.xpt", "index_date": "TRTSDT", "window": [0, 30]}
    (line,) = faults(changed(("endpoints", 0, rash), ("modalities", "ae", late)))
    assert "[0, 30] over rows of ae.xpt (all rows) that the endpoint 'rash' is made of" in line
    early = late | {"window": [-365, 0]}  # a rash before day 0 is the event as well: a row of any day is
    (line,) = faults(changed(("endpoints", 0, rash), ("modalities", "ae", early)))
    assert line.endswith("that the endpoint 'rash' is made of, expected `where` with other rows")
    assert faults(changed(("endpoints", 0, rash | {"where": {"AEDECOD": ["RASH"]}}),
                          ("modalities", "ae", early | {"where": {"AEDECOD": ["NAUSEA"]}}))) == []  # fmt: skip
    time = {"name": "rise", "type": "survival", "from": "adlb", "path": "adlb.xpt", "param": "ALT", "better": "longer"}
    treated = ADLB | {"when": "on-treatment", "landmark": 60}
    (line,) = faults(changed(("endpoints", 0, time), ("modalities", "adlb", treated)))
    assert "over rows of adlb.xpt (PARAMCD ALT) that the endpoint 'rise' is made of" in line


@pytest.mark.parametrize(
    "given",
    [
        {"window": [-28, 0]},
        {"path": "other.xpt"},
        {"where": {"PARAMCD": ["AST"]}},
        {"when": "on-treatment", "landmark": 60},  # beside the times alone: the change at week 8 is left out there
    ],
    ids=str,
)
def test_other_rows_than_those_of_the_endpoint_may_be_features(faults, given):
    assert faults(changed(("endpoints", 0, ALT), ("modalities", "adlb", ADLB | given))) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"columns": ["age"]},
        {"exclude": ["arm", "bor", "months", "seen"]},
        {"columns": ["x"], "when": "on-treatment", "landmark": 28},
        {"columns": ["bor"], "path": "other.csv"},
    ],
)
def test_what_is_no_outcome_may_be_a_feature(faults, settings):
    assert faults(changed(("modalities", "clinical", CLINICAL | settings))) == []


@pytest.mark.parametrize(("edit", "line"), CONTRADICTIONS)
def test_keys_that_contradict_each_other_are_one_line(faults, edit, line):
    assert faults(changed(edit)) == [line]


@pytest.mark.parametrize("section", ["screen", "rank", "report", "simulate", "study", "endpoints", "formula"])
def test_an_empty_section_is_refused_by_name(faults, section):
    (line,) = faults(changed((section, None)))
    assert line == f"{section}: given nothing, expected settings; leave the section out to get its defaults"


@pytest.mark.parametrize("name", ["panel", "explain"])
def test_a_reserved_name_says_that_it_is(faults, name):
    assert faults(changed((name, {}))) == [f"{name}: expected another name: this one is reserved for a later version"]


@pytest.mark.parametrize(("code", "said"), [("NO", "false"), ("off", "false"), ("yes", "true"), ("On", "true")])
def test_a_code_that_yaml_reads_as_a_truth_value_is_explained(faults, code, said):
    (line,) = faults(STUDY.replace("non_event: [SD]", f"non_event: [SD, {code}]"))
    assert line.startswith("endpoints.0.non_event.1: given ")
    assert line.endswith(f"in quotes: without them YAML reads a word like NO as {said}")
    assert faults(STUDY.replace("non_event: [SD]", f'non_event: [SD, "{code}"]')) == []


def test_all_faults_are_told_at_once(faults):
    lines = faults(
        changed(
            ("study", "sed", 1),
            ("endpoints", 0, "better", "good"),
            ("endpoints", 2, "labels", "labl", "x"),
            ("modalities", "rna", "scal", "x"),
            ("simulate", {"subject": 3}),
            ("rank", {"q": 2, "keep": 0}),
            ("screen", None),
            ("panel", {}),
        )
    )
    keys = {line.split(":")[0] for line in lines}
    assert keys == {
        "study.sed",
        "endpoints.0.better",
        "endpoints.2.labels.labl",
        "modalities.rna.scal",
        "simulate.subject",
        "rank.q",
        "rank.keep",
        "screen",
        "panel",
    }
    assert len(lines) == len(keys)


def test_a_fault_stays_on_its_line_whatever_was_given(faults):
    (line,) = faults(changed(("study", "name", "two\nlines " * 50)))
    assert "\n" not in line
    assert len(line) < 200


# --- files that are no study ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"study: {name: a}\nstudy: {name: b}\n", "the key 'study' stands twice (line 2)"),
        (b"study:\n  name: a\n  seed: 1\n  name: b\n", "the key 'name' stands twice (line 4)"),
        (b"study:\n  name: [a\nsubjects: x\n", "line 3, column 9: not valid YAML"),
        (b"study:\n\tname: a\n", "line 2, column 1: not valid YAML"),
        (b"", "expected sections"),
        (b"- a\n- b\n", "expected sections"),
        (b"just words", "expected sections"),
        (b"study: {name: \xff\xfe}", "is not UTF-8 text (byte 14)"),
        (b"a: !!python/object/apply:os.system [echo]", "not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path, content, words):
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_path_that_is_no_file_is_said_to_be_none(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_study(tmp_path / "no.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_study(tmp_path)


# --- the schema for editors -------------------------------------------------------------------------------------------


def schema_accepts(content):
    return jsonschema.Draft202012Validator(study_schema()).is_valid(content)


def test_the_stored_schema_is_what_the_models_say(project):
    stored = json.loads((project / "workflow" / "schemas" / "study.schema.json").read_text(encoding="utf-8"))
    assert stored == study_schema(), "run: biomarker schema workflow/schemas/study.schema.json"


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(study_schema())


def studies(project):
    return [project / "config" / "config.yaml", *sorted((project / "tests" / "studies").glob("*.yaml"))]


def test_every_study_of_the_project_passes_both_checks(project):
    found = studies(project)
    assert len(found) >= 2
    for path in found:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        jsonschema.validate(content, study_schema())
        assert load_study(path).study.name == content["study"]["name"]


def test_the_schema_uses_no_references():
    """Editors and Snakemake show the sentence of a key only where it stands in place."""
    assert "$ref" not in json.dumps(study_schema())


def keys_of(node):
    """Every key the schema knows, at any depth, with what it says of it."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for child in node.values():
            yield from keys_of(child)
    elif isinstance(node, list):
        for child in node:
            yield from keys_of(child)


def test_every_key_has_a_sentence():
    """But `type` where it only tells one entry from another."""
    keys = list(keys_of(study_schema()))
    assert {"q", "small_cell", "event", "labels", "orientation", "noncentrality", "index_date"} <= {n for n, _ in keys}
    assert [name for name, child in keys if not child.get("description") and name != "type"] == []
