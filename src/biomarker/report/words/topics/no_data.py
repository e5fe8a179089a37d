"""Sections that a study has no result table for: what the page says in their place."""

__all__ = ["EN", "JA"]

EN = {
    "chance.no_data": "**No data.** No test was made, so nothing could have been found by chance.",
    "cutoff.title": "Assay and cut-off",
    "cutoff.no_data": "**No data.** No cut-off was estimated in this run: every test uses the marker as measured. "
    "A cut-off, its stability and the share of marker-positive subjects appear here where the results hold "
    "candidate_cutoffs.",
    "flow.no_data": "**No data.** The results hold no account of subjects.",
    "designs.title": "Designs compared",
    "designs.no_data": "**No data.** No study design was computed. The study file would need a section named trial, "
    "with the effect, the accrual and the designs to compare.",
    "monitoring.title": "Monitoring",
    "monitoring.no_data": "**No data.** No interim analysis was planned. The section trial of the study file would "
    "need the looks and the way alpha is spent.",
    "operating.title": "Operating characteristics",
    "operating.no_data": "**No data.** No trial was simulated. The section trial of the study file would need "
    "scenarios and a number of simulated trials.",
    "model.title": "Prediction model",
    "model.no_data": "**No data.** No prediction model was fitted in this run, so there is no discrimination, "
    "calibration or decision curve to show. A model would be shown only with numbers from subjects who had no part "
    "in fitting it.",
    "economics.title": "Health economics",
    "economics.no_data": "**No data.** No economic model was evaluated. The study file would need a section named "
    "economics, with costs, utilities and the perspective.",
    "quality.no_data": "**No data.** No quality check was tabulated in this run. Controls, plates, batches or the "
    "instrument's own flags in the input files, and a section named quality in the study file, make one.",
}

JA = {
    "chance.no_data": "**データなし。** 検定が行われていないため、偶然による所見もありません。",
    "cutoff.title": "測定法とカットオフ",
    "cutoff.no_data": "**データなし。** この解析ではカットオフを推定していません。すべての検定はマーカーの測"
    "定値をそのまま用いています。結果に candidate_cutoffs があれば、カットオフ、その安定性、マーカー陽性者の"
    "割合がここに表示されます。",
    "flow.no_data": "**データなし。** 結果に対象者の内訳がありません。",
    "designs.title": "試験デザインの比較",
    "designs.no_data": "**データなし。** 試験デザインは計算されていません。試験ファイルに trial セクション（"
    "効果、登録速度、比較するデザイン）が必要です。",
    "monitoring.title": "中間モニタリング",
    "monitoring.no_data": "**データなし。** 中間解析は計画されていません。試験ファイルの trial セクションに"
    "、解析時点と有意水準の消費方法が必要です。",
    "operating.title": "動作特性",
    "operating.no_data": "**データなし。** 試験のシミュレーションは行われていません。試験ファイルの trial セ"
    "クションに、シナリオと反復回数が必要です。",
    "model.title": "予測モデル",
    "model.no_data": "**データなし。** この解析では予測モデルを当てはめていないため、識別能、較正、意思決定"
    "曲線はありません。モデルを示す場合は、当てはめに関与していない対象者での数値のみを示します。",
    "economics.title": "医療経済評価",
    "economics.no_data": "**データなし。** 経済モデルは評価されていません。試験ファイルに economics セクショ"
    "ン（費用、効用値、分析の立場）が必要です。",
    "quality.no_data": "**データなし。** この解析では品質検査の表が作られていません。入力ファイルの管理試料"
    "、プレート、バッチ、装置のフラグと、試験ファイルの quality セクションから作られます。",
}
