"""Whether a concept named in a sentence is said to be there: negation, time and experiencer, English and Japanese.

Rules over trigger phrases after the idea of NegEx and ConText: a phrase acts on what stands behind it (``no``,
``denies``) or before it (``was ruled out``, ``なし``) in the same sentence, as far as a phrase that ends its reach
(``but``, ``secondary to``); phrases that only look like triggers (``no change``, ``cannot exclude``) act on nothing.

Chapman et al., J Biomed Inform 2001;34:301, doi:10.1006/jbin.2001.1029; Harkema et al., J Biomed Inform 2009;42:839,
doi:10.1016/j.jbi.2009.05.002. The phrases are our own list, `lexicon/triggers.tsv`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Assertion", "assertion", "read_tsv", "sentences"]

LEXICON = Path(__file__).with_name("lexicon")
#: Words between a trigger and what it acts on, at most.
REACH = 12
#: Characters between, in Japanese, which has no blanks.
REACH_JA = 30
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")
_END = re.compile(
    r"(?<=[.!?])(?<!\b[Dd]r\.)(?<!\b[Mm]r\.)(?<!\b[Mm]rs\.)(?<!\b[Mm]s\.)(?<!\d\.)\s+|[\n\r]+|(?<=[。！？])"
)


@dataclass(frozen=True)
class Assertion:
    """What a sentence says of a concept in it."""

    negated: bool = False
    historical: bool = False
    family: bool = False
    hypothetical: bool = False

    @property
    def present(self) -> bool:
        """The patient has it now."""
        return not (self.negated or self.historical or self.family or self.hypothetical)


@dataclass(frozen=True)
class _Trigger:
    kind: str
    start: int
    end: int


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Rows of a table of the lexicon."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    names = head.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines if line.strip()]


def sentences(text: str) -> Iterator[str]:
    """Sentences of a text: up to a full stop before a blank, or a line's end."""
    return (part for part in _END.split(text) if part and part.strip())


@cache
def _patterns() -> Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]:
    """By language: kind and pattern, kinds that mask others first."""
    rows = read_tsv(LEXICON / "triggers.tsv")
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {"en": [], "ja": []}
    for language in found:
        for kind in ("none", "stop", "negated before", "negated after", "historical", "family", "hypothetical"):
            phrases = [r["phrase"] for r in rows if r["language"] == language and r["kind"] == kind]
            if not phrases:
                continue
            longest = sorted(phrases, key=lambda p: (-len(p), p))
            if language == "ja":
                body = "|".join(map(re.escape, longest))
            else:
                body = (
                    r"(?<![\w'-])(?:" + "|".join(re.escape(p).replace(r"\ ", r"\s+") for p in longest) + r")(?![\w'])"
                )
            found[language].append((kind, re.compile(body, re.IGNORECASE)))
    return found


def _triggers(sentence: str, language: str) -> list[_Trigger]:
    """Phrases of the sentence by kind; none inside a phrase that acts on nothing."""
    masked: list[tuple[int, int]] = []
    found: list[_Trigger] = []
    for kind, pattern in _patterns()[language]:
        for match in pattern.finditer(sentence):
            start, end = match.span()
            if any(a <= start and end <= b for a, b in masked):
                continue
            if kind == "none":
                masked.append((start, end))
            else:
                found.append(_Trigger(kind, start, end))
    acting = [(t.start, t.end) for t in found if t.kind.startswith("negated")]
    return [t for t in found if t.kind != "stop" or not any(a <= t.start and t.end <= b for a, b in acting)]


def assertion(sentence: str, start: int, end: int) -> Assertion:
    """What a sentence says of the concept at ``sentence[start:end]``.

    Parameters
    ----------
    sentence : str
    start, end : int

    Returns
    -------
    Assertion

    Notes
    -----
    **Valid when** sentences are written as clinicians do, in English or Japanese. Negation is the common case and is
    measured; history, family and conditions are found by their plainest phrases only.
    """
    japanese = bool(_JAPANESE.search(sentence))
    triggers = [t for t in _triggers(sentence, "ja" if japanese else "en") if t.end <= start or t.start >= end]
    stops = [t for t in triggers if t.kind == "stop"]
    limit = REACH_JA if japanese else REACH

    def near(a: int, b: int) -> bool:
        between = sentence[a:b]
        if any(a <= stop.start and stop.end <= b for stop in stops):
            return False
        return (len(between) if japanese else len(between.split())) <= limit

    before = [t for t in triggers if t.end <= start and near(t.end, start)]
    after = [t for t in triggers if t.start >= end and near(end, t.start)]
    negated = any(t.kind == "negated before" for t in before) or any(
        t.kind == "negated after" and (japanese or _close(sentence[end : t.start])) for t in after
    )
    around = {t.kind for t in (*before, *after)}
    return Assertion(
        negated=negated,
        historical="historical" in around,
        family="family" in {t.kind for t in triggers},
        hypothetical="hypothetical" in {t.kind for t in before},
    )


def _close(between: str) -> bool:
    """Whether a phrase behind a concept is about it: few words between and no comma."""
    return len(between.split()) <= 5 and not re.search(r"[,;:]", between)
