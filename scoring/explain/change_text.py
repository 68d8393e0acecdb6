"""A change and what would help as text, beside the addition of the score."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from scoring.explain.explanation import Change, ChangeLine, Explanation, Help, HelpLine

_CAUSES = (
    ("late", "迟到或更正的记录", "Late or corrected records"),
    ("ageing", "时间推移", "Time alone"),
    ("behaviour", "期间发生的事", "What happened in between"),
    ("card", "评分卡更换", "Another card"),
    ("undivided", "未区分原因", "Causes not told apart"),
    ("clipped", "截断", "Clipped to the score's range"),
)
_LINE_WORDS = {
    "late": "迟到或更正 late",
    "ageing": "时间 time",
    "behaviour": "期间 in between",
    "card": "换卡 card",
}


def print_change(console: Console, explanation: Explanation, change: Change) -> None:
    """The difference to the earlier night: by cause, then by feature."""
    console.print("")
    console.print(f"与 {change.previous_as_of_date} 相比 Compared with that night")
    if change.score_change is None:
        _say(console, "有一晚没有分数，无法比较。 One of the nights has no score to compare.")
        return
    table = Table(box=None, show_header=False, padding=(0, 1), expand=True, width=console.width)
    table.add_column(ratio=5, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_row("当时 Score then", str(change.previous_score))
    for name, title_zh, title_en in _CAUSES:
        points = getattr(change, name)
        if points is not None and (points or name != "undivided"):
            table.add_row(f"{title_zh} {title_en}", f"{points:+d}")
    table.add_row("现在 Score now", f"= {explanation.score}")
    console.print(table)
    for line in change.lines:
        _say(console, f"{line.change:+d}  {line.title_zh} {line.title_en}{_causes_of(line)}")
    if change.base:
        _say(console, f"{change.base:+d}  基础分 Base (换卡 card)")


def _causes_of(line: ChangeLine) -> str:
    told = [
        f"{words} {getattr(line, cause):+d}"
        for cause, words in _LINE_WORDS.items()
        if getattr(line, cause)
    ]
    return f": {', '.join(told)}" if told else ""


def print_help(console: Console, advice: Help) -> None:
    """What would help, in words that promise nothing."""
    console.print("")
    console.print("怎样会更好 What would help")
    if advice.wanted is None:
        _say(console, "已在最高等级。 This is the highest band already.")
        return
    band = f"{advice.band_title_zh} {advice.band_title_en}"
    if not advice.lines:
        _say(console, "没有您现在可以改变的特征会加分。")
        _say(console, "Nothing that you can act on now would add points.")
        return
    for line in advice.lines:
        _print_line(console, line)
    if advice.is_reached:
        _say(
            console,
            f"如果只有这些数值变化，分数会是 {advice.score}，达到 {band}（{advice.wanted} 起）。",
        )
        _say(
            console,
            f"If only these values changed, the score would be {advice.score}: {band}, which "
            f"begins at {advice.wanted}.",
        )
    else:
        _say(
            console,
            f"即使全部做到，分数也只会是 {advice.score}，达不到 {band}（{advice.wanted} 起）。",
        )
        _say(
            console,
            f"Even with all of these the score would be {advice.score}, short of {band}, which "
            f"begins at {advice.wanted}.",
        )
    _say(console, "实际上其他特征和时间也会变化，这不是承诺。")
    _say(console, "In life other values change too, and time passes: this is no promise.")


def _print_line(console: Console, line: HelpLine) -> None:
    _say(
        console, f"{line.gain:+d}  {line.title_zh} {line.title_en}: {line.bin} → {line.target_bin}"
    )
    _say(console, f"    {line.advice_zh}")
    _say(console, f"    {line.advice_en}")


def _say(console: Console, text: str) -> None:
    """Indented by two, however long it is."""
    console.print(Padding(text, (0, 0, 0, 2)))
