"""The pictures of a view on matplotlib Axes, for those who lay out their own figures (extra
`plot`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Protocol

from ..errors import BackpainError
from .amount_chart import scale_of
from .axes import around, from_zero, log_odds
from .blocks import Amount, Amounts, Bar, Block, Curves, LineChart, Tornado, View, Waterfall
from .lettering import printable
from .matplotlib_curves import curves
from .words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

ONE, TWO, INK, SOFT = "#0072b2", "#d55e00", "#1c2733", "#6b7884"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6400", "#56b4e9")
DASHES = ("-", "--", ":", "-.")
MARKERS = "osD^v*"
LETTERS, MOST_MOMENTS = 38, 8
LINE = 0.17
"""The height of a line of a label, in inches."""
BESIDE = 0.35
"""The part of the axis that stays free for words beside the longest bar."""
_RARE = (1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.02, 0.05)
_COMMON = tuple(step / 10 for step in range(1, 10))
MARKS = (*_RARE, *_COMMON, 0.95, 0.98, 0.99, 0.999, 1 - 1e-4)
"""Probabilities that may label a log-odds axis."""
DRAWABLE = Bar | Waterfall | Tornado | LineChart | Amounts | Curves


class Viewed(Protocol):
    """Anything that has something to show: every result of a question."""

    def views(self) -> list[View]:
        """Return what it has to say, as sections."""


def plot(what: Viewed | View | Block | Sequence[Block], ax: Axes | None = None) -> Axes:
    """Draw bars, amounts, a waterfall, a tornado, lines or curves on matplotlib Axes and return it;
    nothing is shown or saved.

    `what` is one such block, bars in a row, a view, or a whole result, of which the first thing
    that can be drawn is. `ax` is where to draw (default: a new figure). Raises `BackpainError`
    where there is nothing to draw, or matplotlib is not there.

    >>> ax = plot([Bar("muscle", 0.4, 0.1), Bar("joint", 0.1, 0.1)])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['muscle', 'joint']
    """
    blocks = _first(what)
    ax = _new_axes(blocks) if ax is None else ax
    first = blocks[0]
    if isinstance(first, Waterfall):
        _waterfall(ax, first)
    elif isinstance(first, Tornado):
        _tornado(ax, first)
    elif isinstance(first, LineChart):
        _lines(ax, first)
    elif isinstance(first, Curves):
        curves(ax, first)
    elif isinstance(first, Amounts):
        _amounts(ax, first)
    else:
        _bars(ax, [block for block in blocks if isinstance(block, Bar)])
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _first(what: Viewed | View | Block | Sequence[Block]) -> list[DRAWABLE]:
    """The first thing to draw: a block that stands alone, or bars in a row."""
    found: list[DRAWABLE] = []
    for block in _all_blocks(what):
        if isinstance(block, DRAWABLE) and (
            not found or (isinstance(block, Bar) and isinstance(found[0], Bar))
        ):
            found.append(block)
        elif found:
            break
    if not found:
        raise BackpainError(
            f"there is nothing to draw in this {type(what).__name__}: it has no bars, waterfall, "
            "tornado, lines or curves"
        )
    return found


def _all_blocks(what: Viewed | View | Block | Sequence[Block]) -> Iterator[object]:
    if isinstance(what, View):
        yield from what.blocks
    elif isinstance(what, Sequence):
        yield from what
    elif hasattr(what, "views"):
        for view in what.views():
            yield from view.blocks
            yield None
    else:
        yield what


def _new_axes(blocks: Sequence[DRAWABLE]) -> Axes:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise BackpainError("plot needs matplotlib: pip install 'backpain_bn[plot]'") from error
    _, ax = pyplot.subplots(figsize=(7.5, _height(blocks)), layout="constrained")
    return ax


def _height(blocks: Sequence[DRAWABLE]) -> float:
    """The height of a new figure in inches."""
    labels = _labels(blocks)
    if not labels:
        return 3.6
    lines = max(len(_wrapped(label).splitlines()) for label in labels)
    return 1.1 + max(0.42, LINE * lines + 0.08) * len(labels)


def _labels(blocks: Sequence[DRAWABLE]) -> list[str]:
    """What names the rows; nothing where there are none."""
    match blocks[0]:
        case LineChart():
            return []
        case Waterfall(steps=steps):
            return ["Before", *(label for label, _ in steps), "Now"]
        case Tornado(swings=swings):
            return [label for label, _, _ in swings]
        case Amounts(rows=amounts):
            return [label for label, _ in _grouped(amounts)]
    return [block.label for block in blocks if isinstance(block, Bar)]


def _wrapped(label: str) -> str:
    return fill(printable(label), LETTERS)


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows from the top; a $ in a label is a $, and no formula."""
    ax.set_yticks(range(len(labels)), [_wrapped(label) for label in labels], parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def _scale(axis: Axis, marks: Sequence[tuple[float, str]]) -> None:
    """Put marks on an axis, each in its own words: matplotlib would round 2.5 points to 2."""
    axis.set_ticks([value for value, _ in marks], [words for _, words in marks])
    axis.grid(alpha=0.25)
    axis.axes.set_axisbelow(True)


def _bars(ax: Axes, rows: Sequence[Bar]) -> None:
    for y, row in enumerate(rows):
        sure = row.low is not None and row.high is not None
        ax.barh(y, row.now, 0.6, color=ONE, alpha=0.5 if sure else 1.0)
        if row.before is not None:
            ends = [y - 0.42, y + 0.42]
            ax.plot([row.before] * 2, ends, color=INK, linewidth=2, label="before the answers")
        if row.low is not None and row.high is not None:
            reach = [[max(row.now - row.low, 0)], [max(row.high - row.now, 0)]]
            name = "90 of 100 draws lie here"
            ax.errorbar(row.now, y, xerr=reach, fmt="none", ecolor=INK, capsize=4, label=name)
    _rows(ax, _labels(rows))
    largest = max(max(row.now, row.before or 0, row.high or 0) for row in rows)
    top, marks = from_zero(largest)
    ax.set_xlim(0, top)
    _scale(ax.xaxis, marks)
    _legend(ax)


def _amounts(ax: Axes, block: Amounts) -> None:
    rows = _grouped(block.rows)
    for y, (_, row) in enumerate(rows):
        if row is None:
            continue
        ranged = row.low is not None and row.high is not None
        ax.barh(y, row.amount, 0.6, color=ONE, alpha=0.5 if ranged else 1.0)
        if row.low is not None and row.high is not None:
            reach = [[max(row.amount - row.low, 0)], [max(row.high - row.amount, 0)]]
            ax.errorbar(
                row.amount, y, xerr=reach, fmt="none", ecolor=INK, capsize=4, label=block.range
            )
        _beside(ax, max(row.amount, row.high or 0.0), y, row.words)
    _rows(ax, [label for label, _ in rows])
    for (_, row), label in zip(rows, ax.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if row is None else "normal")
    low, high, marks = scale_of(block.rows)
    ax.set_xlim(low, high + BESIDE * (high - low))
    _scale(ax.xaxis, [(value, f"{value:g}") for value in marks])
    _title(ax, block.title)
    _legend(ax)


def _grouped(rows: Sequence[Amount]) -> list[tuple[str, Amount | None]]:
    """The amounts by their labels, each group under its heading, which is no amount."""
    found: list[tuple[str, Amount | None]] = []
    before = ""
    for row in rows:
        if row.group != before:
            found.append((row.group, None))
        found.append((row.label, row))
        before = row.group
    return found


def _legend(ax: Axes) -> None:
    """Name each kind of stroke once, below."""
    known = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    if not known:
        return
    below = ax.legend(
        list(known.values()),
        list(known),
        loc="upper right",
        bbox_to_anchor=(1.0, 0),
        ncols=3,
        borderaxespad=2.4,
        borderpad=0,
        columnspacing=1.2,
        handlelength=1.5,
        fontsize="small",
    )
    below.set_frame_on(False)


def _title(ax: Axes, words: str) -> None:
    ax.set_title(
        printable(words),
        loc="left",
        fontsize="medium",
        fontweight="bold",
        parse_math=False,
        wrap=True,
    )


def _waterfall(ax: Axes, fall: Waterfall) -> None:
    levels = _levels(fall)
    finite = [level for level in levels if math.isfinite(level)] or [0.0]
    span = max(max(finite) - min(finite), fall.span)
    middle, slack = (min(finite) + max(finite)) / 2, max(0.12 * span, 2.0)
    low, high = middle - span / 2 - slack, middle + span / 2 + slack
    places = [min(max(level, low), high) for level in levels]
    *path, last = places
    ax.vlines(path, range(len(path)), range(1, len(path) + 1), color=SOFT, linewidth=0.8)
    for y, ((_, db), (start, stop)) in enumerate(zip(fall.steps, pairwise(path), strict=True), 1):
        ax.barh(y, stop - start, 0.6, left=start, color=TWO if db > 0 else ONE)
        words = "settles it" if math.isinf(db) else f"{db:+.1f}".replace("-", "−")
        _beside(ax, max(start, stop), y, words)
    for y, place, p in ((0, places[0], fall.before), (len(path), last, fall.after)):
        ax.plot([place], [y], "o", color=INK)
        _beside(ax, place, y, percent(p))
    _rows(ax, _labels([fall]))
    ax.set_xlim(low - 0.1 * slack, high + 1.2 * slack)
    marks = {f"{100 * p:g} %": _decibans(p) for p in MARKS}
    shown = {words: x for words, x in marks.items() if low + slack / 2 <= x <= high - slack / 2}
    shown = shown or {"50 %": 0.0}
    if -math.inf in levels:
        shown["0 %"] = low
    if math.inf in levels:
        shown["100 %"] = high
    _scale(ax.xaxis, [(x, words) for words, x in shown.items()])
    _title(ax, fall.label)
    scale = "steps in decibans: +3 doubles the odds, −3 halves them"
    ax.set_xlabel(scale, fontsize="small", color=SOFT)


def _levels(fall: Waterfall) -> list[float]:
    """Decibans before the first step, after each, and at the end; what is settled stays settled."""
    levels = [_decibans(fall.before)]
    for _, db in fall.steps:
        settled = math.isinf(levels[-1])
        levels.append(levels[-1] if settled else levels[-1] + db)
    return [*levels, _decibans(fall.after)]


def _beside(ax: Axes, x: float, y: float, words: str) -> None:
    ax.annotate(words, (x, y), (7, 0), textcoords="offset points", va="center", fontsize="small")


def _decibans(p: float) -> float:
    return 10 * log_odds(p) / math.log(10)


def _tornado(ax: Axes, tornado: Tornado) -> None:
    now = tornado.now
    for y, (_, low, high) in enumerate(tornado.swings):
        same_side = (low - now) * (high - now) > 0
        apart, thick = (0.16, 0.3) if same_side else (0.0, 0.6)
        name = "at the low end of its range"
        ax.barh(y - apart, low - now, thick, left=now, color=ONE, label=name)
        ax.barh(y + apart, high - now, thick, left=now, color=TWO, label="at the high end")
    ax.axvline(now, color=INK, label="now")
    _rows(ax, _labels([tornado]))
    low, high, marks = around([now, *(p for _, *ends in tornado.swings for p in ends)])
    ax.set_xlim(low, high)
    _scale(ax.xaxis, marks)
    _title(ax, f"{tornado.label}: {percent(now)} now")
    _legend(ax)


def _lines(ax: Axes, chart: LineChart) -> None:
    for number, (_, line) in enumerate(chart.lines):
        colour, dash = CYCLE[number % len(CYCLE)], DASHES[number % len(DASHES)]
        marker = MARKERS[number % len(MARKERS)]
        ax.plot(
            range(len(line)), line, label=str(number), color=colour, linestyle=dash, marker=marker
        )
    every = range(0, len(chart.moments), math.ceil(len(chart.moments) / MOST_MOMENTS) or 1)
    ax.set_xticks(every, [fill(printable(chart.moments[at]), 14) for at in every], parse_math=False)
    top, marks = from_zero(max((p for _, line in chart.lines for p in line), default=1.0))
    ax.set_ylim(0, 1.04 * top)
    _scale(ax.yaxis, marks)
    legend = ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize="small")
    for text, (label, _) in zip(legend.get_texts(), chart.lines, strict=True):
        text.set_parse_math(False)
        text.set_text(fill(printable(label), LETTERS))
