"""Words of the analysis plan shell."""

__all__ = ["EN", "JA"]

EN = {
    "plan.title": "Analysis plan shell",
    "plan.no_data": "**No data.** No study was recommended, so there is nothing to plan the analysis of. "
    "The study file "
    "would need a section named trial, and the run a marker to build on.",
    "plan.lead": "What the statistical analysis plan of the recommended study would fix before the first subject.",
    "plan.caption": "Items of the plan, filled from the study file and the recommended design",
    "plan.note": "A shell, not a plan: clinical intent, safety and operations have to be added, and every "
    "item agreed "
    "before data are seen.",
    "column.plan_item": "Item",
    "column.plan_text": "As this run would have it",
    "plan.endpoint": "Primary endpoint",
    "plan.endpoint.text": "{endpoint}, from randomisation, by the treatment assigned.",
    "plan.marker": "Marker groups",
    "plan.marker.text": "Positive: {positive}. Negative: {negative}. The cut-off is fixed before the first "
    "subject and "
    "not looked for again.",
    "plan.populations": "Populations",
    "plan.populations.positive": "Primary: all {n:count} randomised, who are marker-positive, as assigned. "
    "Supportive: "
    "subjects treated as assigned; safety: all who received a dose.",
    "plan.populations.overall": "Primary: all {n:count} randomised, as assigned. Supportive: the {positive:count} "
    "marker-positive subjects; safety: all who received a dose.",
    "plan.populations.any": "Primary: all {n:count} randomised, and the {positive:count} marker-positive "
    "among them, in the "
    "order or with the shares of error that the design gives; safety: all who received a dose.",
    "plan.populations.strategy": "Primary: all {n:count} randomised, by the strategy assigned, whatever "
    "they were treated "
    "with; safety: all who received a dose.",
    "plan.model": "Primary analysis",
    "plan.model.survival": "Log-rank test of {active} against {control}, stratified as randomised; hazard ratio with "
    "interval from a Cox model with the same strata; curves with numbers at risk.",
    "plan.model.binary": "Difference and odds ratio of {active} against {control} from logistic regression with the "
    "covariates below, the test by its score; shares by arm with exact intervals.",
    "plan.model.continuous": "Difference of {active} against {control} by analysis of covariance with the "
    "baseline value; "
    "means by arm and visit.",
    "plan.covariates": "Covariates",
    "plan.covariates.text": "{names:commas}: as in this analysis, chosen before the data are seen.",
    "plan.covariates.none": "None in this analysis; those that go with the outcome are named before the data are seen.",
    "plan.error": "Error and power",
    "plan.error.text": "One-sided family-wise error {alpha:share}; power {power:share} at the planned effect.",
    "plan.looks": "Interim analyses",
    "plan.looks.none": "None.",
    "plan.looks.text": "{n:count} analyses, at {shares:list} of the information; bounds in the section on "
    "monitoring. An "
    "independent committee sees the results.",
    "plan.share": "{share:share}",
    "plan.missing": "Missing data",
    "plan.missing.survival": "Subjects without the event are censored at their last assessment; reasons "
    "for leaving are "
    "tabulated by arm and marker group.",
    "plan.missing.binary": "A subject without an assessment counts as without response; analysed again by multiple "
    "imputation within arms.",
    "plan.missing.continuous": "Multiple imputation within arms under missing at random; analysed again "
    "with values shifted "
    "until the conclusion turns.",
    "plan.sensitivity": "Sensitivity analyses",
    "plan.sensitivity.cutoff": "The cut-off moved over its interval, and the marker as a continuous covariate.",
    "plan.sensitivity.missing": "Other assumptions on what is missing, as above.",
    "plan.sensitivity.covariates": "Without covariates, and with all that were unbalanced.",
    "plan.sensitivity.marker_unknown": "Subjects whose assay failed, as positive and as negative in turn.",
    "plan.shells": "Table shells",
    "plan.shell.flow": "Subjects screened, tested, randomised, treated, analysed, by arm and marker group.",
    "plan.shell.baseline": "Baseline characteristics by arm and marker group.",
    "plan.shell.primary": "Primary endpoint by arm: subjects, events or values, effect, interval, p-value, bound.",
    "plan.shell.subgroup": "The same by marker group, with the interaction.",
    "plan.shell.assay": "Assay results: failures, agreement on repeats, time from sample to result.",
    "plan.shell.safety": "Adverse events by arm and marker group, by worst grade.",
}

JA = {
    "plan.title": "解析計画の骨子",
    "plan.no_data": "**データなし。** 推奨された試験がないため、計画すべき解析がありません。試験ファイルに "
    "trial という節と、"
    "拠り所となるマーカーが必要です。",
    "plan.lead": "推奨試験の統計解析計画が、最初の被験者の前に定めるべきこと。",
    "plan.caption": "試験ファイルと推奨デザインから埋めた計画の項目",
    "plan.note": "これは骨子であり計画ではありません。臨床的意図、安全性、運営を加え、データを見る前に各項"
    "目に合意する必要が"
    "あります。",
    "column.plan_item": "項目",
    "column.plan_text": "この解析による内容",
    "plan.endpoint": "主要評価項目",
    "plan.endpoint.text": "{endpoint}。無作為化から、割り付けられた治療による。",
    "plan.marker": "マーカー群",
    "plan.marker.text": "陽性：{positive}。陰性：{negative}。カットオフは最初の被験者の前に固定し、再び探索しません。",
    "plan.populations": "解析対象集団",
    "plan.populations.positive": "主要：無作為化されたマーカー陽性者 {n:count} 例全員、割り付けどおり。補助"
    "：割り付けどおりに"
    "治療された被験者。安全性：一度でも投与を受けた全員。",
    "plan.populations.overall": "主要：無作為化された {n:count} 例全員、割り付けどおり。補助：マーカー陽性者 "
    "{positive:count} 例。安全性：一度でも投与を受けた全員。",
    "plan.populations.any": "主要：無作為化された {n:count} 例全員と、そのうちマーカー陽性者 "
    "{positive:count} 例。順序または"
    "過誤の配分はデザインによる。安全性：一度でも投与を受けた全員。",
    "plan.populations.strategy": "主要：無作為化された {n:count} 例全員、実際の治療によらず割り付けられた戦"
    "略による。安全性："
    "一度でも投与を受けた全員。",
    "plan.model": "主要解析",
    "plan.model.survival": "{control} に対する {active} の、無作為化の層による層別ログランク検定。同じ層の "
    "Cox モデルによる"
    "ハザード比と区間。リスク集合の人数を付した曲線。",
    "plan.model.binary": "{control} に対する {active} の差とオッズ比。下記の共変量によるロジスティック回帰"
    "、検定はスコアによる。"
    "群別の割合と正確な区間。",
    "plan.model.continuous": "{control} に対する {active} の差。ベースライン値による共分散分析。群と来院別の平均。",
    "plan.covariates": "共変量",
    "plan.covariates.text": "{names:commas}：本解析と同じ、データを見る前に選択。",
    "plan.covariates.none": "本解析にはなし。転帰と関連するものはデータを見る前に指定します。",
    "plan.error": "過誤と検出力",
    "plan.error.text": "片側のファミリーワイズ過誤 {alpha:share}、計画した効果での検出力 {power:share}。",
    "plan.looks": "中間解析",
    "plan.looks.none": "なし。",
    "plan.looks.text": "{n:count} 回の解析、情報量の {shares:list} の時点。境界はモニタリングの節。結果は独"
    "立した委員会が見ます。",
    "plan.share": "{share:share}",
    "plan.missing": "欠測データ",
    "plan.missing.survival": "イベントのない被験者は最後の評価で打ち切り。離脱の理由は群とマーカー群別に表にします。",
    "plan.missing.binary": "評価のない被験者は奏効なしとし、群内の多重代入でも解析します。",
    "plan.missing.continuous": "ランダムな欠測の下で群内の多重代入。結論が覆るまで値をずらした解析も行います。",
    "plan.sensitivity": "感度分析",
    "plan.sensitivity.cutoff": "カットオフをその区間内で動かした解析、マーカーを連続の共変量とした解析。",
    "plan.sensitivity.missing": "上記のとおり、欠測についての別の仮定。",
    "plan.sensitivity.covariates": "共変量なしの解析、不均衡だったものすべてを加えた解析。",
    "plan.sensitivity.marker_unknown": "測定に失敗した被験者を、陽性とした場合と陰性とした場合。",
    "plan.shells": "表の骨子",
    "plan.shell.flow": "スクリーニング、検査、無作為化、治療、解析の被験者数、群とマーカー群別。",
    "plan.shell.baseline": "群とマーカー群別のベースライン特性。",
    "plan.shell.primary": "群別の主要評価項目：被験者数、イベントまたは値、効果、区間、p 値、境界。",
    "plan.shell.subgroup": "同じ表をマーカー群別に、交互作用とともに。",
    "plan.shell.assay": "測定の結果：失敗、再測定の一致、検体から結果までの時間。",
    "plan.shell.safety": "群とマーカー群別、最悪のグレード別の有害事象。",
}
