"""An explanation as text: an addition that a person can check with a pencil."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.table import Table

from scoring.explain.change_text import print_change, print_help
from scoring.explain.explanation import Explanation, PointLine, Reason

WIDTH = 80
_STATUS_TITLES = {
    "scored": "已评分 scored",
    "no_consent": "未授权 no consent",
    "insufficient_history": "记录不足 not enough history",
}

_STRENGTH_TITLES = {
    "none": "无 none",
    "thin": "薄弱 thin",
    "moderate": "中等 moderate",
    "strong": "充分 strong",
}


def render_text(explanation: Explanation) -> str:
    """Plain text, at most 80 columns wide, Chinese and English side by side."""
    stream = StringIO()
    console = Console(file=stream, width=WIDTH, color_system=None, highlight=False, markup=False)
    console.print(
        f"评分说明 Score of user {explanation.user_key}, night of {explanation.as_of_date}"
    )
    if explanation.score is None:
        _print_unscored(console, explanation)
    else:
        console.print(_addition(explanation))
        console.print(_one_line(explanation))
        console.print("")
        console.print("失分最多 What cost the most points")
        for reason in explanation.reasons:
            _print_reason(console, reason)
        if not explanation.reasons:
            console.print("  没有失分。 No points were lost.")
    if explanation.change is not None:
        print_change(console, explanation, explanation.change)
    if explanation.help is not None:
        print_help(console, explanation.help)
    _print_evidence(console, explanation)
    lines = stream.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _print_unscored(console: Console, explanation: Explanation) -> None:
    status = _STATUS_TITLES.get(explanation.score_status, explanation.score_status)
    console.print(f"没有分数 No score: {status}")
    console.print(explanation.score_status_reason or "")


def _addition(explanation: Explanation) -> Table:
    table = Table(box=None, show_header=True, padding=(0, 1), expand=True, width=WIDTH)
    table.add_column("特征 Feature", ratio=5, overflow="fold")
    table.add_column("数值 Value", justify="right", ratio=2)
    table.add_column("区间 Bin", ratio=3)
    table.add_column("分 Points", justify="right", no_wrap=True)
    table.add_row("基础分 Base", "", "", str(explanation.points_base))
    for part in explanation.dimensions:
        table.add_row("")
        table.add_row(f"{part.title_zh} {part.title_en}")
        for line in part.lines:
            table.add_row(_title(line), _value(line), _bin(line), f"{line.points:+d}")
        table.add_row("  小计 Subtotal", "", "", f"= {part.points:+d}")
    table.add_row("")
    clip = explanation.points_clipped or 0
    table.add_row("截断 Clipped to the score's range", "", "", f"{clip:+d}")
    band = f"{explanation.band_title_zh} {explanation.band_title_en}"
    table.add_row("总分 Score", "", band, f"= {explanation.score}")
    return table


def _one_line(explanation: Explanation) -> str:
    parts = [part.points for part in explanation.dimensions]
    terms = " ".join(f"{points:+d}" for points in [*parts, explanation.points_clipped or 0])
    return f" {explanation.points_base} {terms} = {explanation.score}"


def _title(line: PointLine) -> str:
    return f"  {line.title_zh}\n  {line.title_en}"


def _value(line: PointLine) -> str:
    if line.value is None:
        return "–"
    if line.unit == "cny":
        return f"{line.value:,.2f}"
    text = format(line.value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _bin(line: PointLine) -> str:
    return {"missing": "无数据 missing", "unseen": "异常值 unseen"}.get(line.bin, line.bin)


def _print_reason(console: Console, reason: Reason) -> None:
    head = f"{reason.reason_rank}. -{reason.points_lost}"
    console.print(f"  {head:<8}{reason.reason_zh}")
    console.print(f"  {'':<8}{reason.reason_en} ({reason.reason_code})")


def _print_evidence(console: Console, explanation: Explanation) -> None:
    evidence = explanation.evidence
    days = "–" if evidence.evidence_days is None else evidence.evidence_days
    months = "–" if evidence.months_on_book is None else evidence.months_on_book
    console.print("")
    console.print("依据 What it rests on")
    if evidence.strength is not None:
        strength = _STRENGTH_TITLES.get(evidence.strength, evidence.strength)
        console.print(f"  依据强度 Strength: {strength}")
    if evidence.score_low is not None:
        console.print(
            f"  证据补全后可能的分数 Score if missing evidence came in: "
            f"{evidence.score_low} – {evidence.score_high}"
        )
    console.print(f"  有记录的天数 Days with records: {days}")
    console.print(f"  使用月数 Months on book: {months}")
    console.print(f"  数据截至 Data known up to: {evidence.known_on}")
    console.print(
        f"  最新一晚 Newest published night: {evidence.newest_as_of_date} "
        f"({evidence.age_days} 天后 days later)"
    )
    console.print(
        f"  评分卡 Card: {explanation.card_id}, 发布 publication {explanation.generation}"
    )
