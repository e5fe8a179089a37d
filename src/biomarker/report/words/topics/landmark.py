"""What was measured under treatment."""

__all__ = ["EN", "JA"]

EN = {
    "column.feature": "Feature",
    "landmark.title": "Measured under treatment",
    "landmark.intro": "Nothing in this section is known when treatment begins: **none of it is a candidate, a baseline "
    "predictor or a reason to choose a treatment**. The drug may itself have moved these values. Only subjects still "
    "followed at the landmark are analysed, and their time starts there: who had no time left to be measured would "
    "otherwise count as having done badly without it.",
    "landmark.account": "{modality}, {endpoint}: values taken by day {day:number}, time from that day on; "
    "{event:count} subjects left out with an event by then, {censored:count} censored by then, {used:count} analysed.",
    "landmark.not_asked": "Not asked, for they have no time that could start at the landmark: {endpoints:list}.",
    "landmark.caption": "{modality}: association with what follows day {day:number}",
    "landmark.note": "{shown:count} of {n:count} rows by p-value, all are in landmark/{modality}.tsv; {called:count} "
    "with q at most {q:number} within modality and endpoint. Adjusted for the covariates and, where there are arms, "
    "for the arm.",
    "flow.scope.landmark": "Subjects of analyses of what was measured under treatment",
}

JA = {
    "column.feature": "特徴量",
    "landmark.title": "治療中の測定値",
    "landmark.intro": "本節の内容は治療開始時には分からないものです。"
    "**候補でもベースラインの予測因子でもなく、治療選択の根拠にもなりません**。"
    "薬剤そのものが値を動かした可能性があります。"
    "ランドマーク時点で追跡中の被験者だけを解析し、時間はそこから数えます。"
    "そうしないと、測定まで生存できなかった人が不良群に数えられてしまいます。",
    "landmark.account": "{modality}、{endpoint}: {day:number}日目までの値、時間はその日から。"
    "それまでのイベントで除外{event:count}例、それまでの打ち切りで除外{censored:count}例、"
    "解析{used:count}例。",
    "landmark.not_asked": "ランドマークから数える時間がないため解析しないもの: {endpoints:list}。",
    "landmark.caption": "{modality}: {day:number}日目以降との関連",
    "landmark.note": "p値順に{n:count}行中{shown:count}行（全行はlandmark/{modality}.tsv）。"
    "モダリティと評価項目の中でqが{q:number}以下は{called:count}行。共変量と、群があれば群で調整しています。",
    "flow.scope.landmark": "治療中の測定値の解析の被験者",
}
