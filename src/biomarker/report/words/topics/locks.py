"""Whether, and when, the analysis was fixed before its endpoints were read."""

__all__ = ["EN", "JA"]

EN = {
    "reproduce.never_locked": "This analysis was not locked beforehand (biomarker lock): nothing shows that settings "
    "and markers were chosen before the endpoints were read.",
    "reproduce.locked": "The analysis was **locked on {time}**: study file, code and input files are as they were "
    "then.",
    "reproduce.locked_since": "The analysis was **locked on {time}**; changed after: {changed}.",
    "reproduce.locked_after_results": "The lock of {time} was made when results of this study were there already: it "
    "does not show that they were unknown.",
    "reproduce.lock_broken": "**The record of locks was changed after it was written**: it proves nothing.",
    "reproduce.changed.code": "the code",
    "reproduce.changed.requirements": "the versions of other packages",
}

JA = {
    "reproduce.never_locked": "この解析は事前に固定（biomarker lock）されていません。設定やマーカーがエンドポイントを"
    "読む前に選ばれたことを示すものはありません。",
    "reproduce.locked": "解析は **{time} に固定** されました。試験ファイル、コード、入力ファイルはその時のままです。",
    "reproduce.locked_since": "解析は **{time} に固定** されました。その後の変更：{changed}。",
    "reproduce.locked_after_results": "{time} の固定は、この試験の結果がすでに存在する時点で行われました。結果が未知で"
    "あったことを示すものではありません。",
    "reproduce.lock_broken": "**固定の記録は書かれた後に変更されています**。証拠になりません。",
    "reproduce.changed.code": "コード",
    "reproduce.changed.requirements": "他のパッケージのバージョン",
}
