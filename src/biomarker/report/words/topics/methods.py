"""Methods, and what it takes to get the same numbers again."""

__all__ = ["EN", "JA"]

EN = {
    "methods.title": "Methods",
    "methods.caption": "Tests used",
    "methods.model.arms": "**Models.** One feature at a time: the endpoint on the feature, arm and covariates in all "
    "subjects (prognostic: the association common to the arms); and, in the two arms that are compared, with the "
    "product of feature and treatment added (predictive: its coefficient is tested). Whether an effect of treatment "
    "changes depends on the scale it is measured on, here that of the table below.",
    "methods.model.single": "**Models.** One feature at a time: the endpoint on the feature and covariates.",
    "methods.adjusted": "**Covariates.** {covariates}.",
    "methods.unadjusted": "**Covariates.** None.",
    "methods.p": "**p-values** are two-sided and come from the test named below, for every feature alike; no later "
    "fit replaces them. Statistics are referred to a t distribution with the degrees of freedom of the test: "
    "subjects (time to event: events) less the parameters of the model with the feature; score statistics are scaled "
    "for these parameters as in least squares. Where the name of a test speaks of its tail, p-values far out are those "
    "of the law named there.",
    "methods.interval": "**Intervals** have a nominal level of {level:share} each and are not simultaneous.",
    "methods.refit": "**Estimates.** Tables and forest plots show the full maximum-likelihood fit where one was "
    "made for a leading feature (Firth's penalised fit where the outcome is told "
    "apart perfectly); volcano plots show the estimate of the test itself for all features alike.",
    "methods.per_sd": "**Per SD.** Where features are compared, effects are those of one standard deviation of the "
    "feature in the analysed subjects.",
    "methods.missing": "**Missing values.** A subject without the endpoint or the modality is left out of that "
    "analysis and counted in the patient flow; one without a value of a single feature is left out of the tests of "
    "that feature, and n in the tables says how many remain.",
    "methods.reading": "**As read: {modality}.** {note}.",
    "methods.q": "**Multiplicity.** {correction} within endpoint, comparison and contrast over all "
    "modalities; threshold q ≤ {q}.",
    "methods.curves": "**Curves.** Kaplan-Meier by marker group (split at or next to the median) and arm, on a fixed "
    "grid of times, without points where fewer than {limit} are at risk.",
    "methods.disclosure": "**Disclosure.** No subject-level value is shown; counts split by group are withheld "
    "below {limit}, together with those that would give them back.",
    "reproduce.title": "Reproduce this",
    "reproduce.intro": "The same inputs, study file, seed and versions give the same tables, byte for byte, on one "
    "class of processor.",
    "reproduce.commands": "Commands",
    "reproduce.identity": "What was run",
    "reproduce.seed": "Seed",
    "reproduce.code": "Digest of the code",
    "reproduce.lock": "Digest of the locked versions",
    "reproduce.inputs": "Input files and their checksums",
    "reproduce.versions": "Versions",
    "reproduce.runs": "Run times and memory: {seconds:number} s of work in all, at most {memory:number} MB at a time",
}

JA = {
    "methods.title": "方法",
    "methods.caption": "用いた検定",
    "methods.model.arms": "**モデル。** 特徴量を一つずつ：全対象者で評価項目を特徴量・群・共変量に回帰し（予"
    "後：群に共通の関連）、比較する二群では特徴量と治療の積を加えます（効果予測：その係数を検定）。治療効果"
    "が変わるか否かは測る尺度によります。ここでは下表の尺度です。",
    "methods.model.single": "**モデル。** 特徴量を一つずつ：評価項目を特徴量と共変量に回帰します。",
    "methods.adjusted": "**共変量。** {covariates}。",
    "methods.unadjusted": "**共変量。** なし。",
    "methods.p": "**p 値**は両側で、すべての特徴量について下記の検定によります。後の当てはめで置き換えること"
    "はありません。統計量は検定の自由度の t 分布によります：対象者数（生存時間では事象数）から特徴量を含むモ"
    "デルの母数の数を引いたもの。スコア統計量は最小二乗と同様に母数で調整します。検定名が裾に言及する場合、"
    "極端な p 値はその法則によります。",
    "methods.interval": "**信頼区間**は個々に名目水準 {level:share} で、同時信頼区間ではありません。",
    "methods.refit": "**推定値。** 首位の特徴量では、表とフォレストプロットは完全な最尤法（転帰が完全に分離"
    "される場合は Firth の罰則付き法）の結果を示します。ボルケーノプロットはすべての特徴量で検定自体の推定値"
    "を示します。",
    "methods.per_sd": "**SD あたり。** 特徴量を比べるところでは、効果は解析対象者での標準偏差一つ分です。",
    "methods.missing": "**欠測。** 評価項目またはモダリティのない対象者はその解析から除かれ、内訳で数えます"
    "。特徴量一つの値がない対象者はその検定から除かれ、表の例数が残りを示します。",
    "methods.reading": "**読み込み：{modality}。** {note}。",
    "methods.q": "**多重性。** 評価項目・比較・対比ごとに全モダリティにわたる {correction}。基準 q ≤ {q}。",
    "methods.curves": "**曲線。** マーカー群（中央値またはその付近で分割）と群別のカプラン・マイヤー法。固定"
    "した時点のみで、リスク集合が {limit} 未満の点は除きます。",
    "methods.disclosure": "**開示。** 個々の対象者の値は示しません。群別の例数が {limit} 未満のときは、逆算"
    "できる値とともに伏せます。",
    "reproduce.title": "再現方法",
    "reproduce.intro": "同じ入力、試験ファイル、シード、版からは、同種のプロセッサ上でバイト単位で同じ表が得られます。",
    "reproduce.commands": "コマンド",
    "reproduce.identity": "実行内容",
    "reproduce.seed": "シード",
    "reproduce.code": "コードのダイジェスト",
    "reproduce.lock": "固定した版のダイジェスト",
    "reproduce.inputs": "入力ファイルとチェックサム",
    "reproduce.versions": "版",
    "reproduce.runs": "実行時間とメモリ：合計 {seconds:number} 秒、同時に最大 {memory:number} MB",
}
