"""Build CHANGELOG.md from the files of this folder: `make changelog`."""

from __future__ import annotations

from pathlib import Path

KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


def entries(folder: Path) -> dict[str, list[str]]:
    """The paragraphs of the fragments in a folder, by kind."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        kind, _, words = path.stem.partition("-")
        paragraph = " ".join(path.read_text(encoding="utf-8").split())
        if kind not in KINDS or not words or not paragraph:
            raise SystemExit(f"{path}: expected one paragraph in a file called <{'|'.join(KINDS)}>-<a-few-words>.md")
        found[kind].append(paragraph)
    return found


def section(title: str, folder: Path) -> str:
    """One release of the changelog; empty where the folder holds no fragment."""
    kinds = {kind: lines for kind, lines in entries(folder).items() if lines}
    if not kinds:
        return ""
    return f"## {title}\n\n" + "\n".join(
        f"### {kind.capitalize()}\n\n" + "".join(f"- {line}\n" for line in lines) for kind, lines in kinds.items()
    )


def changelog(folder: Path) -> str:
    """The whole changelog, newest release first."""
    releases = sorted(
        (path for path in folder.iterdir() if path.is_dir() and path.name[0].isdigit()),
        key=lambda path: [int(part) for part in path.name.split(".")],
        reverse=True,
    )
    sections = [section("Unreleased", folder), *(section(release.name, release) for release in releases)]
    return "\n".join(["# Changes\n", *filter(None, sections)])


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    (here.parent / "CHANGELOG.md").write_text(changelog(here), encoding="utf-8")
