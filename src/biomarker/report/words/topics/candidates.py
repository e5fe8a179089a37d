"""The candidates and the figures about them."""

__all__ = ["EN", "JA"]

EN = {
    "candidates.title": "Candidates",
    "candidates.none": "No candidate was listed: nothing could be tested.",
    "candidates.none_called": "No candidate passes q ≤ {q}. The rows below are the leading ones all the same, so "
    "that nobody has to ask what came closest.",
    "candidates.intro": "{n:count} {n:plural|row|rows}: for every question all candidates that pass q ≤ {q} "
    "({called:count} in all), and the first {keep:count} whether they pass or not.",
    "candidates.rest": "The leading {shown:count} of {n:count} rows are on this page, every question represented; "
    "all of them are in the file",
    "candidates.file": "All {n:count} {n:plural|row is|rows are} on this page; more columns are in the results folder:",
    "candidates.caption": "Ranked candidates; a bar at the left marks those that pass q ≤ {q}",
    "candidates.note.rank": "Rank counts within one endpoint, comparison and contrast, by p-value.",
    "candidates.note.scales": "OR: odds ratio; HR: hazard ratio; ratio of ORs or HRs: how many times larger the "
    "ratio of treatment becomes when the feature rises by one SD; diff.: difference in the endpoint's own unit; diff. "
    "of diffs: how much larger the difference between the arms becomes.",
    "candidates.note.per_sd": "Effects are those of one standard deviation (SD) of the feature in the analysed "
    "subjects, so that features can be compared or, for a yes-or-no feature (an altered gene), of subjects with it "
    "against those without; the column says how many of n have it. The table file holds estimates per unit of each "
    "feature, ratios as natural logarithms. Intervals are not corrected for selection.",
    "figures.endpoint": "Endpoint",
    "figures.leading": "Figures are drawn for the {shown:count} endpoints with the smallest p-values of {n:count}.",
    "volcano.title": "Strength and size",
    "volcano.intro": "Each point is a feature. The further up, the stronger the evidence; the further from the "
    "middle, the larger the effect of one standard deviation of the feature.",
    "volcano.caption": "Volcano plots. Filled diamonds pass q ≤ {q}; small grey points do not. Look for points that "
    "are high and far out, and mind the scale: a strong p-value with a small effect is still a small effect.",
    "volcano.x": "{scale} per SD",
    "volcano.y": "−log₁₀ p",
    "volcano.line.called": "q ≤ {q}",
    "volcano.line.none": "a single q ≤ {q}",
    "volcano.note": "{called:count} of {n:count} features {called:plural|passes|pass} q ≤ {q}; {drawn:count} points "
    "drawn, those that would cover each other once.",
    "volcano.note.all": "{called:count} of {n:count} features {called:plural|passes|pass} q ≤ {q}; all are drawn.",
    "volcano.description": "Volcano plot, {title}. {note}",
    "map.title": "Prognostic or predictive",
    "map.intro": "Where does a feature stand: does it go with the outcome across the arms, or does it change the "
    "effect of treatment? Only the second kind could help to choose a treatment.",
    "map.intro.observational": "Where does a feature stand: does it go with the outcome across the arms, or does the "
    "difference between the arms change with it? The arms were not randomised: such a change may come from who "
    "received which treatment, and chooses no treatment.",
    "map.caption.observational": "Prognostic-versus-predictive map, signed z: positive means that a high value is "
    "good. Left to right: outcome across the arms. Bottom to top: change of the difference between the arms, which "
    "were not randomised. Dashed lines, where anything passes, are where q ≤ {q} begins.",
    "map.caption": "Prognostic-versus-predictive map, signed z: positive means that a high value is good. Left to "
    "right: outcome across the arms. Bottom to top: change of the treatment's effect. Dashed lines, where anything "
    "passes, are where q ≤ {q} begins. Features near the horizontal axis show little sign of changing the treatment's "
    "effect in these data: they are no ground for choosing a treatment.",
    "map.x": "Prognostic z (positive: high → better outcome)",
    "map.y.observational": "Predictive z (positive: high → more in favour of {active})",
    "map.y": "Predictive z (positive: high → more benefit from {active})",
    "map.kind.both": "both",
    "map.kind.predictive": "predictive only",
    "map.kind.prognostic": "prognostic only",
    "map.kind.neither": "neither",
    "map.note": "Of {n:count} features, {predictive:count} {predictive:plural|passes|pass} q ≤ {q} as predictive "
    "only, {prognostic:count} as prognostic only, {both:count} as both and {neither:count} as neither; "
    "{drawn:count} points drawn.",
    "map.description": "Scatter of prognostic against predictive z, {title}. {note}",
    "forest.title": "Effects with intervals",
    "forest.intro": "The leading candidates of each question on one scale: the effect of one standard deviation of "
    "the feature.",
    "forest.caption": "Forest plots with {level:share} confidence intervals. Filled squares pass q ≤ {q}, hollow "
    "ones do not. **Not shrunk, and estimated in the subjects who chose the candidate**: expect smaller effects "
    "next time.",
    "forest.note": "The {shown:count} smallest p-values of {n:count} features.",
    "forest.effect": "Effect ({level:share} CI)",
    "forest.q": "q",
    "forest.description": "Forest plot, {title}. {note}",
    "curves.title": "Survival curves",
    "curves.intro": "How the leading time-to-event candidates look when subjects are split at the median of the "
    "marker, or just below it where many have that very value and the split is then more even.",
    "curves.caption": "Kaplan-Meier curves with {level:share} confidence bands and numbers at risk. **Descriptive, "
    "not an effect estimate**: cut at or next to the median, in the same subjects who chose the marker. Curves end "
    "where fewer than {limit} are at risk.",
    "curves.caption.arms": "Kaplan-Meier curves with {level:share} confidence bands and numbers at risk. "
    "**Descriptive, not an effect estimate**: cut at or next to the median, in the same subjects who chose the "
    "marker. For a predictive candidate, compare the gap between the arms on the left with that on the right. Curves "
    "end where fewer than {limit} are at risk.",
    "curves.panel": "{name}, {kind} {endpoint}, q\u00a0=\u00a0{q:q}. High: above {cutoff:number}{unit}.",
    "curves.unit": " {unit}",
    "curves.some": "The first {shown:count} of {n:count} candidates with curves are shown.",
    "curves.name": "{name} · {endpoint}",
    "curves.chooser": "Candidate",
    "curves.facet.high": "Marker high",
    "curves.facet.low": "Marker low",
    "curves.facet.arm": "Arm: {arm}",
    "curves.facet.everybody": "All subjects",
    "curves.arm": "{arm}",
    "curves.group.high": "marker high",
    "curves.group.low": "marker low",
    "curves.x": "Time",
    "curves.x_unit": "Time ({unit})",
    "curves.y": "Share without event",
    "curves.risk": "At risk",
    "curves.description": "Kaplan-Meier curves of {endpoint}. {title}.",
}

JA = {
    "candidates.title": "候補",
    "candidates.none": "候補はありません。検定できるものがありませんでした。",
    "candidates.none_called": "q ≤ {q} を満たす候補はありません。最も近かったものが分かるよう、首位の行を下"
    "に示します。",
    "candidates.intro": "{n:count} {n:plural|行|行}：各問いについて、q ≤ {q} を満たす全候補（計 "
    "{called:count} 件）と、満たすか否かによらず先頭の {keep:count} 件。",
    "candidates.rest": "{n:count} 行のうち首位の {shown:count} 行がこのページにあり、すべての問いを含みます"
    "。全行はファイルにあります",
    "candidates.file": "全 {n:count} {n:plural|行|行}がこのページにあります。さらに多くの列は結果フォルダにあります：",
    "candidates.caption": "候補の順位表（左の線は q ≤ {q} を満たすもの）",
    "candidates.note.rank": "順位は評価項目・比較・対比の中で p 値の順です。",
    "candidates.note.scales": "OR：オッズ比、HR：ハザード比。OR・HR の比：特徴量が SD 一つ分上がると治療の比"
    "が何倍になるか。差：評価項目の単位での差。差の差：群間差がどれだけ大きくなるか。",
    "candidates.note.per_sd": "効果は、特徴量どうしを比べられるよう、解析対象者での標準偏差（SD）一つ分です"
    "。有無の特徴量（遺伝子変異など）では「あり」対「なし」の効果で、何例にあるかを列に示します。表ファイル"
    "には特徴量の単位あたりの推定値があり、比は自然対数です。信頼区間は選択による補正をしていません。",
    "figures.endpoint": "評価項目",
    "figures.leading": "図は {n:count} 件の評価項目のうち p 値が小さい {shown:count} 件について描いています。",
    "volcano.title": "強さと大きさ",
    "volcano.intro": "点は特徴量です。上ほど証拠が強く、中央から離れるほど SD 一つ分の効果が大きいことを示します。",
    "volcano.caption": "ボルケーノプロット。塗りつぶしの菱形は q ≤ {q} を満たし、小さな灰色の点は満たしませ"
    "ん。高く、中央から遠い点に注目してください。p 値が小さくても効果が小さければ、効果は小さいままです。",
    "volcano.x": "{scale}／SD",
    "volcano.y": "−log₁₀ p",
    "volcano.line.called": "q ≤ {q}",
    "volcano.line.none": "q ≤ {q} となる水準",
    "volcano.note": "{n:count} 個中 {called:count} 個の特徴量が q ≤ {q} を{called:plural|満たす|満たす}。重"
    "なる点は一度だけ、{drawn:count} 点を描画。",
    "volcano.note.all": "{n:count} 個中 {called:count} 個の特徴量が q ≤ {q} を{called:plural|満たす|満たす}"
    "。すべて描画。",
    "volcano.description": "ボルケーノプロット、{title}。{note}",
    "map.title": "予後か効果予測か",
    "map.intro": "特徴量は、群を問わず転帰に関連するのか、それとも治療効果を変えるのか。治療の選択に役立ちう"
    "るのは後者だけです。",
    "map.intro.observational": "特徴量は、群を問わず転帰に関連するのか、それとも群間差がそれにより変わるのか"
    "。群は無作為化されていないため、その変化は誰がどの治療を受けたかによる可能性があり、治療の選択の根拠に"
    "はなりません。",
    "map.caption.observational": "予後・効果予測マップ（符号付き z、正は高値が良いことを示す）。横軸：群を問"
    "わない転帰。縦軸：無作為化されていない群間差の変化。破線は、満たすものがある場合に q ≤ {q} が始まる位"
    "置です。",
    "map.caption": "予後・効果予測マップ（符号付き z、正は高値が良いことを示す）。横軸：群を問わない転帰。縦"
    "軸：治療効果の変化。破線は、満たすものがある場合に q ≤ {q} が始まる位置です。横軸の近くの特徴量は、こ"
    "のデータでは治療効果を変える兆候が乏しく、治療選択の根拠になりません。",
    "map.x": "予後の z（正：高値 → 転帰が良い）",
    "map.y.observational": "効果予測の z（正：高値 → より {active} に有利）",
    "map.y": "効果予測の z（正：高値 → {active} の利益が大きい）",
    "map.kind.both": "両方",
    "map.kind.predictive": "効果予測のみ",
    "map.kind.prognostic": "予後のみ",
    "map.kind.neither": "どちらでもない",
    "map.note": "{n:count} 個の特徴量のうち q ≤ {q} を{predictive:plural|満たす|満たす}のは、効果予測のみ "
    "{predictive:count}、予後のみ {prognostic:count}、両方 {both:count}、どちらでもない {neither:count}。"
    "{drawn:count} 点を描画。",
    "map.description": "予後の z と効果予測の z の散布図、{title}。{note}",
    "forest.title": "効果と信頼区間",
    "forest.intro": "各問いの首位の候補を一つの尺度で示します：特徴量の標準偏差一つ分の効果。",
    "forest.caption": "フォレストプロット（{level:share} 信頼区間）。塗りつぶしの四角は q ≤ {q} を満たし、"
    "中抜きは満たしません。**縮小推定されておらず、候補を選んだ対象者での推定値です**。次の試験では効果は小"
    "さくなると考えてください。",
    "forest.note": "{n:count} 個の特徴量のうち p 値が小さい {shown:count} 個。",
    "forest.effect": "効果（{level:share} 信頼区間）",
    "forest.q": "q",
    "forest.description": "フォレストプロット、{title}。{note}",
    "curves.title": "生存曲線",
    "curves.intro": "首位の生存時間の候補について、マーカーの中央値（同じ値が多く、そのほうが均等になる場合"
    "はその直下）で対象者を分けた曲線です。",
    "curves.caption": "カプラン・マイヤー曲線（{level:share} 信頼帯とリスク集合の例数）。**記述的なもので、"
    "効果の推定値ではありません**：マーカーを選んだ同じ対象者で、中央値またはその付近で分けています。リスク"
    "集合が {limit} 未満になる時点で曲線は終わります。",
    "curves.caption.arms": "カプラン・マイヤー曲線（{level:share} 信頼帯とリスク集合の例数）。**記述的なもの"
    "で、効果の推定値ではありません**：マーカーを選んだ同じ対象者で、中央値またはその付近で分けています。効"
    "果予測因子の候補では、左の群間差と右の群間差を比べてください。リスク集合が {limit} 未満になる時点で曲線"
    "は終わります。",
    "curves.panel": "{name}、{endpoint}の{kind}、q\u00a0=\u00a0{q:q}。高値：{cutoff:number}{unit} を超える。",
    "curves.unit": " {unit}",
    "curves.some": "曲線のある {n:count} 件の候補のうち先頭の {shown:count} 件を示します。",
    "curves.name": "{name} · {endpoint}",
    "curves.chooser": "候補",
    "curves.facet.high": "マーカー高値",
    "curves.facet.low": "マーカー低値",
    "curves.facet.arm": "群：{arm}",
    "curves.facet.everybody": "全対象者",
    "curves.arm": "{arm}",
    "curves.group.high": "マーカー高値",
    "curves.group.low": "マーカー低値",
    "curves.x": "時間",
    "curves.x_unit": "時間（{unit}）",
    "curves.y": "無事象割合",
    "curves.risk": "リスク集合",
    "curves.description": "{endpoint} のカプラン・マイヤー曲線。{title}。",
}
