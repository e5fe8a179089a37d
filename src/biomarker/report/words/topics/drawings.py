"""Words of the pictures of the next study, its economics, the quality of the data and the run."""

__all__ = ["EN", "JA"]

EN = {
    "funnel.title": "From candidates to subjects",
    "funnel.description": "Bars: numbers at each step of the recommended study, {design}.",
    "funnel.caption": "**{design}:** {screened:count} candidates are approached for {randomised:count} "
    "randomised. What "
    "lies between two bars is lost to consent, failed tests or the marker's result.",
    "funnel.x": "People",
    "funnel.n_screened": "Approached",
    "funnel.n_tested": "Tested",
    "funnel.n_randomised": "Randomised",
    "funnel.events": "Events",
    "heatmap.title": "The cheapest design, and how many it randomises",
    "heatmap.description": "Grid of prevalence by size of the effect; each cell names the cheapest design "
    "and its size.",
    "heatmap.caption": "Read off what happens if the marker is rarer or the effect smaller than estimated: where the "
    "colour changes, another design becomes the cheapest. Numbers are subjects randomised.",
    "heatmap.x": "Effect in marker-positive patients, as a multiple of the one estimated",
    "heatmap.y": "Prevalence",
    "heatmap.times": "{n:about} ×",
    "heatmap.share": "{share:share}",
    "bounds.title": "Bounds of the analyses",
    "bounds.description": "Lines: the Z value for efficacy and for futility at each of {n:count} analyses.",
    "bounds.caption": "Above the upper line the study stops with success, below the lower one for futility. "
    "The closer "
    "the upper line comes to {z:number}, the less the early looks cost.",
    "bounds.x": "Information",
    "bounds.y": "Z",
    "bounds.efficacy": "efficacy",
    "bounds.futility": "futility",
    "bounds.single": "one analysis, {z:number}",
    "operating.figure.title": "{design}: how often it succeeds",
    "operating.figure.chooser": "Design",
    "operating.figure.description": "Dots with Monte-Carlo intervals: share of simulated studies that "
    "succeed, {design}, a line a scenario.",
    "operating.figure.caption": "Squares are scenarios in which nothing works: there success is an error, "
    "and should be "
    "rare. Circles are powers. At least {trials:count} simulated studies a line; whiskers are the Monte-Carlo error.",
    "operating.figure.some": "The drawing shows {shown:count} of {n:count} lines; the table below holds all.",
    "operating.line": "{scenario}, {looks:count} {looks:plural|look|looks}",
    "operating.share": "{share:share}",
    "operating.x": "Share of studies that succeed",
    "null.title": "What chance alone would find",
    "null.description": "Circles with ranges: discoveries among permuted subjects; squares: among the real ones.",
    "null.caption": "Features that pass q ≤ {q} when the features of a subject are those of another (mean and range of "
    "{runs:count} such runs), beside those that pass in the real data. A square inside the range of the circle above "
    "it is what chance alone would bring.",
    "null.permuted": "{name}, permuted",
    "null.observed": "{name}, observed",
    "null.range": "{mean:about} ({low:count} to {high:count})",
    "null.x": "Features that pass",
    "plane.title": "Cost-effectiveness plane",
    "plane.description": "Each dot is one draw of all parameters: incremental cost over incremental effect.",
    "plane.caption": "Against control for all. Dots at the lower right cost less and bring more; {shown:count} of "
    "{n:count} draws are shown. The wider the cloud, the less is known.",
    "plane.x": "Incremental effect (QALY)",
    "plane.y": "Incremental cost",
    "ceac.title": "Acceptability curves",
    "ceac.description": "Lines: the chance that each strategy is the best one, over the willingness to pay.",
    "ceac.caption": "Where two lines cross, the preferred strategy changes. A top line near one half means that "
    "the data do "
    "not settle the question.",
    "ceac.x": "Willingness to pay for a QALY",
    "ceac.y": "Chance of being the best",
    "tornado.figure.title": "What the result depends on most",
    "tornado.figure.description": "Bars: incremental net benefit against {comparator} at both ends of each "
    "parameter's "
    "interval.",
    "tornado.figure.caption": "The vertical line is the base case. A bar in the other colour crosses zero: "
    "within what "
    "is known of that parameter, the decision turns. At the right the interval itself.",
    "tornado.x": "Incremental net benefit of test-and-treat",
    "tornado.ends": "{low:about} to {high:about}",
    "cutoff.figure.title": "Cut-offs under resampling",
    "cutoff.figure.description": "Dots with intervals: share of marker-positive subjects at the cut-off.",
    "cutoff.figure.caption": "Share of subjects called positive, with the interval over resampled subjects. A long "
    "whisker means that another sample would cut elsewhere.",
    "cutoff.x": "Marker-positive subjects",
    "missing.title": "Missing values by modality",
    "missing.description": "Bars: share of values or subjects that are missing in each modality.",
    "missing.caption": "Bars in the other colour go with the arm, the outcome or the batch more than chance "
    "would have "
    "it: there missing values are not an accident.",
    "missing.x": "Missing",
    "missing.line": "{modality}: {unit}",
    "drift.figure.title": "Analysers that left their level",
    "drift.figure.description": "Dots with intervals: how far each flagged analyser moved.",
    "drift.figure.caption": "The change of each flagged analyser with its interval, in the unit of the test; "
    "dates of "
    "onset are in the table.",
    "drift.x": "Change",
    "drift.line": "{test}, {group}",
    "times.title": "Where the time went",
    "times.description": "Bars: seconds that each stage took.",
    "times.caption": "Each stage is one job; jobs that do not wait for each other run side by side, so that "
    "the sum is "
    "more than the wall time.",
    "times.x": "Seconds",
    "times.text": "{seconds:about} s, {memory:count} MB",
}

JA = {
    "funnel.title": "候補者から被験者まで",
    "funnel.description": "棒：推奨試験（{design}）の各段階の人数。",
    "funnel.caption": "**{design}：** 無作為化 {randomised:count} 例のために {screened:count} 例の候補者に声"
    "をかけます。"
    "棒の差は、同意、検査の失敗、マーカーの結果によって失われる分です。",
    "funnel.x": "人数",
    "funnel.n_screened": "候補者",
    "funnel.n_tested": "検査",
    "funnel.n_randomised": "無作為化",
    "funnel.events": "イベント",
    "heatmap.title": "最も安価なデザインと無作為化例数",
    "heatmap.description": "有病率と効果の大きさの格子。各マスに最も安価なデザインとその例数。",
    "heatmap.caption": "マーカーが推定より稀な場合や効果が小さい場合に何が起こるかを読み取れます。色が変わるところで"
    "最も安価なデザインが替わります。数字は無作為化例数です。",
    "heatmap.x": "マーカー陽性者での効果（推定値に対する倍率）",
    "heatmap.y": "有病率",
    "heatmap.times": "{n:about} 倍",
    "heatmap.share": "{share:share}",
    "bounds.title": "各解析の境界",
    "bounds.description": "線：{n:count} 回の各解析における有効性と無益性の Z 値。",
    "bounds.caption": "上の線を超えれば成功として、下の線を下回れば無益として試験を終了します。上の線が {z:number} "
    "に近いほど、"
    "早期の解析の代償は小さくなります。",
    "bounds.x": "情報量",
    "bounds.y": "Z",
    "bounds.efficacy": "有効性",
    "bounds.futility": "無益性",
    "bounds.single": "解析が一回なら {z:number}",
    "operating.figure.title": "{design}：成功する頻度",
    "operating.figure.chooser": "デザイン",
    "operating.figure.description": "点とモンテカルロ区間：{design} が成功したシミュレーション試験の割合、"
    "一行が一シナリオ。",
    "operating.figure.caption": "四角は何も効かないシナリオで、そこでの成功は誤りであり、稀であるべきです。丸"
    "は検出力で"
    "す。一行あたり少なくとも {trials:count} 試験をシミュレーションし、ひげはモンテカルロ誤差です。",
    "operating.figure.some": "図は {n:count} 行のうち {shown:count} 行を示します。下の表にすべてあります。",
    "operating.line": "{scenario}、解析 {looks:count} 回",
    "operating.share": "{share:share}",
    "operating.x": "成功する試験の割合",
    "null.title": "偶然だけで見つかる数",
    "null.description": "丸と範囲：並べ替えた対象者での発見数、四角：実際の対象者での発見数。",
    "null.caption": "対象者の特徴量を別の対象者のものに入れ替えた {runs:count} 回の解析で q ≤ {q} を満たした特徴量の数"
    "（平均と範囲）と、実際のデータでの数。すぐ上の丸の範囲内にある四角は、偶然だけで生じる数です。",
    "null.permuted": "{name}、並べ替え",
    "null.observed": "{name}、観察",
    "null.range": "{mean:about}（{low:count} から {high:count}）",
    "null.x": "基準を満たす特徴量",
    "plane.title": "費用対効果平面",
    "plane.description": "各点は全パラメータの一回の抽出：増分効果に対する増分費用。",
    "plane.caption": "全員に対照治療を行う場合との比較。右下の点はより安く、より多くをもたらします。"
    "{n:count} 回の抽出の"
    "うち {shown:count} 回を示します。雲が広いほど、分かっていることは少ないといえます。",
    "plane.x": "増分効果（QALY）",
    "plane.y": "増分費用",
    "ceac.title": "受容可能性曲線",
    "ceac.description": "線：支払意思額に対して、各戦略が最善である確率。",
    "ceac.caption": "二本の線が交わるところで、好まれる戦略が替わります。最上の線が 半分に近ければ、データは"
    "問いに決着を"
    "つけていません。",
    "ceac.x": "一 QALY への支払意思額",
    "ceac.y": "最善である確率",
    "tornado.figure.title": "結果を最も左右するもの",
    "tornado.figure.description": "棒：各パラメータの区間の両端における、{comparator} に対する増分純便益。",
    "tornado.figure.caption": "縦線は基本ケースです。別の色の棒はゼロをまたぎます。そのパラメータについて分か"
    "っている範囲内"
    "で、決定が覆ります。右は区間そのものです。",
    "tornado.x": "検査して治療する戦略の増分純便益",
    "tornado.ends": "{low:about} から {high:about}",
    "cutoff.figure.title": "再標本化によるカットオフ",
    "cutoff.figure.description": "点と区間：カットオフでのマーカー陽性者の割合。",
    "cutoff.figure.caption": "陽性とされる対象者の割合と、再標本化による区間。ひげが長ければ、別の標本では別"
    "の場所で切ら"
    "れることになります。",
    "cutoff.x": "マーカー陽性者",
    "missing.title": "モダリティ別の欠測",
    "missing.description": "棒：各モダリティで欠測している値または対象者の割合。",
    "missing.caption": "別の色の棒は、群、転帰、バッチと偶然以上に結びついています。そこでは欠測は偶然の産物"
    "ではありま"
    "せん。",
    "missing.x": "欠測",
    "missing.line": "{modality}：{unit}",
    "drift.figure.title": "水準を外れた分析装置",
    "drift.figure.description": "点と区間：印のついた各分析装置がどれだけ動いたか。",
    "drift.figure.caption": "印のついた各分析装置の変化と区間（検査の単位）。開始の日付は表にあります。",
    "drift.x": "変化",
    "drift.line": "{test}、{group}",
    "times.title": "時間の内訳",
    "times.description": "棒：各段階にかかった秒数。",
    "times.caption": "各段階は一つのジョブです。互いを待たないジョブは並行して動くため、合計は実時間より大きく"
    "なります。",
    "times.x": "秒",
    "times.text": "{seconds:about} 秒、{memory:count} MB",
}
