"""Words of the proposed study: its sentence, what is in its way, and what could be wrong with it."""

__all__ = ["EN", "JA"]

EN = {
    "advice.none": "No study was found: no design reaches the power at any size.",
    "advice.impossible": "No design is possible: {text:prose}",
    "advice.infeasible": "**No study meets all constraints.** The nearest: {study}",
    "advice.binding": "The {limit} is in the way.",
    "advice.limit.budget": "budget",
    "advice.limit.time": "time",
    "advice.limit.patients": "number of patients to be screened",
    "advice.limit.power": "power",
    "advice.relaxed": "It would be enough to allow {limit}, all else as it is.",
    "advice.allow.budget": "a budget of {value:count} {money}",
    "advice.allow.time": "{value:count} {unit}",
    "advice.allow.patients": "{value:count} patients to be screened",
    "advice.allow.power": "a power of {value:share}",
    "advice.sentence": "A randomised ({ratio}) study of **{active}** against **{control}** in {who} (marker-positive: "
    "{positive}), with **{n:count} patients randomised**{events} of about {screened:count} screened, {looks}, has "
    "{power:share} power at a one-sided family-wise error of {alpha:share} to show {effect} on {endpoint}, and lasts "
    "about {duration:count} {unit} from the first candidate screened to the analysis.",
    "advice.discovery.first": "**A bigger discovery study first** would pay: to decide now is worth {now:count}, a "
    "discovery study of {n:count} subjects first {first:count}. The standard deviation of the effect in "
    "marker-positive patients falls from {before:number} to {after:number}, and with a probability of {stop:share} no "
    "study follows.",
    "advice.discovery.now": "A bigger discovery study first does not pay: to decide now is worth {now:count}, the best "
    "discovery study tried, of {n:count} subjects, {first:count}.",
    "advice.ratio": "{active:about}:{control:about}",
    "advice.events": " and {n:count} events",
    "advice.looks.one": "with one analysis at the end",
    "advice.looks": "with {n:count} analyses at {shares:list} of the information ({spending}{futility})",
    "advice.share": "{share:share}",
    "advice.futility": ", non-binding futility",
    "spending.obrien-fleming": "Lan-DeMets spending of O'Brien-Fleming type",
    "spending.pocock": "Lan-DeMets spending of Pocock type",
    "spending.hwang-shih-decani": "Hwang-Shih-DeCani spending",
    "advice.who.all-comers": "all patients regardless of the marker",
    "advice.who.enrichment": "marker-positive patients only",
    "advice.who.stratified": "all patients, stratified by the marker and tested in marker-positive patients first, "
    "then in all",
    "advice.who.fallback": "all patients, tested overall and, with the alpha that is left, in marker-positive patients",
    "advice.who.adaptive-enrichment": "all patients at first, and from an interim analysis on in marker-positive "
    "patients alone where marker-negative patients show no benefit",
    "advice.who.adaptive-signature": "all patients, tested overall and in those whom a classifier trained in half of "
    "them picks",
    "advice.who.platform": "all patients regardless of the marker, on a platform where several treatments share a "
    "control",
    "advice.who.biomarker-strategy": "all patients, treated by the marker in one arm and by control in the other",
    "advice.effect.survival": "a hazard ratio of {positive:number} in marker-positive ({negative:number} in "
    "marker-negative) patients",
    "advice.effect.binary": "an odds ratio of {positive:number} in marker-positive ({negative:number} in "
    "marker-negative) patients",
    "advice.effect.continuous": "a difference of {positive:number} in marker-positive ({negative:number} in "
    "marker-negative) patients",
    "advice.risk.worth": "At the prices and the willingness to pay assumed, treating costs more than it brings: the "
    "expected net benefit of every study is negative, and the one shown is the cheapest that has the power.",
    "advice.risk.assurance": "Averaged over what is known of the effects, success has a probability of "
    "{assurance:share}, not {power:share}.",
    "advice.risk.raw": "The effects are those of the subjects that chose the marker, not shrunk: they are likely too "
    "large, and the study too small.",
    "advice.risk.shrunk": "The effect in marker-positive patients was shrunk for selection from {raw:number} to "
    "{used:number}; how much to shrink is itself an estimate.",
    "advice.risk.enrichment": "Nothing is learned about marker-negative patients, nor about the cut-off.",
    "advice.risk.sensitivity": "The assay's sensitivity ({value:share}) is assumed, not measured.",
    "advice.risk.specificity": "The assay's specificity ({value:share}) is assumed, not measured.",
    "advice.risk.prevalence": "The share of marker-positive patients lies between {low:share} and {high:share}: "
    "screening may take from {least:number} to {most:number} times as many.",
    "advice.risk.rate": "The screening rate of {rate:about} a unit of time is assumed; duration goes with it.",
    "advice.cannot.single_arm": "**All subjects belong to one arm:** whether the drug does more for marker-positive "
    "patients is not known, so no study that compares treatments can be sized from these data. Name effect_positive "
    "and effect_negative in the trial section, with their source, to size one.",
    "advice.cannot.observed": "Treatment was not randomised: the effects may be confounded.",
    "advice.cannot.lacks": "**{name}** lacks what a design needs: effects in both marker groups, a cut-off with its "
    "prevalence, and the control arm's level.",
    "advice.cannot.none_passes": "**No predictive candidate passes** a false discovery rate of {q:share}: there is no "
    "marker to design for.",
    "advice.simon-two-stage": "A single-arm study in two stages: **{n:count} patients** with {positive}, of about "
    "{screened:count} screened, on {endpoint}; one-sided error {alpha:share}, power {power:share}. It tells whether "
    "they respond, not whether they do better than under another treatment.",
    "advice.single-stage": "A single-arm study in one stage: **{n:count} patients** with {positive}, of about "
    "{screened:count} screened, on {endpoint}; one-sided error {alpha:share}, power {power:share}. It tells whether "
    "they respond, not whether they do better than under another treatment.",
    "advice.discovery": "A randomised study of **{n:count} patients** ({screened:count} screened), all measured, could "
    "find a predictive marker of {endpoint}: power {power:share} at a two-sided level of {level:p} a feature "
    "(Bonferroni over all that would be tested).",
    "bounds.convention": "Efficacy: {spending}. Bounds are on the scale of Z, crossed at equality. {futility}",
    "bounds.convention.futility": "Futility: Hwang-Shih-DeCani spending under the alternative, not binding (the error "
    "is kept if the study goes on), obeyed in power and expected size.",
    "group.above": "{name} above {cutoff:number}{unit}",
    "group.below": "{name} at or below {cutoff:number}{unit}",
    "group.unit": " {unit}",
}

JA = {
    "advice.discovery.first": "**先により大きな探索研究**を行う価値があります。今決めると {now:count}、"
    "{n:count} 例の探索研究を先に行うと {first:count} です。マーカー陽性患者の効果の標準偏差は "
    "{before:number} から {after:number} に下がり、"
    "確率 {stop:share} で試験は行われません。",
    "advice.discovery.now": "先により大きな探索研究を行う価値はありません。今決めると {now:count}、試した中で最良の"
    "探索研究（{n:count} 例）では {first:count} です。",
    "advice.none": "試験は見つかりませんでした。どのデザインも、どの症例数でも検出力に達しません。",
    "advice.impossible": "可能なデザインがありません（計算時のメッセージ：{text:prose}）。",
    "advice.infeasible": "**すべての制約を満たす試験はありません。** 最も近いもの：{study}",
    "advice.binding": "制約となっているもの：{limit}。",
    "advice.limit.budget": "予算",
    "advice.limit.time": "期間",
    "advice.limit.patients": "スクリーニングする患者数",
    "advice.limit.power": "検出力",
    "advice.relaxed": "他をそのままにして {limit} を認めれば足ります。",
    "advice.allow.budget": "予算 {value:count} {money}",
    "advice.allow.time": "期間 {value:count} {unit}",
    "advice.allow.patients": "スクリーニング {value:count} 例",
    "advice.allow.power": "検出力 {value:share}",
    "advice.sentence": "{who}を対象（マーカー陽性：{positive}）に **{active}** を **{control}** と比較する無作為化"
    "（{ratio}）試験。約 {screened:count} 例のスクリーニングから **{n:count} 例を無作為化**{events}、{looks}。"
    "片側ファミリーワイズ過誤 {alpha:share}、検出力 {power:share} で、{endpoint} における{effect}を示し、最初の候補者の"
    "スクリーニングから解析まで約 {duration:count} {unit}を要します。",
    "advice.ratio": "{active:about}:{control:about}",
    "advice.events": "、{n:count} イベント",
    "advice.looks.one": "解析は終了時の一回",
    "advice.looks": "解析は情報量の {shares:list} の時点の {n:count} 回（{spending}{futility}）",
    "advice.share": "{share:share}",
    "advice.futility": "、拘束力のない無益性境界",
    "spending.obrien-fleming": "O'Brien-Fleming 型の Lan-DeMets 消費関数",
    "spending.pocock": "Pocock 型の Lan-DeMets 消費関数",
    "spending.hwang-shih-decani": "Hwang-Shih-DeCani 消費関数",
    "advice.who.all-comers": "マーカーによらずすべての患者",
    "advice.who.enrichment": "マーカー陽性の患者のみ",
    "advice.who.stratified": "マーカーで層別し、まず陽性の患者で、次に全体で検定するすべての患者",
    "advice.who.fallback": "全体で検定し、残りの有意水準で陽性の患者でも検定するすべての患者",
    "advice.who.adaptive-enrichment": "最初はすべての患者、陰性の患者に便益が見られなければ中間解析以降は陽性の患者の"
    "み",
    "advice.who.adaptive-signature": "全体と、半数で学習した分類器が選ぶ患者とで検定するすべての患者",
    "advice.who.platform": "複数の治療が対照群を共有するプラットフォームの、マーカーによらずすべての患者",
    "advice.who.biomarker-strategy": "一方の群ではマーカーに従い、他方の群では対照で治療するすべての患者",
    "advice.effect.survival": "ハザード比（マーカー陽性の患者で {positive:number}、陰性の患者で {negative:number}）",
    "advice.effect.binary": "オッズ比（マーカー陽性の患者で {positive:number}、陰性の患者で {negative:number}）",
    "advice.effect.continuous": "差（マーカー陽性の患者で {positive:number}、陰性の患者で {negative:number}）",
    "advice.risk.worth": "仮定した価格と支払意思額では、治療の費用が便益を上回ります。どの試験の期待純便益も負であり、"
    "示したのは検出力を持つ最も安価な試験です。",
    "advice.risk.assurance": "効果について分かっていることで平均すると、成功の確率は {power:share} ではなく "
    "{assurance:share} です。",
    "advice.risk.raw": "効果はマーカーを選んだ対象者でのもので、縮小していません。大きすぎ、したがって試験は小さすぎる"
    "可能性があります。",
    "advice.risk.shrunk": "マーカー陽性の患者での効果は、選択を考慮して {raw:number} から {used:number} に縮小しまし"
    "た。"
    "縮小の程度自体も推定です。",
    "advice.risk.enrichment": "マーカー陰性の患者についても、カットオフについても何も分かりません。",
    "advice.risk.sensitivity": "検査の感度（{value:share}）は測定ではなく仮定です。",
    "advice.risk.specificity": "検査の特異度（{value:share}）は測定ではなく仮定です。",
    "advice.risk.prevalence": "マーカー陽性の患者の割合は {low:share} から {high:share} の間にあり、スクリーニング数は "
    "{least:number} 倍から {most:number} 倍になりえます。",
    "advice.risk.rate": "単位時間あたり {rate:about} 例というスクリーニングの速さは仮定であり、試験期間を左右します。",
    "advice.cannot.single_arm": "**すべての対象者が一つの群に属します。** 薬剤がマーカー陽性の患者により有効かは分か"
    "らず、"
    "治療を比較する試験の症例数をこのデータから決めることはできません。trial セクションに effect_positive と "
    "effect_negative を出所とともに記せば計算できます。",
    "advice.cannot.observed": "治療は無作為化されておらず、効果には交絡の可能性があります。",
    "advice.cannot.lacks": "**{name}** にはデザインに必要なもの（両マーカー群での効果、カットオフとその陽性割合、"
    "対照群の水準）が欠けています。",
    "advice.cannot.none_passes": "**効果予測因子の候補はどれも**偽発見率 {q:share} の基準を満たさず、試験の拠り所となる"
    "マーカーがありません。",
    "advice.simon-two-stage": "単群二段階試験：約 {screened:count} 例のスクリーニングから {positive} の **{n:count} "
    "例**、"
    "評価項目は {endpoint}。片側過誤 {alpha:share}、検出力 {power:share}。奏効するかは分かりますが、他の治療より良い"
    "かは"
    "分かりません。",
    "advice.single-stage": "単群一段階試験：約 {screened:count} 例のスクリーニングから {positive} の **{n:count} 例**、"
    "評価項目は {endpoint}。片側過誤 {alpha:share}、検出力 {power:share}。奏効するかは分かりますが、他の治療より良い"
    "かは"
    "分かりません。",
    "advice.discovery": "全員を測定する **{n:count} 例**（スクリーニング {screened:count} 例）の無作為化試験により、"
    "{endpoint} の効果予測因子を見いだせます。検出力 {power:share}、特徴量あたりの両側有意水準 {level:p}"
    "（検定するすべての特徴量についての Bonferroni 補正）。",
    "bounds.convention": "有効性：{spending}。境界は Z の尺度で、等号で越えたとみなします。{futility}",
    "bounds.convention.futility": "無益性：対立仮説の下での Hwang-Shih-DeCani 消費関数。拘束力はなく（試験を続けても"
    "過誤は"
    "保たれます）、検出力と期待症例数では従うものとしています。",
    "group.above": "{name} が {cutoff:number}{unit} を超える",
    "group.below": "{name} が {cutoff:number}{unit} 以下",
    "group.unit": " {unit}",
}
