"""The question, its estimands, and the effect of treatment in everybody."""

__all__ = ["EN", "JA"]

EN = {
    "question.name": "{endpoint}: {contrast}",
    "question.endpoint": "{endpoint}",
    "question.endpoint_compared": "{endpoint} ({comparison})",
    "question.title": "Question and endpoints",
    "question.design.randomised": "Randomised {n:plural|comparison|comparisons} of {pairs:list}.",
    "question.design.observational": "{n:plural|Comparison|Comparisons} of {pairs:list}; treatment was **not "
    "randomised**.",
    "question.design.single": "Single-arm study: all subjects were treated alike, or treatment was not part of the "
    "question.",
    "question.asked": "Asked of every feature and endpoint: {contrasts:list}.",
    "question.means.predictive": "whether it changes the effect of treatment (**predictive**)",
    "question.means.observed": "whether the difference between the arms, which were not randomised, changes with it "
    "(**predictive**)",
    "question.means.prognostic": "whether it goes with the outcome across the arms (**prognostic**)",
    "question.means.response": "whether it goes with the outcome in these subjects (**response**; prognostic and "
    "predictive cannot be told apart)",
    "question.modalities": "Measured: {modalities:list}.",
    "question.modality": "**{name}** ({kind})",
    "question.modality.alone": "**{name}**",
    "question.covariates": "All models are adjusted for {covariates}.",
    "question.no_covariates": "No covariates are adjusted for.",
    "question.endpoints": "Endpoints",
    "question.endpoints.some": "The {shown:count} endpoints with the smallest p-values of {n:count} are shown; the "
    "study file lists all.",
    "overall.caption": "Effect of treatment in everybody, with {level:share} confidence intervals",
    "overall.caption.observational": "Difference between the arms in everybody, not randomised, with {level:share} "
    "confidence intervals",
    "overall.adjusted": "The adjusted estimate, its p-value and what it favours come from the model with {covariates}; "
    "the unadjusted one, in the same subjects, from the model with treatment alone. Odds and hazard ratios given "
    "covariates are another quantity than those of everybody together, and differ also where arms are balanced.",
    "overall.unadjusted": "Unadjusted: the model holds treatment alone, because the study file names no covariates.",
    "overall.note": "Measured here, in all subjects with the endpoint, whatever their markers. Not corrected for "
    "the number of endpoints or comparisons.",
    "favours.neither": "neither",
    "favours.arm": "{arm}",
}

JA = {
    "question.name": "{endpoint}：{contrast}",
    "question.endpoint": "{endpoint}",
    "question.endpoint_compared": "{endpoint}（{comparison}）",
    "question.title": "問いと評価項目",
    "question.design.randomised": "無作為化比較（{n:plural|比較|比較}）：{pairs:list}。",
    "question.design.observational": "{n:plural|比較|比較}：{pairs:list}。治療は**無作為化されていません**。",
    "question.design.single": "単群試験：全対象者が同じ治療を受けたか、治療は問いに含まれていません。",
    "question.asked": "すべての特徴量と評価項目について問うたこと：{contrasts:list}。",
    "question.means.predictive": "治療効果を変えるか（**効果予測因子**）",
    "question.means.observed": "無作為化されていない群間差がそれにより変わるか（**効果予測因子**）",
    "question.means.prognostic": "群を問わず転帰に関連するか（**予後因子**）",
    "question.means.response": "これらの対象者で転帰に関連するか（**反応**：予後と効果予測は区別できない）",
    "question.modalities": "測定：{modalities:list}。",
    "question.modality": "**{name}**（{kind}）",
    "question.modality.alone": "**{name}**",
    "question.covariates": "すべてのモデルは {covariates} で調整しています。",
    "question.no_covariates": "共変量による調整はしていません。",
    "question.endpoints": "評価項目",
    "question.endpoints.some": "{n:count} 件の評価項目のうち p 値が小さい {shown:count} 件を示します。すべて"
    "は試験ファイルにあります。",
    "overall.caption": "全対象者における治療効果（{level:share} 信頼区間）",
    "overall.caption.observational": "全対象者における群間差（無作為化なし、{level:share} 信頼区間）",
    "overall.adjusted": "調整ありの推定値、その p 値、優位の判定は {covariates} を含むモデルによります。調整"
    "なしの推定値は同じ対象者で治療のみのモデルによります。共変量を条件とするオッズ比・ハザード比は全体での"
    "値とは異なる量で、群が均衡していても一致しません。",
    "overall.unadjusted": "調整なし：試験ファイルに共変量の指定がないため、モデルは治療のみを含みます。",
    "overall.note": "マーカーによらず、評価項目のある全対象者で測定。評価項目や比較の数による補正はしていません。",
    "favours.neither": "どちらでもない",
    "favours.arm": "{arm}",
}
