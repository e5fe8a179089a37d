"""The changelog is built from one file a change."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

CHANGES = Path(__file__).resolve().parents[3] / "changes"
BUILD = runpy.run_path(str(CHANGES / "build.py"))


def test_every_fragment_of_the_repository_is_named_and_filled_as_it_should_be():
    assert any(BUILD["entries"](CHANGES).values())


def test_releases_follow_the_unreleased_changes_newest_first(tmp_path):
    (tmp_path / "fixed-a-thing.md").write_text("A thing\nworks.\n")
    for release in ("0.9.0", "0.10.0"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "added-a-thing.md").write_text(f"A thing in {release}.")
    assert BUILD["changelog"](tmp_path) == (
        "# Changes\n\n"
        "## Unreleased\n\n### Fixed\n\n- A thing works.\n\n"
        "## 0.10.0\n\n### Added\n\n- A thing in 0.10.0.\n\n"
        "## 0.9.0\n\n### Added\n\n- A thing in 0.9.0.\n"
    )


@pytest.mark.parametrize(("name", "text"), [("news.md", "A thing."), ("added-.md", "A thing."), ("fixed-it.md", " \n")])
def test_a_fragment_with_another_name_or_without_text_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(SystemExit, match=name):
        BUILD["changelog"](tmp_path)
