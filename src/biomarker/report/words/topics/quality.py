"""Quality of samples, batches and laboratories."""

__all__ = ["EN", "JA"]

EN = {
    "quality.title": "Quality of samples and laboratories",
    "quality.lead": "{n:count} checks were made before anything was ranked: **{loud:count} must be settled** before a "
    "candidate is believed, {warning:count} {warning:plural|asks|ask} for a look, {note:count} found nothing or could "
    "not be made.",
    "quality.capped": "Candidates of {n:count} {n:plural|pair|pairs} of modality and endpoint are capped in their "
    "tier, because the batch alone foretells the outcome.",
    "quality.caption": "Every check, what must be settled first",
    "quality.note": "Flagged: samples, batches, tests at sites, missing cells or kinds of patients, out of those that "
    "were looked at. The table of samples beside this report names the samples.",
    "quality.loud.sex": "**{flagged} of {n:count} samples of {modality} have the sex genes of the other sex** "
    "than is recorded: exchanged samples, or wrong records. Genes: {item}.",
    "quality.loud.duplicate": "**{flagged} of {n:count} samples of {modality} are one sample under two ids.**",
    "quality.loud.concordance": "**{flagged} of {n:count} subjects have profiles of two people** in {modality} "
    "and {item}.",
    "quality.loud.batch_outcome": "**The batch of {modality} alone foretells {endpoint}** (p {p:p}): what differs "
    "between batches looks like a marker.",
    "quality.loud.missing_subjects": "**Who is missing from {modality} goes with the outcome** ({item}, p {p:p}): "
    "those who have it are not like all.",
    "quality.loud.balance": "**The arms of {item} differ** beyond chance (p {p:p}) in what was known before treatment.",
    "quality.loud.positivity": "**{flagged} of {n:count} kinds of patients are in one arm only** ({item}).",
    "quality.loud.drift": "**{item} left its level** by a factor or difference of {statistic:number} (p {p:p}).",
    "quality.check.sex": "Recorded sex against sex genes",
    "quality.check.duplicate": "Samples given twice",
    "quality.check.concordance": "One person's profiles in two modalities",
    "quality.check.outlier": "Samples unlike all others",
    "quality.check.batch_values": "Batches that show in the values",
    "quality.check.batch_outcome": "Batches that foretell the outcome",
    "quality.check.missing_subjects": "Who is missing from a modality",
    "quality.check.missing_cells": "Which cells are missing",
    "quality.check.balance": "Covariates between arms",
    "quality.check.positivity": "Kinds of patients in one arm only",
    "quality.check.drift": "Analysers that leave their level",
    "quality.severity.loud": "to be settled",
    "quality.severity.warning": "look",
    "quality.severity.note": "nothing found",
    "quality.drift.caption": "Tests at sites whose level changed over the calendar",
    "quality.drift.note": "Patients: first results of each subject, adjusted for covariates. Change: a factor where "
    "results are positive, else a difference. Crosses: when a growing drift passes what the study file allows, or of "
    "control materials three standard deviations.",
    "quality.kind.step": "at once",
    "quality.kind.ramp": "growing",
    "quality.dates": "{low} to {high}",
    "quality.applied.nothing": "none: flagged only",
    "quality.applied.excluded": "left out from the onset on",
    "quality.applied.corrected": "corrected from the onset on",
    "quality.missing.caption": "What is missing, and what it goes with",
    "quality.missing.note": "A hint, no proof: no data show that what is missing does not depend on its own value.",
    "quality.unit.subjects": "subjects",
    "quality.unit.cells": "cells",
    "quality.hint.complete": "nothing missing",
    "quality.hint.too_few_to_tell": "too few to tell",
    "quality.hint.no_pattern": "no pattern: may be missing at random",
    "quality.hint.known_factors": "goes with known factors: adjust for them",
    "quality.hint.outcome": "goes with the outcome: informative",
    "quality.hint.low_values": "low values are missing: informative",
}

JA = {
    "quality.title": "試料と検査室の品質",
    "quality.lead": "順位付けの前に {n:count} 件の検査を行いました。候補を信じる前に**解決すべきもの "
    "{loud:count} 件**、{warning:plural|確認を要するもの|確認を要するもの} {warning:count} 件、問題なし又は"
    "実施できず {note:count} 件。",
    "quality.capped": "バッチだけで転帰が予測されるため、モダリティと評価項目の組 {n:count} {n:plural|件|件}"
    "の候補は階級に上限があります。",
    "quality.caption": "すべての検査（解決すべきものから順に）",
    "quality.note": "指摘数：検査した試料、バッチ、施設の検査項目、欠測、患者の種類のうち指摘されたもの。試"
    "料名はこの報告書とは別の試料の表にあります。",
    "quality.loud.sex": "**{modality} の {n:count} 試料中 {flagged} 試料で、性別遺伝子が記録と異なる性"
    "を示します**：試料の取り違え、または記録の誤りです。遺伝子：{item}。",
    "quality.loud.duplicate": "**{modality} の {n:count} 試料中 {flagged} 試料は、一つの試料に二つの識"
    "別子が付いています。**",
    "quality.loud.concordance": "**{n:count} 例中 {flagged} 例で、{modality} と {item} のプロファイル"
    "が別人のものです。**",
    "quality.loud.batch_outcome": "**{modality} のバッチだけで {endpoint} が予測されます**（p {p:p}）：バッ"
    "チ間の違いがマーカーのように見えます。",
    "quality.loud.missing_subjects": "**{modality} のない対象者は転帰と関連しています**（{item}、p {p:p}）："
    "測定のある対象者は全体を代表しません。",
    "quality.loud.balance": "**{item} の群**は、治療前の特性が偶然を超えて異なります（p {p:p}）。",
    "quality.loud.positivity": "**{n:count} 種類の患者のうち {flagged} 種類が一方の群にしかいません**（{item}）。",
    "quality.loud.drift": "**{item} が水準から外れました**（倍率または差 {statistic:number}、p {p:p}）。",
    "quality.check.sex": "記録上の性別と性別遺伝子",
    "quality.check.duplicate": "重複した試料",
    "quality.check.concordance": "二つのモダリティ間の同一人性",
    "quality.check.outlier": "他と大きく異なる試料",
    "quality.check.batch_values": "値に現れるバッチ",
    "quality.check.batch_outcome": "転帰を予測するバッチ",
    "quality.check.missing_subjects": "モダリティのない対象者",
    "quality.check.missing_cells": "欠測している値",
    "quality.check.balance": "群間の共変量",
    "quality.check.positivity": "一方の群にしかいない患者",
    "quality.check.drift": "水準から外れる分析装置",
    "quality.severity.loud": "要解決",
    "quality.severity.warning": "要確認",
    "quality.severity.note": "問題なし",
    "quality.drift.caption": "時期により水準が変わった施設の検査項目",
    "quality.drift.note": "患者：各対象者の最初の結果を共変量で調整。変化：結果が正の場合は倍率、それ以外は差。超"
    "過：漸増する変化が試験ファイルの許容限界（管理試料では標準偏差の三倍）を超える時期。",
    "quality.kind.step": "急な変化",
    "quality.kind.ramp": "漸増",
    "quality.dates": "{low}～{high}",
    "quality.applied.nothing": "なし：指摘のみ",
    "quality.applied.excluded": "開始以降を除外",
    "quality.applied.corrected": "開始以降を補正",
    "quality.missing.caption": "欠測と、それに関連するもの",
    "quality.missing.note": "手がかりであり証明ではありません：欠測が自身の値に依存しないことは、データから"
    "は示せません。",
    "quality.unit.subjects": "対象者",
    "quality.unit.cells": "値",
    "quality.hint.complete": "欠測なし",
    "quality.hint.too_few_to_tell": "少なすぎて判定できない",
    "quality.hint.no_pattern": "傾向なし：無作為な欠測の可能性",
    "quality.hint.known_factors": "既知の因子と関連：調整が必要",
    "quality.hint.outcome": "転帰と関連：情報のある欠測",
    "quality.hint.low_values": "低値が欠測：情報のある欠測",
}
