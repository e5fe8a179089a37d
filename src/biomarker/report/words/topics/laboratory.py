"""Words of the laboratories' own quality control: control materials, methods, patients as controls."""

__all__ = ["EN", "JA"]

EN = {
    "column.drift_source": "Seen in",
    "drift.source.patients": "patients",
    "drift.source.controls": "control materials",
    "drift.line.patients": "{test}, {group}",
    "drift.line.controls": "{test}, {group} (controls)",
    "column.control_runs": "Runs",
    "column.control_rejected": "Rejected",
    "column.control_rules": "Rules broken",
    "column.control_ewma": "EWMA signals",
    "column.control_cusum": "CUSUM signals",
    "column.control_excluded": "Runs left out",
    "column.control_corrected": "Runs corrected",
    "column.moving_statistic": "Statistic",
    "column.moving_limits": "Centre (limits)",
    "column.moving_alarms": "Alarms",
    "column.moving_first": "First alarm",
    "column.method_quantity": "Quantity",
    "column.method_group": "Group",
    "column.method_value": "Value (interval)",
    "column.method_reason": "Remark",
    "methods_of.none": "not judged; the table of methods says why",
    "levey.caption": "Levey-Jennings charts of the control materials of which most runs are rejected: distance "
    "from the "
    "target in standard deviations. At most the last {shown:count} days with a run.",
    "levey.chooser": "Test and site",
    "levey.title": "{name}",
    "levey.description": "Points over time: {n:count} results of control materials in standard deviations from their "
    "targets, with limits at two and three.",
    "levey.x": "Days since {date}",
    "levey.y": "Standard deviations from target",
    "levey.level": "level {level}",
    "levey.limit": "{n:count} SD",
    "levey.onset": "onset",
    "levey.crosses": "limit crossed",
    "levey.steady": "No change of level was found over the calendar.",
    "levey.step": "**The level changed at once on or about {onset}** (between {onset_low} and {onset_high}), by "
    "a factor "
    "or difference of {change:number}. A change at once does not grow: no crossing is foretold.",
    "levey.ramp": "**The level has been moving since about {onset}** (between {onset_low} and {onset_high}), so "
    "far by a "
    "factor or difference of {change:number}. Its mean crosses three standard deviations on or about **{crosses}** "
    "(between {early} and {late}).",
    "levey.table": "Control materials by test and site, what is rejected most first",
    "levey.note": "EWMA and CUSUM look at the mean of each run's controls. Left out, corrected: runs whose patients' "
    "results are so treated before features are made, by the policy of the study file; a run stands for the "
    "results from "
    "its day to the day before the next one.",
    "moving.caption": "Patients' results as controls: tests at sites whose moving statistic left its limits",
    "moving.note": "First results of each subject in order of date. Limits: passed anywhere by as few series in "
    "order as "
    "the study file's level says.",
    "moving.mean": "moving mean",
    "moving.median": "moving median",
    "moving.ewma": "weighted average",
    "methods_of.caption": "What is known of the laboratories' methods",
    "methods_of.note": "Sigma: what is allowed less the bias, in units of the method's own variation. Methods "
    "below three "
    "need more controls than a laboratory can run.",
    "methods_of.mean": "Mean",
    "methods_of.repeatability_sd": "Repeatability SD",
    "methods_of.between_run_sd": "SD between runs",
    "methods_of.between_day_sd": "SD between days",
    "methods_of.within_laboratory_sd": "SD within the laboratory",
    "methods_of.within_laboratory_cv": "CV within the laboratory, %",
    "methods_of.slope": "Slope",
    "methods_of.intercept": "Intercept",
    "methods_of.bias_at_the_mean": "Bias at the mean, %",
    "methods_of.lower_limit": "Lower reference limit",
    "methods_of.upper_limit": "Upper reference limit",
    "methods_of.allowed_error": "Allowed error, %",
    "methods_of.bias": "Bias, %",
    "methods_of.cv": "CV, %",
    "methods_of.total_error": "Total error, %",
    "methods_of.sigma": "Sigma",
    "quality.check.control_runs": "Control materials against the rules",
    "quality.check.control_results": "Patients' results under rejected runs",
    "quality.check.moving": "Patients' results as controls",
    "quality.check.delta": "Results against those before",
    "quality.check.precision": "Precision",
    "quality.check.comparison": "Method comparison",
    "quality.check.reference": "Reference limits",
    "quality.check.sigma": "Sigma",
    "quality.loud.control_runs": "**{flagged} of {n:count} control runs of {item} are rejected**: more than of "
    "an analyser "
    "in control (p {p:p}).",
    "quality.loud.moving": "**Patients' results of {item} leave their limits** (p {p:p}).",
}

JA = {
    "column.drift_source": "根拠",
    "drift.source.patients": "患者",
    "drift.source.controls": "管理試料",
    "drift.line.patients": "{test}、{group}",
    "drift.line.controls": "{test}、{group}（管理試料）",
    "column.control_runs": "測定回数",
    "column.control_rejected": "棄却",
    "column.control_rules": "違反した規則",
    "column.control_ewma": "EWMA の警報",
    "column.control_cusum": "CUSUM の警報",
    "column.control_excluded": "除外した回",
    "column.control_corrected": "補正した回",
    "column.moving_statistic": "統計量",
    "column.moving_limits": "中心（限界）",
    "column.moving_alarms": "警報",
    "column.moving_first": "最初の警報",
    "column.method_quantity": "量",
    "column.method_group": "群",
    "column.method_value": "値（区間）",
    "column.method_reason": "備考",
    "methods_of.none": "判定なし（理由は検査法の表にあります）",
    "levey.caption": "棄却の多い管理試料のレビー・ジェニングス図：目標値からの距離（標準偏差単位）。"
    "測定のあった最後の {shown:count} 日まで。",
    "levey.chooser": "検査項目と施設",
    "levey.title": "{name}",
    "levey.description": "時間に対する点：管理試料の結果 {n:count} 件の目標値からの距離（標準偏差単位）。"
    "限界は標準偏差の二倍と三倍。",
    "levey.x": "{date} からの日数",
    "levey.y": "目標値からの標準偏差",
    "levey.level": "濃度 {level}",
    "levey.limit": "{n:count} SD",
    "levey.onset": "開始",
    "levey.crosses": "限界超過",
    "levey.steady": "時期による水準の変化は見られません。",
    "levey.step": "**{onset} 頃に水準が急に変わりました**（{onset_low}～{onset_high}）。倍率または差は "
    "{change:number} です。急な変化は増大しないため、限界超過の予測はありません。",
    "levey.ramp": "**{onset} 頃から水準が動き続けています**（{onset_low}～{onset_high}）。これまでの倍率または差は "
    "{change:number} です。平均は **{crosses}** 頃（{early}～{late}）に標準偏差の三倍を超えます。",
    "levey.table": "検査項目・施設別の管理試料（棄却の多い順）",
    "levey.note": "EWMA と CUSUM は各回の管理試料の平均を見ます。除外・補正：試験ファイルの方針により、"
    "特徴量を作る前に"
    "患者の結果がそのように扱われる回。一回の測定は、その日から次の測定の前日までの結果を代表します。",
    "moving.caption": "患者の結果による管理：移動統計量が限界を外れた施設の検査項目",
    "moving.note": "各対象者の最初の結果を日付順に並べたもの。限界：問題のない系列のうち、"
    "試験ファイルの水準の割合だけが"
    "どこかで超える値。",
    "moving.mean": "移動平均",
    "moving.median": "移動中央値",
    "moving.ewma": "加重平均",
    "methods_of.caption": "検査法について分かっていること",
    "methods_of.note": "シグマ：許容誤差から偏りを引き、検査法の変動を単位として表したもの。三未満の検査法には、"
    "実施できる以上の管理測定が必要です。",
    "methods_of.mean": "平均",
    "methods_of.repeatability_sd": "併行 SD",
    "methods_of.between_run_sd": "測定回間 SD",
    "methods_of.between_day_sd": "日間 SD",
    "methods_of.within_laboratory_sd": "施設内 SD",
    "methods_of.within_laboratory_cv": "施設内 CV、%",
    "methods_of.slope": "傾き",
    "methods_of.intercept": "切片",
    "methods_of.bias_at_the_mean": "平均における偏り、%",
    "methods_of.lower_limit": "基準下限",
    "methods_of.upper_limit": "基準上限",
    "methods_of.allowed_error": "許容誤差、%",
    "methods_of.bias": "偏り、%",
    "methods_of.cv": "CV、%",
    "methods_of.total_error": "総合誤差、%",
    "methods_of.sigma": "シグマ",
    "quality.check.control_runs": "規則による管理試料の判定",
    "quality.check.control_results": "棄却された回の患者の結果",
    "quality.check.moving": "患者の結果による管理",
    "quality.check.delta": "前回値との差",
    "quality.check.precision": "精密さ",
    "quality.check.comparison": "検査法の比較",
    "quality.check.reference": "基準範囲",
    "quality.check.sigma": "シグマ",
    "quality.loud.control_runs": "**{item} の管理試料 {n:count} 回のうち {flagged} 回が棄却されました**："
    "管理状態の分析装置より多い数です（p {p:p}）。",
    "quality.loud.moving": "**{item} の患者の結果が限界を外れました**（p {p:p}）。",
}
