"""No package of the locked core is under GPL, AGPL, LGPL or EUPL only; docs/LICENCES.md says what else there is."""

from __future__ import annotations

import re
import tomllib
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
CORE_EXTRAS = ("cpu", "vcf", "slurm", "postgres")

PERMISSIVE = {
    "0BSD",
    "APACHE-2.0",
    "APACHE-2.0 WITH LLVM-EXCEPTION",
    "BSD",
    "BSD-2-CLAUSE",
    "BSD-3-CLAUSE",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-CMU",
    "PSF-2.0",
    "PUBLIC DOMAIN",
    "ZLIB",
}

# The words in which setup.py-age metadata name a licence, each meaning one only
SPOKEN = {
    "2-clause BSD": "BSD-2-Clause",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "BSD-3": "BSD-3-Clause",
    "GNU General Public License (GPL)": "GPL",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Public Domain": "Public domain",
    "Python Software Foundation License": "PSF-2.0",
    "The MIT License (MIT)": "MIT",
}

# A sentence that a licence file cannot lack
PROOF = {
    "MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy",
    "BSD-3-Clause": "Neither the name of the",
}


def closure(names: list[str]) -> dict[str, metadata.Distribution]:
    """Every installed package that these requirements bring, with the markers of this machine."""
    environment = {key: str(value) for key, value in default_environment().items()}
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found[name] = metadata.distribution(name)
            for text in found[name].requires or []:
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({**environment, "extra": extra}):
                    waiting.append(needed)
    return found


def table(heading: str) -> dict[str, tuple[str, str]]:
    """The rows of one table of docs/LICENCES.md: package -> (licence, what is said of it)."""
    text = (ROOT / "docs" / "LICENCES.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {package: (licence, said) for package, licence, said in rows[2:]}


LISTED = "Packages under the MPL, or under a choice of licences"
RESOLVED = "Licences that the metadata leaves open"


def alternatives(package: Message) -> list[frozenset[str]]:
    """The sets of licences of which one may be chosen, in SPDX's words where there are any; empty where none is named.

    Several classifiers are read as a choice: nothing says which part of the package each of them covers.
    """
    expression = package.get("License-Expression")
    spoken = [line.split("::")[-1].strip() for line in package.get_all("Classifier") or [] if line[:7] == "License"]
    spoken = [word for word in spoken if word != "OSI Approved"]
    free = (package.get("License") or "").strip()
    if expression:
        assert not re.search(r"\(.*\bOR\b.*\)", expression), f"a choice inside brackets is not read: {expression}"
        spoken = re.sub("[()]", "", expression).split(" OR ")
    elif not spoken and free and "\n" not in free:
        spoken = [free]
    return [frozenset(SPOKEN.get(word, word) for word in choice.split(" AND ")) for choice in spoken]


def permissive(choice: frozenset[str]) -> bool:
    return {licence.upper() for licence in choice} <= PERMISSIVE


def copyleft(choice: frozenset[str]) -> bool:
    return any(re.search(r"GPL|EUPL|GNU |European Union", licence) for licence in choice)


@pytest.fixture(scope="module")
def core() -> dict[str, metadata.Distribution]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return closure([*project["dependencies"], *(name for extra in CORE_EXTRAS for name in extras[extra])])


def test_every_package_of_the_core_has_a_known_licence(core):
    decided = {*table(LISTED), *table(RESOLVED)}
    open_ones = {
        name: choices
        for name, package in core.items()
        if name not in decided
        and (not (choices := alternatives(package.metadata)) or not all(map(permissive, choices)))
    }
    assert open_ones == {}, "resolve these in docs/LICENCES.md, or do without the package"


def test_gpl_agpl_lgpl_or_eupl_is_nowhere_the_only_choice(core):
    only = {
        name: choices
        for name, package in core.items()
        if (choices := alternatives(package.metadata)) and all(map(copyleft, choices))
    }
    assert only == {}


def test_the_page_lists_exactly_the_mpl_and_multi_licensed_packages(core):
    listed = {
        name
        for name, package in core.items()
        if len(choices := alternatives(package.metadata)) > 1 or any("MPL-2.0" in choice for choice in choices)
    }
    assert set(table(LISTED)) == listed


def test_each_resolved_licence_is_needed_and_stands_in_the_package_s_own_licence_file(core):
    for name, (licence, file) in table(RESOLVED).items():
        assert alternatives(core[name].metadata) == [], f"{name} states its licence: drop it from the table"
        text = core[name].read_text(file)
        assert text is not None, f"{name} installs no {file}"
        assert PROOF[licence] in " ".join(text.split()), f"{name}: {file} is not the {licence} licence"


def test_exactly_one_build_of_xgboost_in_each_extra_and_none_in_the_core():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def builds(requirements: list[str]) -> list[str]:
        return [name for text in requirements if (name := Requirement(text).name).startswith(("xgboost", "cupy"))]

    extras = project["optional-dependencies"]
    assert builds(project["dependencies"]) == []
    assert builds(extras["cpu"]) == ["xgboost-cpu"]
    assert builds(extras["gpu-cuda12"]) == ["xgboost", "cupy-cuda12x"]
    assert builds(extras["gpu-cuda13"]) == ["xgboost", "cupy-cuda13x"]
    # Without [ctk] the cupy wheel lacks NVRTC and fails at the first kernel
    assert all("[ctk]" in text for extra in ("gpu-cuda12", "gpu-cuda13") for text in extras[extra] if "cupy" in text)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"License-Expression": "MIT AND PSF-2.0"}, [{"MIT", "PSF-2.0"}]),
        ({"License-Expression": "MPL-2.0 OR (GPL-3.0-only)"}, [{"MPL-2.0"}, {"GPL-3.0-only"}]),
        ({"License": "MIT License"}, [{"MIT"}]),
        ({"License": "a text\nof many lines", "Classifier": "License :: OSI Approved :: BSD License"}, [{"BSD"}]),
        ({"License": "a text\nof many lines"}, []),
        ({"Classifier": "License :: OSI Approved"}, []),
        ({}, []),
    ],
)
def test_the_licence_is_read_from_each_kind_of_metadata(headers, expected):
    package = Message()
    for key, value in headers.items():
        package[key] = value
    assert alternatives(package) == expected


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("MIT AND LGPL-2.1-only", True),
        ("EUPL-1.2", True),
        ("AGPL-3.0-only OR GPL-3.0-only", True),
        ("MIT OR GPL-2.0-only", False),
        ("MPL-2.0 AND MIT", False),
    ],
)
def test_copyleft_is_refused_only_where_there_is_no_other_choice(expression, refused):
    package = Message()
    package["License-Expression"] = expression
    assert all(map(copyleft, alternatives(package))) is refused
