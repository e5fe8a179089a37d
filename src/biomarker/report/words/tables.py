"""Words that the result tables hold in English (reasons, tests, scales), in the other languages of the page.

A template mentions what varies in braces. Text that fits none, such as a name of the study's own, stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

__all__ = ["JA", "translator"]

JA = {
    # --- why something is not there
    "no {modality} data": "{modality} のデータなし",
    "not in the modality": "このモダリティに含まれない",
    "no usable value in the modality": "このモダリティに使用できる値がない",
    "not known to have been sequenced": "シーケンス実施の記録なし",
    "control sample": "対照検体",
    "QC warning": "QC 警告",
    "endpoint missing": "エンドポイントの欠測",
    "covariate missing": "共変量の欠測",
    "the value is missing": "値の欠測",
    "the value is not a number": "値が数値でない",
    "not a number": "数値でない",
    "below a limit, not a number": "数値でなく検出限界未満の表記",
    "class {name} does not count": "{name} は対象外の分類",
    "{column} is empty": "{column} が空欄",
    "{column} is {value}: neither event nor non-event": "{column} が {value}（イベントでも非イベントでもない）",
    "above zero in less than {share} of subjects": "0 を超える対象者の割合が {share} 未満",
    "the window ends at the index date, so that it is the baseline": "期間が基準日で終わるため、ベースライン値と同じ",
    "the window begins after the index date": "期間が基準日より後に始まる",
    "one upper limit holds for everybody, so that it is the baseline in another unit": "基準範囲の上限が全員で同じた"
    "め、"
    "単位を変えたベースライン値と同じ",
    "not on the list of features": "特徴量の一覧にない",
    "there are fewer subjects, events or members of the rarer group than the test needs": "対象者、イベント、または少"
    "ない方の"
    "群の人数が検定に足りない",
    "nothing varies in the feature or the endpoint once the other terms are accounted for": "他の項を考慮すると、特徴"
    "量または"
    "エンドポイントにばらつきがない",
    "the outcome is told apart perfectly, so that no finite estimate exists": "転帰が完全に分離され、有限の推定値がな"
    "い",
    "the model could not be fitted within the allowed number of iterations": "許された反復回数ではモデルを当てはめら"
    "れない",
    "the values are too large or too small for sums of squares in double precision": "値が倍精度の平方和には大きすぎ"
    "るか"
    "小さすぎる",
    "{active} vs {control}": "{active} 対 {control}",
    "payer of health care": "医療費の支払者",
    "power of {power} is not reached with {n} million subjects: there is no effect, or one in the wrong direction, "
    "where "
    "this design looks for it": "対象者 {n} 百万例でも検出力 {power} に達しない（このデザインが見る集団に効果がないか、"
    "方向が逆）",
    "power {power} a basket needs more than {n} subjects each": "バスケットごとに検出力 {power} を得るには {n} 例を超"
    "える"
    "対象者が必要",
    # --- tests, scales, families
    "Cox score test": "Cox スコア検定",
    "Cox interaction score test": "Cox 交互作用スコア検定",
    "logistic score test": "ロジスティックスコア検定",
    "logistic interaction score test": "ロジスティック交互作用スコア検定",
    "linear t-test": "線形モデルの t 検定",
    "linear interaction t-test": "線形モデルの交互作用 t 検定",
    "moderated t-test": "調整 t 検定（moderated t）",
    "variance by arm": "群別の分散",
    "saddlepoint tail": "鞍点近似による裾",
    "permutation tail": "並べ替えによる裾",
    "likelihood-ratio tail": "尤度比による裾",
    "likelihood-ratio test": "尤度比検定",
    "marker x treatment": "マーカー×治療",
    "Efron ties": "Efron 法の同順位",
    "held-out test of what a formula adds to its parts": "構成要素への上乗せを見るホールドアウト検定",
    "one-sided": "片側",
    "two-sided": "両側",
    "log hazard ratio per unit": "単位あたりの対数ハザード比",
    "log odds ratio per unit": "単位あたりの対数オッズ比",
    "difference per unit": "単位あたりの差",
    "log ratio of hazard ratios per unit": "単位あたりのハザード比の比の対数",
    "log ratio of odds ratios per unit": "単位あたりのオッズ比の比の対数",
    "difference of treatment effect per unit": "単位あたりの治療効果の差",
    "{n} leading formulas of {all} searched, Holm": "探索した {all} 個の計算式のうち上位 {n} 個、Holm 法",
    "{n} exploratory features within endpoint, comparison and contrast": "エンドポイント・比較・コントラスト内の探索"
    "的な"
    "特徴量 {n} 個",
    "{n} prespecified features within endpoint, comparison and contrast": "エンドポイント・比較・コントラスト内の事前"
    "指定の"
    "特徴量 {n} 個",
    "normal mixture about {zero} over the family, {share} of it at {same}": "ファミリー全体での {zero} を中心とする混"
    "合正規"
    "分布（その {share} は {same}）",
    # --- how files were read
    "level of the feature": "特徴量の水準",
    "{test}: {a} to {b} with the molar mass {mass} g/mol (PubChem CID {cid})": "{test}：モル質量 {mass} g/mol（"
    "PubChem CID "
    "{cid}）を用いて {a} から {b} へ換算",
    "{n} subjects were sequenced, {none} of them without a variant that counts": "{n} 例でシーケンスを実施、うち "
    "{none} 例には"
    "該当する変異なし",
    "{n} of {all} values are below their limit of detection and are used as measured": "{all} 個の値のうち {n} 個は検"
    "出限界"
    "未満で、測定値のまま使用",
}

_FIELD = re.compile(r"\{(\w+)\}")
#: Parts of a text that may stand side by side, each with a template of its own
_JOINED = ("; ", ", ")


def translator(templates: Mapping[str, str]) -> Callable[[str], str]:
    """A function that says a text of the tables in another language, or gives it back as it is."""
    whole = {english: own for english, own in templates.items() if "{" not in english}
    shapes = [(_pattern(english), own) for english, own in templates.items() if "{" in english]

    def one(text: str) -> str | None:
        """A text in the other language; None where no template fits."""
        for form in (text, text[:1].lower() + text[1:]):
            form = form.rstrip(".")
            if form in whole:
                return whole[form]
            for pattern, own in shapes:
                if found := pattern.fullmatch(form):
                    return own.format(**found.groupdict())
        return None

    @lru_cache(maxsize=65536)
    def said(text: str) -> str:
        if " " not in text and text not in whole:
            return text
        made = one(text)
        for joint in _JOINED:
            if made is None and joint in text:
                parts = [one(part) for part in text.split(joint)]
                if None not in parts:
                    made = "、".join(part for part in parts if part is not None)
        return text if made is None else made

    return said


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _FIELD.split(english)
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    )
