"""Formulas of several features."""

__all__ = ["EN", "JA"]

EN = {
    "formulas.title": "Formulas of several features",
    "formulas.lead": "{n:count} formulas were searched for {questions:count} {questions:plural|question|questions} "
    "({refused:count} more could not be judged, for stated reasons). The {tried:count} that led were tried in subjects "
    "who had no part in the search: **{held:count} {held:plural|holds|hold} there** at p ≤ {q}.",
    "formulas.how": "A formula leads by what it adds to a model that has its features already, and is credited with no "
    "more than it shows itself. Among so many, some look strong by chance: **read the p-value of the held-out "
    "subjects**, which is corrected over the leaders of the question.",
    "formulas.left_out": "Up to {n:count} features had no part in the search of a question: filtered, missing too "
    "often, or left out by the study file's prescreen.",
    "formulas.caption": "Leading formulas; those marked hold in held-out subjects at p ≤ {q}",
    "formulas.note.found": "Where found: the t statistic that the search ranked by. It is the largest of all that were "
    "searched, and so too large.",
    "formulas.note.adds": "Held out: what the formula adds to its parts, what it shows alone, and what each part shows "
    "alone, as standard normal statistics; positive in the direction in which the formula was found (parts: in their "
    "own).",
    "formulas.note.p": "p, held out: one-sided, of what the formula adds to its parts, after Holm's correction.",
    "formulas.note.stability": "Steady: share of random halves of the searched subjects in which these features stay "
    "in front.",
    "formulas.reading.log_ratio": "{a} minus {b} on the log scale: their ratio",
    "formulas.reading.log_product": "{a} plus {b} on the log scale: their product",
    "formulas.reading.scaled_difference": "{a} minus {b}, each in its own standard deviations",
    "formulas.reading.scaled_sum": "{a} plus {b}, each in its own standard deviations",
    "formulas.reading.product": "{a} and {b} on the same side of their means",
    "formulas.reading.where": "the level of {a}, where {b} is above {cut_b:number}",
    "formulas.reading.and": "{a} above {cut_a:number} and {b} above {cut_b:number}",
    "formulas.reading.or": "{a} above {cut_a:number} or {b} above {cut_b:number}",
    "formulas.reading.and_not": "{a} above {cut_a:number} and {b} not above {cut_b:number}",
    "formulas.reading.xor": "either {a} above {cut_a:number} or {b} above {cut_b:number}, not both",
    "formulas.reading.maximum": "the higher of {a} and {b}, each in its own standard deviations",
    "formulas.reading.minimum": "the lower of {a} and {b}, each in its own standard deviations",
    "formulas.reading.distance": "how far {a} and {b} are apart, each in its own standard deviations",
    "formulas.reading.log_fold": "how far {a} and {b} are apart on the log scale, whichever is higher",
    "formulas.reading.order": "{a} below {b}",
    "formulas.reading.scaled_order": "{a} below {b}, each in its own standard deviations",
    "formulas.reading.threshold": "{a} above {cut_a:number}",
    "formulas.reading.u_shape": "how far {a} is from its median, to either side",
    "formulas.reading.variance": "the squared distance of {a} from its mean",
    "formulas.reading.difference_of_mean": "{a} minus the mean of {b} and {c} on the log scale",
    "formulas.reading.and3": "{a} above {cut_a:number}, {b} above {cut_b:number} and {c} above {cut_c:number}",
    "formulas.reading.ratio_of_sums": "the sum of {a} and {b}, over {c}",
    "formulas.group.high": "{name} high",
    "formulas.group.low": "{name} low",
    "formulas.groups": "{a}, {b}",
    "formulas.everybody": "all",
    "formulas.map.caption": "Where the formula decides. Each cell has the outcome of the patients whose two features "
    "lie in it; cells with fewer than {limit} are left empty, the outermost hold all beyond them. The dotted line is "
    "where the formula turns from no to yes, or passes its median. **Descriptive**: most of these patients took part "
    "in the search.",
    "formulas.map.chooser": "Formula",
    "formulas.map.axis": "{name}",
    "formulas.map.mean": "{name}: mean of {endpoint}, {arm}",
    "formulas.map.share": "{name}: share with {endpoint}, {arm}",
    "formulas.map.rate": "{name}: events of {endpoint} per unit of time, {arm}",
    "formulas.map.description": "{title}. {n:count} cells of the plane of two features with the outcome of the "
    "patients in them, and the line where the formula decides.",
    "formulas.groups.caption": "How patients did by {name}: {endpoint}",
    "formulas.groups.note": "High: above the formula's own cut, else above the median. **Descriptive**: most of these "
    "patients took part in the search. Plain outcomes, not adjusted for anything.",
}

JA = {
    "formulas.title": "複数の特徴量の式",
    "formulas.lead": "{questions:count} {questions:plural|件の問い|件の問い}について {n:count} 個の式を探索"
    "しました（ほかに {refused:count} 個は理由があって判定できません）。首位の {tried:count} 個を探索に関与"
    "していない対象者で試し、p ≤ {q} で**{held:count} 個が{held:plural|保たれました|保たれました}**。",
    "formulas.how": "式の順位は、その特徴量をすでに含むモデルに何を加えるかで決まり、式単独の効果を超えては"
    "評価されません。これだけ多ければ偶然に強く見えるものもあります。**ホールドアウト対象者の p 値をご覧くだ"
    "さい**（問いの首位の式にわたり補正済み）。",
    "formulas.left_out": "一つの問いの探索で最大 {n:count} 個の特徴量が対象外でした：フィルター、欠測の多さ"
    "、または試験ファイルの事前選別によります。",
    "formulas.caption": "首位の式（印はホールドアウト対象者で p ≤ {q} を満たすもの）",
    "formulas.note.found": "発見時：探索の順位に用いた t 統計量。探索した全体の最大であり、過大です。",
    "formulas.note.adds": "ホールドアウト：式が構成要素に加える分、式単独、各構成要素単独（標準正規統計量）"
    "。式が見つかった方向で正（構成要素は自身の方向）。",
    "formulas.note.p": "p、ホールドアウト：式が構成要素に加える分の片側 p 値（Holm 補正後）。",
    "formulas.note.stability": "安定性：探索対象者を無作為に半分にしたとき、これらの特徴量が首位に残る割合。",
    "formulas.reading.log_ratio": "対数尺度での {a} と {b} の差（比）",
    "formulas.reading.log_product": "対数尺度での {a} と {b} の和（積）",
    "formulas.reading.scaled_difference": "{a} と {b} の差（各々の標準偏差単位）",
    "formulas.reading.scaled_sum": "{a} と {b} の和（各々の標準偏差単位）",
    "formulas.reading.product": "{a} と {b} が平均の同じ側にあること",
    "formulas.reading.where": "{b} が {cut_b:number} を超える場合の {a} の値",
    "formulas.reading.and": "{a} が {cut_a:number} を超え、かつ {b} が {cut_b:number} を超える",
    "formulas.reading.or": "{a} が {cut_a:number} を超えるか、{b} が {cut_b:number} を超える",
    "formulas.reading.and_not": "{a} が {cut_a:number} を超え、{b} が {cut_b:number} を超えない",
    "formulas.reading.xor": "{a} が {cut_a:number} を超えるか {b} が {cut_b:number} を超えるかの一方のみ",
    "formulas.reading.maximum": "{a} と {b} の高いほう（各々の標準偏差単位）",
    "formulas.reading.minimum": "{a} と {b} の低いほう（各々の標準偏差単位）",
    "formulas.reading.distance": "{a} と {b} の隔たり（各々の標準偏差単位）",
    "formulas.reading.log_fold": "対数尺度での {a} と {b} の隔たり（どちらが高いかを問わない）",
    "formulas.reading.order": "{a} が {b} より低い",
    "formulas.reading.scaled_order": "{a} が {b} より低い（各々の標準偏差単位）",
    "formulas.reading.threshold": "{a} が {cut_a:number} を超える",
    "formulas.reading.u_shape": "{a} の中央値からの隔たり（どちらの側でも）",
    "formulas.reading.variance": "{a} の平均からの距離の二乗",
    "formulas.reading.difference_of_mean": "対数尺度での {a} と、{b}・{c} の平均との差",
    "formulas.reading.and3": "{a} が {cut_a:number} を、{b} が {cut_b:number} を、{c} が {cut_c:number} をい"
    "ずれも超える",
    "formulas.reading.ratio_of_sums": "{a} と {b} の和を {c} で割ったもの",
    "formulas.group.high": "{name} 高値",
    "formulas.group.low": "{name} 低値",
    "formulas.groups": "{a}、{b}",
    "formulas.everybody": "全体",
    "formulas.map.caption": "式が判定を分ける位置。各セルは、二つの特徴量がそこに入る患者の転帰です。"
    "{limit} 人未満のセルは空欄とし、最も外側のセルはその外も含みます。点線は式が「いいえ」から「はい」に"
    "変わる位置、または式の中央値です。**記述的**：これらの患者の大半は探索に関与しています。",
    "formulas.map.chooser": "式",
    "formulas.map.axis": "{name}",
    "formulas.map.mean": "{name}：{endpoint} の平均、{arm}",
    "formulas.map.share": "{name}：{endpoint} の割合、{arm}",
    "formulas.map.rate": "{name}：単位時間あたりの {endpoint} のイベント数、{arm}",
    "formulas.map.description": "{title}。二つの特徴量の平面の {n:count} 個のセルと、そこに入る患者の転帰、"
    "式が判定を分ける線。",
    "formulas.groups.caption": "{name} 別の患者の転帰：{endpoint}",
    "formulas.groups.note": "高値：式自体のカットを超える、なければ中央値を超える。**記述的**：これらの患者"
    "の大半は探索に関与しています。何の調整もしていない単純な転帰です。",
}
