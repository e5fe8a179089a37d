"""The page in Japanese of a real run: no English prose is left on it but names of the study's own."""

import json
import re
from html import unescape

import yaml
from markupsafe import Markup

from biomarker.report import html


def prose(page: str) -> set[str]:
    """Runs of four and more English words."""
    body = re.sub(r"<(script|style|code|pre).*?</\1>", " | ", page[page.index("<body") :], flags=re.S)
    text = re.sub(r"<[^>]*>", " | ", re.sub(r"</?(?:strong|span|b|i)\b[^>]*>", "", body))
    return set(re.findall(r"[A-Za-z][A-Za-z'’-]*(?:[ ,;:(]+[A-Za-z'’-]+){3,}", unescape(text)))


def test_no_english_prose_is_left_on_the_page_in_japanese(finished, monkeypatch):
    document = json.loads((finished.results / "report" / "report.json").read_text(encoding="utf-8"))
    # drawing takes longer than all else
    monkeypatch.setattr(html, "to_svg", lambda *_, **__: Markup(""))
    names = finished.study.read_text(encoding="utf-8") + str(yaml.safe_load(finished.study.read_text(encoding="utf-8")))
    english, japanese = (html.render(document, language=code, only=True) for code in ("en", "ja"))
    # names of published cases are written in capitals
    left = {run for run in prose(japanese) if run not in names and len(re.findall(r"\b[a-z]+\b", run)) > 2}
    assert left == set()
    assert len(prose(english)) > 100
