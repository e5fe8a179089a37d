"""What speaks for a list as a whole: permuted subjects, half-samples, further cohorts."""

__all__ = ["EN", "JA"]

EN = {
    "column.question_asked": "Question",
    "column.permuted": "Pass among permuted subjects, mean (lowest to highest)",
    "column.stability": "In half-samples",
    "column.selected_first": "Selected: the first",
    "column.half_samples": "Half-samples",
    "column.index": "Stability ({level:share} CI)",
    "chance.permuted": "**Negative control:** the same screen {runs:count} {runs:plural|time|times} with the subjects "
    "permuted, so that whatever passes is chance. Among {questions:count} {questions:plural|question|questions}, "
    "{observed:count} candidates pass with the real subjects, {mean:about} on average with permuted ones "
    "(at most {most:count}).",
    "chance.stability.caption": "Would half of the subjects have found the same?",
    "chance.stability.note": "Stability is Nogueira's index over complementary half-samples: one where every half "
    "selects the same features, about zero where it selects at random. A half has less power than the whole, and of features that "
    "tell one story each half may pick another.",
    "candidates.note.stability": "In half-samples: the share of half-samples in which a candidate is among the first of "
    "its list.",
}

JA = {
    "column.question_asked": "問い",
    "column.permuted": "被験者を並べ替えた場合に通過する数、平均（最小～最大）",
    "column.stability": "半数標本での割合",
    "column.selected_first": "選択の基準：上位",
    "column.half_samples": "半数標本の数",
    "column.index": "安定性（{level:share} CI）",
    "chance.permuted": "**陰性対照：** 被験者を並べ替えて同じスクリーニングを {runs:count} 回行いました。通過するものは"
    "すべて偶然です。{questions:count} の問いのうち、実際の被験者では {observed:count} の候補が、並べ替えた場合は平均 "
    "{mean:about}（最大 {most:count}）が通過しました。",
    "chance.stability.caption": "被験者の半数でも同じものが見つかったか",
    "chance.stability.note": "安定性は相補的な半数標本における Nogueira の指標です。どの半数でも同じ特徴が選ばれれば一、"
    "無作為に選ばれる場合はほぼ零です。半数では検出力が下がり、同じことを語る特徴からは半数ごとに別のものが選ばれることが"
    "あります。",
    "candidates.note.stability": "半数標本での割合：候補がそのリストの上位に入った半数標本の割合。",
}
