"""The documentation builds, says what the code says, and its examples run."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
EXTENDING = (DOCS / "extending.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def extensions():
    """The folder of the documentation's own extensions, importable."""
    folder = str(DOCS / "_ext")
    before = set(sys.modules)
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
            del sys.modules[name]


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Every page, built with warnings as errors."""
    from sphinx.cmd.build import main

    folder = tmp_path_factory.mktemp("docs")
    before, path = set(sys.modules), list(sys.path)
    assert main(["-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "doctrees"), str(DOCS), str(folder)]) == 0
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(DOCS)):
            del sys.modules[name]
    return {page.stem: page.read_text(encoding="utf-8") for page in folder.glob("*.html")}


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def module_of(text, path):
    """The example under a file's name, as the module it would be."""
    source = re.search(rf"`{re.escape(path)}`:\n\n```python\n(.*?)```", text, flags=re.DOTALL)[1]
    name = "example_" + Path(path).stem
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader=None))
    sys.modules[name] = module
    exec(compile(source, path, "exec"), module.__dict__)
    return module


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_build_without_a_warning_and_load_nothing_from_elsewhere(html):
    assert {path.stem for path in DOCS.glob("*.md")} <= set(html)
    for name, page in html.items():
        loaded = re.findall(r"<(?:script|img|iframe)[^>]*\bsrc=\"([^\"]+)\"|<link[^>]*\bhref=\"([^\"]+)\"", page)
        assert [address for pair in loaded for address in pair if address.startswith(("http", "//"))] == [], name


def test_every_placeholder_is_one_that_is_replaced(extensions):
    from generated import GENERATORS, PLACEHOLDER

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert text.count("<!-- ") == len(PLACEHOLDER.findall(text))
    assert {name for name, _ in PLACEHOLDER.findall(text)} == set(GENERATORS) - {"result-table"}


def test_formulas_are_mathml(html):
    source = (DOCS / "statistics.md").read_text(encoding="utf-8")
    assert html["statistics"].count('display="block"') == source.count("\n$$\n") // 2


def test_each_section_of_the_study_file_has_its_keys_on_the_page(html, extensions):
    from reference_study import sections

    page = (DOCS / "study-file.md").read_text(encoding="utf-8")
    for name in sections():
        assert f"study-section {name} -->" in page or f"`{name}`" in page.partition("## Sections without keys")[2]


def test_each_rule_is_in_the_table_of_sections_with_what_it_reads(extensions):
    from reference_rules import sections_of_rules

    found = sections_of_rules()
    rules = re.findall(
        r"^(?:use rule \w+ as |rule )(\w+)",
        "".join(p.read_text() for p in (ROOT / "rules").glob("*.smk")),
        re.MULTILINE,
    )
    assert set(found) == set(rules)
    outputs = ["candidates.parquet", "candidates.tsv", "candidate_scores.parquet"]
    assert found["rank"] == (["rank", "subjects.treatment"], outputs)
    assert found["null"] == (
        ["features", "screen", "study.seed", "rank.<its own>"],
        ["null.parquet", "null.tsv"],
    )
    assert found["screen"][0] == ["features", "screen", "study.seed"]
    assert found["simulate"][0] == ["simulate", "study.seed"]
    assert "modalities.*.index_date" in found["subjects"][0]


def test_a_column_without_a_sentence_is_refused(extensions, monkeypatch):
    import reference_tables

    from biomarker.data.schema import text

    reference_tables.column_words.cache_clear()
    monkeypatch.setitem(reference_tables.tables.Quarantine.columns, "new", text())
    with pytest.raises(ValueError, match="without a sentence \\['new'\\]"):
        reference_tables.column_words()
    reference_tables.column_words.cache_clear()


# --- what the pages name ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_repository_that_a_page_names_exists(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|rules|workflow|config|docs|changes|benchmarks)/[\w./-]+)`", text))
    planned = set(re.findall(r"^`([\w./-]+)`:$", text, flags=re.MULTILINE)) | {"docs/_build/html"}
    made = {"src/biomarker/stages/NAME.py", "benchmarks/RESULTS.md", "benchmarks/RESULTS.json"}
    assert sorted(name for name in named - planned - made if not (ROOT / name).exists()) == []
    links = re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_study_file_on_a_page_is_right(page, tmp_path):
    from biomarker.config.file import StudyFile
    from biomarker.config.load import load_study

    (whole,) = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "yaml")
    for block in blocks(page.read_text(encoding="utf-8"), "yaml"):
        content = yaml.safe_load(block)
        if "study" not in content:  # then it is a section or a modality, for the study of the README
            part = content if set(content) <= set(StudyFile.model_fields) else {"modalities": content}
            block = yaml.safe_dump({**yaml.safe_load(whole), **part})
        (tmp_path / "study.yaml").write_text(block)
        assert load_study(tmp_path / "study.yaml").study.name == "my-trial"


def test_the_study_file_of_the_readme_is_ten_lines_and_the_one_of_getting_started():
    first, second = (blocks(p.read_text(), "yaml")[0] for p in (ROOT / "README.md", DOCS / "getting-started.md"))
    assert first == second
    assert len(first.splitlines()) == 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_and_make_target_on_a_page_exists(page):
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = "\n".join(re.findall(r"`([^`\n]+)`", prose) + blocks(text, "sh")).splitlines()
    commands = "\n".join(line.partition("#")[0] for line in lines)
    verbs = {path.stem for path in (ROOT / "src/biomarker/cli").glob("*.py")}
    assert set(re.findall(r"\bbiomarker ([a-z]+)\b", commands)) <= verbs
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", commands)) <= targets


def test_pictures_of_the_readme_are_there_and_small():
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text()):
        assert 10_000 < (ROOT / name).stat().st_size < 300_000


# --- worked examples --------------------------------------------------------------------------------------------------


def test_the_example_of_a_source_reads_a_file(tmp_path):
    example = module_of(EXTENDING, "src/biomarker/ingest/alterations.py")
    (tmp_path / "a.csv").write_text("subject_id,gene\ns2,KRAS\ns1,TP53\ns2,TP53\n")
    found = example.SOURCE.read(example.AlterationsSettings(path="a.csv"), base=tmp_path)
    assert found.content.subject_ids == ("s1", "s2")
    assert found.content.features["feature_id"].to_list() == ["KRAS", "TP53"]
    assert found.content.values.tolist() == [[0, 1], [1, 1]]
    assert (found.rows_in, found.rows_used) == (3, 3)


def test_the_example_of_a_statistic_is_the_linear_test_of_the_codes():
    from biomarker.discovery.method import Limits, Outcome
    from biomarker.stats import linear_screen

    example = module_of(EXTENDING, "src/biomarker/discovery/methods/ordinal.py")
    rng = np.random.default_rng(5)
    x, levels, age = rng.standard_normal((40, 3)), rng.integers(0, 3, 40).astype(float), rng.standard_normal((40, 1))
    found = example.ORDINAL.screen(x, [Outcome("ordinal", levels)], age, None, Limits(min_group=3, min_events=5))
    expected = linear_screen(x, levels[:, None], np.column_stack([np.ones(40), age]))
    np.testing.assert_array_equal(found.p_value, expected.p_value)


def test_the_example_of_a_section_makes_one():
    from types import SimpleNamespace

    example = module_of(EXTENDING, "src/biomarker/report/sections/modalities.py")
    facts = SimpleNamespace(study=SimpleNamespace(modalities={"rna": "expression"}))
    made = example.make(facts)
    assert made["id"] == "modalities"
    assert made["blocks"][0]["items"] == [{"say": "modalities.one", "with": {"name": "rna", "type": "expression"}}]
    assert example.make(SimpleNamespace(study=SimpleNamespace(modalities={}))) is None
