"""Words of the economic evaluation's conventions, and of its answers to the items of CHEERS."""

__all__ = ["EN", "JA"]

EN = {
    "economics.convention.states": "Monthly cycles with half-cycle correction; discount {cost:share} (costs) and "
    "{effect:share} (QALYs) a year over {years:about} years. Without a test result a patient gets control; that a test "
    "fails does not depend on the marker.",
    "economics.convention.visits": "Continuous-time Markov model of the states at visits, {n:count} subjects, "
    "{intervals:count} intervals; time of entry known of {known:commas}; effects where a transition was seen "
    "{least:count} times in each group; utilities {utilities}; subjects of the file not analysed: {left_out:count}.",
    "economics.convention.both": "{visits} {states}",
    "economics.utilities.measured": "measured at visits",
    "economics.utilities.given": "from the study file",
    "cheers.none": "none",
    "cheers.total": "{strategy}: {cost:count} {money}, {effect:number} QALYs",
    "cheers.1": "Economic evaluation of testing for {marker} and treating the marker-positive with {active}, against "
    "{control} for all and {active} for all.",
    "cheers.2": "Best at {wtp:count} {money} a QALY: {best}.",
    "cheers.3": "Whether {active} should be given by the marker {marker}; for the {perspective}.",
    "cheers.5": "Patients considered for {active}; marker-positive: {positive}.",
    "cheers.7": "{control} for all (usual), {active} for all, test and treat.",
    "cheers.9": "{years:about} years, in monthly cycles.",
    "cheers.10": "{cost:share} a year for costs, {effect:share} for QALYs.",
    "cheers.11": "Quality-adjusted life years; the treatment acts on {endpoint}.",
    "cheers.12": "{endpoint} as measured in the study; survival afterwards from the assumptions.",
    "cheers.13": "Utilities of three states, from the study file.",
    "cheers.13.measured": "Utilities of three states: while controlled measured here, the others from the study file.",
    "cheers.14": "Unit costs of drug, control, test and care per month, from the study file.",
    "cheers.15": "{money}, prices of {year}.",
    "cheers.16": "Cohort model of three states (controlled, progressed, dead) with constant rates; code and inputs are "
    "those of this run.",
    "cheers.16.visits": "Cohort model of three states (controlled, progressed, dead) with constant rates, and beside "
    "it a multi-state model fitted to the states seen at visits; code and inputs are those of this run.",
    "cheers.17": "Half-cycle correction; effects last while patients are controlled; no other treatment lines.",
    "cheers.18": "Marker-positive and marker-negative patients have effects of their own, shrunk for selection where "
    "that is known.",
    "cheers.20": "One-way intervals, probabilistic analysis with acceptability curve, value of information.",
    "cheers.22": "{n:count} parameters with intervals, laws and sources in the table of assumptions; measured here: "
    "{measured:commas}.",
    "cheers.23": "{totals:commas}.",
    "cheers.24": "The parameter that moves the result most: {first}. The expected value of perfect information is "
    "{evpi:count} {money} a patient.",
    "cheers.26": "Effects come from the subjects that chose the marker; costs and utilities are assumptions. See the "
    "register of assumptions.",
    "cheers.topic.Title": "Title",
    "cheers.topic.Abstract": "Abstract",
    "cheers.topic.Background and objectives": "Background and objectives",
    "cheers.topic.Analysis plan": "Analysis plan",
    "cheers.topic.Study population": "Study population",
    "cheers.topic.Setting and location": "Setting and location",
    "cheers.topic.Comparators": "Comparators",
    "cheers.topic.Perspective": "Perspective",
    "cheers.topic.Time horizon": "Time horizon",
    "cheers.topic.Discount rate": "Discount rate",
    "cheers.topic.Selection of outcomes": "Selection of outcomes",
    "cheers.topic.Measurement of outcomes": "Measurement of outcomes",
    "cheers.topic.Valuation of outcomes": "Valuation of outcomes",
    "cheers.topic.Resources and costs": "Resources and costs",
    "cheers.topic.Currency and price date": "Currency and price date",
    "cheers.topic.Rationale of the model": "Rationale of the model",
    "cheers.topic.Analytics and assumptions": "Analytics and assumptions",
    "cheers.topic.Heterogeneity": "Heterogeneity",
    "cheers.topic.Distributional effects": "Distributional effects",
    "cheers.topic.Uncertainty": "Uncertainty",
    "cheers.topic.Engagement": "Engagement",
    "cheers.topic.Study parameters": "Study parameters",
    "cheers.topic.Main results": "Main results",
    "cheers.topic.Effect of uncertainty": "Effect of uncertainty",
    "cheers.topic.Effect of engagement": "Effect of engagement",
    "cheers.topic.Findings and limits": "Findings and limits",
    "cheers.topic.Funding": "Funding",
    "cheers.topic.Conflicts of interest": "Conflicts of interest",
}

JA = {
    "economics.convention.states": "月単位のサイクルと半サイクル補正、割引率は年 {cost:share}（費用）と {effect:share}"
    "（QALY）、期間 {years:about} 年。検査結果が得られない患者は対照の治療を受け、検査の失敗はマーカーによりません。",
    "economics.convention.visits": "来院時の状態についての連続時間マルコフモデル（{n:count} 例、{intervals:count} 区"
    "間）。"
    "移行時点が分かる状態：{known:commas}。各群で {least:count} 回以上見られた移行に効果を当てはめ、効用値は"
    "{utilities}。解析しなかった対象者：{left_out:count} 例。",
    "economics.convention.both": "{visits}{states}",
    "economics.utilities.measured": "来院時の測定",
    "economics.utilities.given": "試験ファイルによる",
    "cheers.none": "なし",
    "cheers.total": "{strategy}：{cost:count} {money}、{effect:number} QALY",
    "cheers.1": "{marker} を検査してマーカー陽性者を {active} で治療する戦略を、全員に {control}、全員に {active} と"
    "比較する"
    "経済評価。",
    "cheers.2": "QALY あたり {wtp:count} {money} で最良：{best}。",
    "cheers.3": "{active} をマーカー {marker} によって投与すべきか。{perspective}の立場。",
    "cheers.5": "{active} を検討する患者。マーカー陽性：{positive}。",
    "cheers.7": "全員に {control}（通常）、全員に {active}、検査して治療。",
    "cheers.9": "{years:about} 年、月単位のサイクル。",
    "cheers.10": "費用は年 {cost:share}、QALY は年 {effect:share}。",
    "cheers.11": "質調整生存年（QALY）。治療は {endpoint} に作用します。",
    "cheers.12": "{endpoint} は本試験の測定どおり、その後の生存は仮定による。",
    "cheers.13": "三状態の効用値（試験ファイルによる）。",
    "cheers.13.measured": "三状態の効用値：病勢制御中は本試験で測定、他は試験ファイルによる。",
    "cheers.14": "薬剤、対照、検査、ケアの月あたり単価（試験ファイルによる）。",
    "cheers.15": "{money}、{year} 年の価格。",
    "cheers.16": "一定の率による三状態（制御、進行、死亡）のコホートモデル。コードと入力は本解析のもの。",
    "cheers.16.visits": "一定の率による三状態（制御、進行、死亡）のコホートモデルと、来院時の状態に当てはめた多状態モ"
    "デル。"
    "コードと入力は本解析のもの。",
    "cheers.17": "半サイクル補正。効果は病勢制御中に続き、他の治療ラインは考慮しません。",
    "cheers.18": "マーカー陽性と陰性の患者は別々の効果を持ち、分かる場合は選択を考慮して縮小しています。",
    "cheers.20": "一変数の感度分析、受容曲線を伴う確率的分析、情報の価値。",
    "cheers.22": "{n:count} 個のパラメータ（区間、分布、出所は仮定の表）。本研究での測定：{measured:commas}。",
    "cheers.23": "{totals:commas}。",
    "cheers.24": "結果を最も動かすパラメータ：{first}。完全情報の期待価値は患者あたり {evpi:count} {money}。",
    "cheers.26": "効果はマーカーを選んだ対象者によるもので、費用と効用値は仮定です。仮定の一覧を参照。",
    "cheers.topic.Title": "表題",
    "cheers.topic.Abstract": "抄録",
    "cheers.topic.Background and objectives": "背景と目的",
    "cheers.topic.Analysis plan": "分析計画",
    "cheers.topic.Study population": "対象集団",
    "cheers.topic.Setting and location": "状況と場所",
    "cheers.topic.Comparators": "比較対照",
    "cheers.topic.Perspective": "分析の立場",
    "cheers.topic.Time horizon": "分析期間",
    "cheers.topic.Discount rate": "割引率",
    "cheers.topic.Selection of outcomes": "アウトカムの選択",
    "cheers.topic.Measurement of outcomes": "アウトカムの測定",
    "cheers.topic.Valuation of outcomes": "アウトカムの価値づけ",
    "cheers.topic.Resources and costs": "資源と費用",
    "cheers.topic.Currency and price date": "通貨と価格の年",
    "cheers.topic.Rationale of the model": "モデルの根拠",
    "cheers.topic.Analytics and assumptions": "分析手法と仮定",
    "cheers.topic.Heterogeneity": "異質性",
    "cheers.topic.Distributional effects": "分配効果",
    "cheers.topic.Uncertainty": "不確実性",
    "cheers.topic.Engagement": "患者などの関与",
    "cheers.topic.Study parameters": "パラメータ",
    "cheers.topic.Main results": "主な結果",
    "cheers.topic.Effect of uncertainty": "不確実性の影響",
    "cheers.topic.Effect of engagement": "関与の影響",
    "cheers.topic.Findings and limits": "結果と限界",
    "cheers.topic.Funding": "資金",
    "cheers.topic.Conflicts of interest": "利益相反",
}
