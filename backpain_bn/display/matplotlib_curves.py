"""Curves on matplotlib Axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .blocks import Curve, Curves
from .lettering import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INKS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6400", "#444e58")
DASHES = ("-", "--", ":", "-.")
SOFT = "#6b7884"
MOST_MARKS = 20


def curves(ax: Axes, block: Curves) -> None:
    """Draw curves with their intervals, and the guides below them."""
    from matplotlib.ticker import PercentFormatter

    for guide in block.guides:
        ax.plot(*_columns(guide), color=SOFT, linewidth=1, label=printable(guide.label))
    for number, curve in enumerate(block.curves):
        _curve(ax, curve, number)
    ax.set_xlabel(printable(block.across), parse_math=False)
    ax.set_ylabel(printable(block.up), parse_math=False, wrap=True)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    for words in ax.legend(frameon=False, fontsize="small").get_texts():
        words.set_parse_math(False)


def _curve(ax: Axes, curve: Curve, number: int) -> None:
    across, up = _columns(curve)
    few = len(across) <= MOST_MARKS
    ink = INKS[number % len(INKS)]
    ax.plot(
        across,
        up,
        color=ink,
        linestyle=DASHES[number % len(DASHES)],
        marker="o" if few else "",
        label=printable(curve.label),
    )
    lower, upper = [low for low, _ in curve.intervals], [high for _, high in curve.intervals]
    if few and curve.intervals:
        ax.vlines(across, lower, upper, color=ink, linewidth=1)
    elif curve.intervals:
        ax.fill_between(across, lower, upper, color=ink, alpha=0.18, linewidth=0)


def _columns(curve: Curve) -> tuple[list[float], list[float]]:
    return [x for x, _ in curve.points], [y for _, y in curve.points]
