"""What speaks for a list as a whole: permuted subjects, half-samples, further cohorts."""

__all__ = ["EN", "JA"]

EN = {
    "column.cohort": "Cohort",
    "column.p_one_sided": "p, one-sided",
    "column.p_holm": "p, Holm",
    "column.outcome": "Outcome",
    "dossier.replication": "Tried again in further cohorts",
    "dossier.replication.note": "Transforms, formula and cut-off as they were found here; the cohort's own "
    "covariates. p is one-sided in the direction found here; Holm's adjustment is over the candidates tried. Held: at "
    "most {level}.",
    "replication.held": "held",
    "replication.not_held": "same direction, not held",
    "replication.opposite": "opposite direction",
    "replication.none": "not tested: {reason}",
    "against.not_replicated": "It was tried again in {n:count} further {n:plural|cohort|cohorts} and held in none.",
    "column.question_asked": "Question",
    "column.permuted": "Pass among permuted subjects, mean (lowest to highest)",
    "column.stability": "In half-samples",
    "column.selected_first": "Selected: the first",
    "column.half_samples": "Half-samples",
    "column.index": "Stability ({level:share} CI)",
    "chance.permuted": "**Negative control:** the same screen {runs:count} {runs:plural|time|times} with the subjects "
    "permuted, so that whatever passes is chance. Among {questions:count} {questions:plural|question|questions}, "
    "{observed:count} single features pass with the real subjects, {mean:about} on average with permuted ones "
    "(at most {most:count}).",
    "chance.stability.caption": "Would half of the subjects have found the same?",
    "chance.stability.note": "Stability is Nogueira's index over complementary half-samples: one where every half "
    "selects the same features, about zero where it selects at random. A half has less power than the whole, and of "
    "features that tell one story each half may pick another.",
    "candidates.note.stability": "In half-samples: the share of half-samples in which a candidate is among the first "
    "of its list.",
}

JA = {
    "column.cohort": "集団",
    "column.p_one_sided": "p（片側）",
    "column.p_holm": "p（Holm）",
    "column.outcome": "結果",
    "dossier.replication": "他の集団での再検証",
    "dossier.replication.note": "変換、式、カットオフはここで得られたまま、共変量はその集団のもの。p はここで"
    "見つかった方向の片側、Holm の調整は試した候補全体に対するもの。再現：{level} 以下。",
    "replication.held": "再現した",
    "replication.not_held": "同じ方向、再現せず",
    "replication.opposite": "逆の方向",
    "replication.none": "検定なし：{reason}",
    "against.not_replicated": "他の {n:count} 集団で再び試されましたが、どこでも再現しませんでした。",
    "column.question_asked": "問い",
    "column.permuted": "被験者を並べ替えた場合に通過する数、平均（最小～最大）",
    "column.stability": "半数標本での割合",
    "column.selected_first": "選択の基準：上位",
    "column.half_samples": "半数標本の数",
    "column.index": "安定性（{level:share} CI）",
    "chance.permuted": "**陰性対照：** 被験者を並べ替えて同じスクリーニングを {runs:count} 回行いました。通過するものは"
    "すべて偶然です。{questions:count} の問いのうち、実際の被験者では {observed:count} の特徴量が、並べ替えた場合は"
    "平均 {mean:about}（最大 {most:count}）が通過しました。",
    "chance.stability.caption": "被験者の半数でも同じものが見つかったか",
    "chance.stability.note": "安定性は相補的な半数標本における Nogueira の指標です。どの半数でも同じ特徴が"
    "選ばれれば一、無作為に選ばれる場合はほぼ零です。半数では検出力が下がり、同じことを語る特徴からは半数ごとに別のものが"
    "選ばれることがあります。",
    "candidates.note.stability": "半数標本での割合：候補がそのリストの上位に入った半数標本の割合。",
}
