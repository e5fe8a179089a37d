"""The decision summary, its cautions, and the questions of regulators."""

__all__ = ["EN", "JA"]

EN = {
    "summary.title": "Decision summary",
    "summary.headline.nothing": "**Nothing was tested.** The result tables hold no screen and no candidate.",
    "summary.headline.none": "**No candidate passes** a false discovery rate of {q:share} in {tests:count} tests.",
    "summary.headline.one": "{found:list} at a false discovery rate of {q:share}.{none}",
    "summary.headline.some": "{found:list} at a false discovery rate of {q:share} within each question.{none}",
    "summary.found_none": " **No {contrasts:list} candidate** passes.",
    "summary.found.predictive": "**{n:count} predictive {n:plural|candidate|candidates}**{features} for {endpoints}",
    "summary.found.observed": "**{n:count} {n:plural|candidate|candidates}**{features} with which the difference "
    "between the arms, **which were not randomised**, changes for {endpoints}",
    "summary.found.prognostic": "**{n:count} prognostic {n:plural|candidate|candidates}**{features} for {endpoints}",
    "summary.found.response": "**{n:count} {n:plural|candidate|candidates}**{features} associated with {endpoints}",
    "summary.distinct": " ({n:count} different {n:plural|feature|features})",
    "summary.standing": "{design} {verdict}",
    "summary.design.randomised": "Subjects were randomised between {arms:list}: a marker that changes the effect of "
    "treatment (predictive) can be told from one that goes with the outcome across the arms (prognostic).",
    "summary.design.observational": "Treatment ({arms:list}) was **not randomised**.",
    "summary.design.single": "All subjects belong to one arm. A marker that goes with the outcome here may do so "
    "with any treatment: what is prognostic and what depends on the drug cannot be told apart.",
    "summary.verdict.some": "Each is a **candidate that needs confirmation** in subjects who did not choose it.",
    "summary.verdict.none": "That is no proof of absence: the intervals below say which effects these data exclude.",
    "tile.count": "{n:count}",
    "tile.subjects": "{n:plural|subject|subjects} analysed",
    "tile.subjects.note": "of {n:count} in the study; measured here",
    "tile.subjects.largest": "of {n:count}, in the largest analysis; measured here",
    "tile.features": "{n:plural|feature|features} tested",
    "tile.features.note": "of {n:count} measured, {modalities:count} {modalities:plural|modality|modalities}; "
    "measured here",
    "tile.tests": "{n:plural|test|tests}",
    "tile.tests.endpoints": "for {n:count} {n:plural|question|questions}, one an endpoint",
    "tile.tests.contrasts": "for {n:count} {n:plural|question|questions}: endpoint × contrast",
    "tile.tests.compared": "for {n:count} {n:plural|question|questions}: endpoint × contrast × comparison",
    "tile.called": "{n:plural|candidate passes|candidates pass}",
    "tile.called.note": "q ≤ {q}, the threshold set in the study file",
    "summary.left_out": "Left out, with the reasons in the patient flow: {items:list}.",
    "summary.left_out.subjects": "{low:count} to {high:count} of {n:count} subjects, depending on the analysis "
    "({reasons})",
    "summary.left_out.as_many": "{high:count} of {n:count} subjects ({reasons})",
    "summary.left_out.values": "up to {n:count} more {n:plural|subject|subjects} in the tests of a feature that they "
    "have no value of (n in the table of candidates)",
    "summary.left_out.tests": "{n:count} of {planned:count} tests ({reasons})",
    "summary.left_out.rows": "{n:count} {n:plural|row|rows} of the input files that could not be used",
    "summary.answers": "What was found, question by question",
    "summary.answers.note": "Leading candidate: the smallest p-value, whether it passes or not. Effects are those "
    "of one standard deviation (SD) of the feature or, where it is a yes-or-no, of subjects with it against those "
    "without, with {level:share} confidence intervals that are not corrected "
    "for selection. A bar at the left marks questions with a candidate that passes.",
    "summary.answers.some": "The {shown:count} questions with the smallest p-values of {n:count} are shown.",
    "summary.in_words": "Leading findings in words",
    "summary.finding": "**{name}** ({modality}), {kind} {endpoint}: {direction}; {scale} {effect:interval}, "
    "{level:share} CI; p\u00a0=\u00a0{p:p}, q\u00a0=\u00a0{q:q}; {base}.{others}",
    "summary.finding.no_effect": "**{name}** ({modality}), {kind} {endpoint}: {direction}; p\u00a0=\u00a0{p:p}, "
    "q\u00a0=\u00a0{q:q}; {base}.{others}",
    "summary.base": "n\u00a0=\u00a0{n:count}",
    "summary.base.survival": "n\u00a0=\u00a0{n:count}, {events:count} {events:plural|event|events}",
    "summary.base.binary": "n\u00a0=\u00a0{n:count}, {events:count} of them with the event",
    "summary.others": " {n:count} {n:plural|other passes|others pass} for the same question.",
    "summary.not_shown": "What this page does not show",
    "summary.next_study": "The study to run next",
    "summary.regulator": "Four questions that regulators ask of a marker-guided study",
    "caution.confirmation": "**Confirmation.** Candidates were chosen and measured in the same subjects. None is "
    "validated; each needs a cohort that had no part in choosing it.",
    "caution.selection": "**Size of effects.** Estimates of the leading candidates are not shrunk and so tend to be "
    "too large (winner's curse). They are no basis for a sample size as they stand.",
    "caution.selection.shrunk": "**Size of effects.** Estimates in the tables above are as measured, and too large for "
    "those that lead (winner's curse). Shrunken ones stand beside them in the list of candidates; the study proposed "
    "here starts from held-out or shrunken effects.",
    "caution.stand_ins": "**Stand-ins.** Features were tested one at a time. A candidate may merely be correlated "
    "with what acts, and several candidates may tell the same story.",
    "caution.single_arm": "**One arm.** No candidate here may be read as choosing patients for this treatment "
    "rather than for a good outcome under any treatment.",
    "caution.observational": "**Not randomised.** Who received which treatment may depend on what also drives the "
    "outcome; differences between arms, and markers that seem to change them, may be confounded.",
    "caution.shared_arms": "**Shared arms.** Comparisons that share an arm use the same subjects twice: what they find "
    "alike is no confirmation of each other.",
    "caution.many_questions": "**Many questions.** q is corrected within each endpoint, comparison and contrast, "
    "not across the {n:count} of them. If nothing had any effect, about {expected:about} of them would still show a "
    "candidate; {observed:count} {observed:plural|does|do}.",
    "regulator.cutoff": "How was the cut-off chosen?",
    "regulator.cutoff.answer": "None was chosen. Every test uses the marker as measured; where curves are drawn, "
    "subjects are split at or next to the median, for display only.",
    "regulator.cutoff.searched": "Tests use markers as measured. For leading candidates the cut-off that parts the "
    "outcomes most was searched, with a p-value that counts the search and an interval from subsamples; see the "
    "section on cut-offs. It is a proposal, to be fixed before the next study.",
    "regulator.design": "Why this design?",
    "regulator.design.answer": "This report ranks candidates. It compares no follow-on designs and recommends none.",
    "regulator.design.compared": "Designs were compared by size, duration, cost, power and net benefit from the "
    "marker's effects in this study and the assumptions listed; the section on designs gives the reasons and "
    "what would change the choice.",
    "regulator.multiplicity": "How is multiplicity controlled?",
    "regulator.multiplicity.answer": "By the false discovery rate ({correction}, q ≤ {q}) over all tested "
    "features of all modalities within one endpoint, comparison and contrast; not across endpoints, comparisons or "
    "contrasts.",
    "regulator.multiplicity.formulas": "Features: by the false discovery rate ({correction}, q ≤ {q}) over all tested "
    "features of all modalities within one endpoint, comparison and contrast; not across endpoints, comparisons or "
    "contrasts. Formulas of several features are a family of their own: {n:count} were searched in one part of the "
    "subjects, and the {tried:count} leading ones were tested once each in the others, by Holm's method (family-wise, "
    "p ≤ {q}) within each endpoint, comparison and contrast.",
    "regulator.subgroups": "Were the subgroups data-driven?",
    "regulator.subgroups.answer": "Yes. The subjects who chose a candidate also appear in its curves and estimates; "
    "no effect within a marker group is claimed.",
    "regulator.subgroups.heldout": "Yes. Effects within marker groups are given from folds in which the whole search "
    "was made anew, or shrunken; those called raw come from the subjects who chose the candidate and carry no "
    "interval.",
}

JA = {
    "summary.title": "意思決定の要約",
    "summary.headline.nothing": "**検定は行われていません。** 結果の表に検定も候補もありません。",
    "summary.headline.none": "{tests:count} 件の検定で、偽発見率 {q:share} の**基準を満たす候補はありません**。",
    "summary.headline.one": "偽発見率 {q:share} で {found:list}。{none}",
    "summary.headline.some": "各問いの中での偽発見率 {q:share} で {found:list}。{none}",
    "summary.found_none": " **{contrasts:list}の候補で基準を満たすものはありません。**",
    "summary.found.predictive": "**効果予測因子の候補 {n:count} {n:plural|件|件}**{features}（{endpoints}）",
    "summary.found.observed": "**無作為化されていない**群間差が変化する**候補 {n:count} {n:plural|件|件}**"
    "{features}（{endpoints}）",
    "summary.found.prognostic": "**予後因子の候補 {n:count} {n:plural|件|件}**{features}（{endpoints}）",
    "summary.found.response": "{endpoints} に関連する**候補 {n:count} {n:plural|件|件}**{features}",
    "summary.distinct": "（異なる特徴量は {n:count} {n:plural|個|個}）",
    "summary.standing": "{design} {verdict}",
    "summary.design.randomised": "対象者は {arms:list} に無作為に割り付けられました。治療効果を変えるマーカ"
    "ー（効果予測因子）と、群を問わず転帰に関連するマーカー（予後因子）を区別できます。",
    "summary.design.observational": "治療（{arms:list}）は**無作為化されていません**。",
    "summary.design.single": "対象者はすべて一つの群に属します。ここで転帰に関連するマーカーは、どの治療でも"
    "同様かもしれず、予後によるものと薬剤によるものは区別できません。",
    "summary.verdict.some": "いずれも**確認を要する候補**であり、選定に関与していない対象者での確認が必要です。",
    "summary.verdict.none": "効果がないことの証明ではありません。下の信頼区間が、このデータで否定できる効果"
    "の範囲を示します。",
    "tile.count": "{n:count}",
    "tile.subjects": "{n:plural|解析対象者|解析対象者}",
    "tile.subjects.note": "試験全体 {n:count} 例のうち（本試験で測定）",
    "tile.subjects.largest": "{n:count} 例のうち、最大の解析で（本試験で測定）",
    "tile.features": "{n:plural|検定した特徴量|検定した特徴量}",
    "tile.features.note": "測定 {n:count} 個のうち、{modalities:count} "
    "{modalities:plural|モダリティ|モダリティ}（本試験で測定）",
    "tile.tests": "{n:plural|検定|検定}",
    "tile.tests.endpoints": "{n:count} {n:plural|件の問い|件の問い}（評価項目ごと）",
    "tile.tests.contrasts": "{n:count} {n:plural|件の問い|件の問い}（評価項目 × 対比）",
    "tile.tests.compared": "{n:count} {n:plural|件の問い|件の問い}（評価項目 × 対比 × 比較）",
    "tile.called": "{n:plural|基準を満たす候補|基準を満たす候補}",
    "tile.called.note": "q ≤ {q}（試験ファイルで定めた基準）",
    "summary.left_out": "除外（理由は対象者の内訳を参照）：{items:list}。",
    "summary.left_out.subjects": "解析により {n:count} 例中 {low:count}～{high:count} 例（{reasons}）",
    "summary.left_out.as_many": "{n:count} 例中 {high:count} 例（{reasons}）",
    "summary.left_out.values": "ある特徴量の値がない対象者が、その検定でさらに最大 {n:count} "
    "{n:plural|例|例}（候補の表の例数を参照）",
    "summary.left_out.tests": "{planned:count} 件中 {n:count} 件の検定（{reasons}）",
    "summary.left_out.rows": "入力ファイルの使用できない {n:count} {n:plural|行|行}",
    "summary.answers": "問いごとの結果",
    "summary.answers.note": "首位の候補：基準を満たすか否かによらず p 値が最小のもの。効果は特徴量の標準偏差"
    "（SD）一つ分、または有無の特徴量では「あり」対「なし」の効果で、{level:share} 信頼区間は選択による補正"
    "をしていません。左の線は基準を満たす候補がある問いを示します。",
    "summary.answers.some": "{n:count} 件のうち p 値が小さい {shown:count} 件を示します。",
    "summary.in_words": "主な所見（文章）",
    "summary.finding": "**{name}**（{modality}）、{endpoint}の{kind}：{direction}。{scale} {effect:interval}"
    "、{level:share} 信頼区間。p\u00a0=\u00a0{p:p}、q\u00a0=\u00a0{q:q}。{base}。{others}",
    "summary.finding.no_effect": "**{name}**（{modality}）、{endpoint}の{kind}：{direction}。p\u00a0=\u00a0"
    "{p:p}、q\u00a0=\u00a0{q:q}。{base}。{others}",
    "summary.base": "{n:count} 例",
    "summary.base.survival": "{n:count} 例、事象 {events:count} {events:plural|件|件}",
    "summary.base.binary": "{n:count} 例、うち事象あり {events:count} 例",
    "summary.others": " 同じ問いで他に {n:count} {n:plural|件|件}が基準を満たします。",
    "summary.not_shown": "このページが示していないこと",
    "summary.next_study": "次に行うべき試験",
    "summary.regulator": "マーカーを用いる試験について規制当局が尋ねる四つの質問",
    "caution.confirmation": "**確認。** 候補の選定と測定は同じ対象者で行われました。検証済みのものはなく、選"
    "定に関与していない集団での確認が必要です。",
    "caution.selection": "**効果の大きさ。** 首位の候補の推定値は縮小推定されておらず、過大になりがちです（"
    "勝者の呪い）。このまま症例数設計の根拠にはできません。",
    "caution.selection.shrunk": "**効果の大きさ。** 上の表の推定値は測定されたままで、首位のものは過大になりがち"
    "です（勝者の呪い）。縮小推定値は候補の一覧に併記しています。提案する試験はホールドアウトまたは縮小した効果に"
    "基づきます。",
    "caution.stand_ins": "**代理。** 特徴量は一つずつ検定しました。候補は真に作用するものと相関しているだけ"
    "かもしれず、複数の候補が同じことを表している場合もあります。",
    "caution.single_arm": "**単群。** ここでの候補を、この治療に適した患者を選ぶものと解釈することはできませ"
    "ん。どの治療でも転帰が良い患者を示すだけかもしれません。",
    "caution.observational": "**非無作為化。** 誰がどの治療を受けたかは転帰に影響する因子に依存しうるため、"
    "群間差やそれを変えるように見えるマーカーは交絡している可能性があります。",
    "caution.shared_arms": "**群の共有。** 群を共有する比較は同じ対象者を二度用いています。一致した所見は互"
    "いの確認にはなりません。",
    "caution.many_questions": "**多数の問い。** q は評価項目・比較・対比の中で補正され、{n:count} 件全体では"
    "補正されていません。何の効果もない場合でも約 {expected:about} 件で候補が現れます。実際には "
    "{observed:count} {observed:plural|件|件}です。",
    "regulator.cutoff": "カットオフはどのように決めましたか。",
    "regulator.cutoff.answer": "決めていません。すべての検定はマーカーの測定値をそのまま用います。曲線では表"
    "示のためだけに中央値またはその付近で分けています。",
    "regulator.cutoff.searched": "検定はマーカーの測定値をそのまま用います。首位の候補については転帰を最もよく分け"
    "るカットオフを探索し、探索を考慮した p 値と部分標本による区間を付けています（カットオフの節）。次の試験の前に固"
    "定すべき提案です。",
    "regulator.design": "なぜこのデザインですか。",
    "regulator.design.answer": "この報告書は候補の順位付けを行うもので、後続試験のデザインの比較も推奨も行っ"
    "ていません。",
    "regulator.design.compared": "この試験でのマーカーの効果と列挙した仮定から、規模、期間、費用、検出力、純便益に"
    "よりデザインを比較しました。理由と選択を変えうる事項はデザインの節に示します。",
    "regulator.multiplicity": "多重性はどのように制御していますか。",
    "regulator.multiplicity.answer": "評価項目・比較・対比ごとに、全モダリティの検定した全特徴量にわたる偽発"
    "見率（{correction}、q ≤ {q}）で制御します。評価項目・比較・対比をまたぐ補正はしていません。",
    "regulator.multiplicity.formulas": "特徴量：評価項目・比較・対比ごとに、全モダリティの検定した全特徴量にわたる偽"
    "発見率（{correction}、q ≤ {q}）で制御します。評価項目・比較・対比をまたぐ補正はしていません。複数の特徴量の式は"
    "別の族です：対象者の一部で {n:count} 個を探索し、首位の {tried:count} 個を残りの対象者で一度ずつ検定し、"
    "評価項目・比較・対比ごとに Holm 法で補正します（族全体で p ≤ {q}）。",
    "regulator.subgroups": "部分集団はデータから選ばれましたか。",
    "regulator.subgroups.answer": "はい。候補を選んだ対象者が曲線や推定値にも含まれます。マーカー群内での効"
    "果は主張していません。",
    "regulator.subgroups.heldout": "はい。マーカー群内の効果は、探索全体をやり直したホールドアウト、または縮小推定に"
    "よるものです。raw とあるものは候補を選んだ対象者によるもので、区間はありません。",
}
