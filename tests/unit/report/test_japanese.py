"""The page in Japanese: sentences of the tables come as codes and values, and no English prose is left."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import factory
import polars as pl
import pytest

from biomarker.report.facts import gather
from biomarker.report.told import group_name, told, unit_name
from biomarker.report.words.registry import LANGUAGES, own_phrases
from biomarker.report.words.tables import JA as TABLES
from biomarker.report.words.tables import translator

SOURCES = Path(__file__).resolve().parents[3] / "src" / "biomarker"
MARKER = pl.DataFrame(
    {
        "label": ["G7", "G7"],
        "positive": ["G7 above 5.2 ng/mL", "G7 above 5.2 ng/mL"],
        "negative": ["G7 at or below 5.2 ng/mL", "G7 at or below 5.2 ng/mL"],
        "quantity": ["cutoff", "prevalence"],
        "value": [5.2, 0.3],
        "unit": ["ng/mL", "share"],
    }
)


def facts(**tables: pl.DataFrame) -> Any:
    inputs = factory.inputs(genes=40)
    return gather(dataclasses.replace(inputs, tables={**inputs.tables, **tables}))


def test_every_code_that_trial_and_economics_say_has_words() -> None:
    known, found = own_phrases("en"), 0
    for part in ("trial/proposal", "economics/proposal", "discovery"):
        for path in (SOURCES / part).glob("*.py"):
            text = path.read_text(encoding="utf-8")
            codes = re.findall(r'(?<!_)said\(\s*"([^"]+)"', text) + re.findall(r'"say": "([^"]+)"', text)
            codes += [f"cheers.{code}" for code in re.findall(r'_said\(\s*"([^"]+)"', text) if path.stem == "answers"]
            codes += [f"advice.risk.{code}" for code in re.findall(r'_risk\(.*?"([a-z]+)"[,)]', text)]
            missing = [code for code in codes if code not in known]
            assert missing == [], path.name
            found += len(codes)
    assert found > 40


def test_a_sentence_of_a_table_is_said_in_the_language_of_the_page_with_its_numbers() -> None:
    said = {"say": "advice.risk.assurance", "with": {"assurance": 0.612, "power": 0.9}}
    text = told(facts(), json.dumps(said), "As the table has it.")
    assert "61.2%" in LANGUAGES["en"].plain(text)
    assert LANGUAGES["en"].plain(text).startswith("Averaged over what is known")
    assert LANGUAGES["ja"].plain(text).startswith("効果について分かっていること")
    assert "61.2%" in LANGUAGES["ja"].plain(text)


@pytest.mark.parametrize("said", [None, '{"say": "advice.of.tomorrow", "with": {}}'])
def test_a_sentence_without_a_code_that_the_page_knows_stands_as_the_table_has_it(said: str | None) -> None:
    assert LANGUAGES["en"].plain(told(facts(), said, "As the table has it.")) == "As the table has it."


def test_who_is_positive_comes_from_the_cut_off_and_a_strange_name_stays() -> None:
    known = facts(**{"trial/marker": MARKER})
    assert LANGUAGES["ja"].plain(group_name(known, "G7 above 5.2 ng/mL")) == "G7 が 5.20 ng/mL を超える"
    assert LANGUAGES["en"].plain(group_name(known, "G7 at or below 5.2 ng/mL")) == "G7 at or below 5.20 ng/mL"
    assert group_name(known, "mutated") == "mutated"
    assert group_name(facts(), "G7 above 5.2 ng/mL") == "G7 above 5.2 ng/mL"


def test_units_are_said_and_a_unit_of_the_study_stays() -> None:
    assert LANGUAGES["ja"].plain(unit_name("events per months")) == "単位時間（か月）あたりのイベント数"
    assert unit_name("mmol/L") == "mmol/L"


def test_reasons_of_tables_are_translated_with_what_they_mention_and_names_are_not() -> None:
    said = translator(TABLES)
    assert said("no rna data") == "rna のデータなし"
    assert said("no rna data; QC warning") == "rna のデータなし、QC 警告"
    assert said("There are fewer subjects, events or members of the rarer group than the test needs.").endswith(
        "足りない"
    )
    assert said("Cox score test, saddlepoint tail") == "Cox スコア検定、鞍点近似による裾"
    assert said("GENE1 - GENE2") == "GENE1 - GENE2"
    assert said("no idea, QC warning") == "no idea, QC warning"


def test_every_template_in_japanese_mentions_what_the_english_one_does() -> None:
    fields = re.compile(r"\{(\w+)\}")
    for english, own in TABLES.items():
        assert sorted(set(fields.findall(english))) == sorted(set(fields.findall(own))), english
