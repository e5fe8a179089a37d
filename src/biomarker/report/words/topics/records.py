"""What was found in clinical records."""

__all__ = ["EN", "JA"]

EN = {
    "column.record_subject": "Subject",
    "column.record_item": "What",
    "column.record_n": "Records",
    "quality.check.end_before_begin": "Events that end before they begin",
    "quality.check.before_birth": "Records from before birth",
    "quality.check.after_death": "Records from after death",
    "quality.check.date_order": "Dates of a subject in an impossible order",
    "quality.check.before_consent": "Records of the study from before consent",
    "quality.check.after_cut": "Records from after the data cut",
    "quality.check.unit": "Values in another unit, or with a slipped decimal point",
    "quality.check.below_zero": "Values below zero",
    "quality.check.range": "Values outside the given limits",
    "quality.check.arm": "Another arm than was planned",
    "quality.check.dose": "Doses not planned for the arm",
    "quality.check.no_dose": "No dose at all",
    "quality.check.visit_window": "Days outside the visit windows",
    "quality.check.missed_visit": "Planned visits missed",
    "quality.check.eligibility": "Not eligible at baseline",
    "quality.loud.end_before_begin": "**{flagged} of {n:count} subjects or rows of {modality} have events that end "
    "before they begin.**",
    "quality.loud.before_birth": "**{flagged} of {n:count} subjects have records of {modality} from before their "
    "birth.**",
    "quality.loud.after_death": "**{flagged} of {n:count} subjects with a date of death have later records** of "
    "{modality}.",
    "quality.loud.date_order": "**{flagged} of {n:count} subjects have dates in an order that cannot be.**",
    "records.caption": "Clinical records: every finding by subject",
    "records.note": "Subject: the row of cohort/subjects.parquet, the first being row one; no identifier stands in "
    "this report. Rows that were put aside for such a fault are told by their place in the file.",
    "records.some": "{shown:count} of {n:count} findings are listed; all are in quality/records.parquet.",
    "records.row": "row {n:number}",
}

JA = {
    "column.record_subject": "対象者",
    "column.record_item": "内容",
    "column.record_n": "記録数",
    "quality.check.end_before_begin": "開始より前に終わる事象",
    "quality.check.before_birth": "出生前の記録",
    "quality.check.after_death": "死亡後の記録",
    "quality.check.date_order": "対象者の日付のありえない順序",
    "quality.check.before_consent": "同意前の試験記録",
    "quality.check.after_cut": "データ固定後の記録",
    "quality.check.unit": "別の単位、または小数点のずれた値",
    "quality.check.below_zero": "負の値",
    "quality.check.range": "指定した限界の外の値",
    "quality.check.arm": "計画と異なる群",
    "quality.check.dose": "群に計画されていない用量",
    "quality.check.no_dose": "投与記録なし",
    "quality.check.visit_window": "来院許容期間外の日",
    "quality.check.missed_visit": "欠けた予定来院",
    "quality.check.eligibility": "ベースラインでの不適格",
    "quality.loud.end_before_begin": "**{modality} の {n:count} 例（行）中 {flagged} に、"
    "開始より前に終わる事象があります。**",
    "quality.loud.before_birth": "**{n:count} 例中 {flagged} に、出生前の {modality} の記録があります。**",
    "quality.loud.after_death": "**死亡日のある {n:count} 例中 {flagged} に、死亡後の {modality} の記録があります。**",
    "quality.loud.date_order": "**{n:count} 例中 {flagged} で、日付の順序がありえないものです。**",
    "records.caption": "診療記録：対象者ごとの全指摘",
    "records.note": "対象者：cohort/subjects.parquet の行番号（先頭行が第一行）。本報告書に識別子はありません。"
    "この不備のため除かれた行は、ファイル中の位置で示します。",
    "records.some": "指摘 {n:count} 件中 {shown:count} 件を表示（全件は quality/records.parquet）。",
    "records.row": "{n:number} 行",
}
