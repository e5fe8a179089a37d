"""How many could be chance."""

__all__ = ["EN", "JA"]

EN = {
    "chance.title": "How many could be chance",
    "chance.searched": "**Searched:** {tests:count} tests for {questions:count} "
    "{questions:plural|question|questions}, each feature on its own.",
    "chance.family": "**Family:** {families}. q is the false discovery rate ({correction}) within it; the study "
    "file calls q ≤ {q}.",
    "chance.family.sizes": "**Family:** all tested features within one endpoint, comparison and contrast ({low:count} "
    "to {high:count}). q is the false discovery rate ({correction}) within it; the study file calls q ≤ {q}.",
    "chance.expected": "**What q means:** an average over studies like this one. Of the candidates that pass for a "
    "question, at most {q:share} are false on average; it says nothing of any one of them.",
    "chance.across": "**Not corrected across questions:** {endpoints:count} {endpoints:plural|endpoint|endpoints} "
    "and {questions:count} questions each have a family of their own. Whoever reads many questions and quotes the "
    "best one must correct for that.",
    "chance.all_null": "**If nothing had any effect**, about {expected:about} of {questions:count} questions would "
    "still show a candidate at q ≤ {q}; {observed:count} {observed:plural|does|do}.",
    "chance.selected": "**If only the {answered:count} {answered:plural|question|questions} with a candidate "
    "{answered:plural|is|are} read**, a false discovery rate of {q:share} on average over them takes q ≤ "
    "{limit:number} (Benjamini and Bogomolov): {kept:count} of the {n:count} candidates pass that.",
    "chance.negative": "**Questions without a candidate** ({n:count}): {names}.",
    "chance.caption": "Expected by chance beside observed",
    "chance.note": "Expected by chance: tests × {q}, the mean if no feature had any effect. Features are "
    "correlated: observed numbers vary around it far more than those of independent tests. Roughly false: "
    "candidates × {q}.",
}

JA = {
    "chance.title": "偶然による所見の数",
    "chance.searched": "**探索：** {questions:count} {questions:plural|件の問い|件の問い}について "
    "{tests:count} 件の検定（特徴量を一つずつ）。",
    "chance.family": "**族：** {families}。q はその中での偽発見率（{correction}）です。試験ファイルの基準は "
    "q ≤ {q} です。",
    "chance.family.sizes": "**族：** 評価項目・比較・対比ごとの検定した全特徴量（{low:count}～{high:count}）"
    "。q はその中での偽発見率（{correction}）です。試験ファイルの基準は q ≤ {q} です。",
    "chance.expected": "**q の意味：** このような試験全体での平均です。一つの問いで基準を満たす候補のうち、"
    "平均して最大 {q:share} が偽です。個々の候補については何も言えません。",
    "chance.across": "**問いをまたぐ補正なし：** {endpoints:count} "
    "{endpoints:plural|件の評価項目|件の評価項目}、{questions:count} 件の問いがそれぞれ独自の族を持ちます。"
    "多くの問いを読み最良のものを引用する場合は、その補正が必要です。",
    "chance.all_null": "**何の効果もない場合**でも、{questions:count} 件の問いのうち約 {expected:about} 件で"
    " q ≤ {q} の候補が現れます。実際には {observed:count} {observed:plural|件|件}です。",
    "chance.selected": "**候補のある {answered:count} {answered:plural|件の問い|件の問い}だけを"
    "{answered:plural|読む|読む}場合**、それらの平均偽発見率を {q:share} にするには q ≤ {limit:number} が必"
    "要です（Benjamini and Bogomolov）：{n:count} 件の候補のうち {kept:count} 件が満たします。",
    "chance.negative": "**候補のない問い**（{n:count} 件）：{names}。",
    "chance.caption": "偶然による期待数と観測数",
    "chance.note": "偶然による期待数：検定数 × {q}（どの特徴量にも効果がない場合の平均）。特徴量は相関して"
    "いるため、観測数のばらつきは独立な検定の場合よりはるかに大きくなります。偽陽性のおよその数：候補 × {q}"
    "。",
}
