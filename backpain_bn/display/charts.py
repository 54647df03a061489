"""Blocks of a view as pictures, each one self-contained SVG with its own words: bars, waterfall,
tornado, paths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from .blocks import Bar, Block, Item, LineChart, Note, TextTable, Tornado, Waterfall
from .svg import (
    INKS,
    PAD,
    SHAPES,
    WIDTH,
    Place,
    bar,
    dot,
    image,
    key,
    line,
    scale_lines,
    spread,
    text,
    text_block,
    wide,
    widest,
    wrapped,
)
from .words import decibans, percent

ROW, LINE, LETTER, SMALL = 14, 16, 13, 11.5
LABELS = 262
GAP = 14
PLOT_TOP = 26
SCALES = (
    (0.05, 0.01),
    (0.1, 0.02),
    (0.2, 0.05),
    (0.3, 0.1),
    (0.4, 0.1),
    (0.5, 0.1),
    (0.6, 0.1),
    (0.8, 0.2),
    (1.0, 0.2),
)
"""Ends of a scale that starts at 0, and the step from mark to mark."""
_RARE = tuple(10.0**-power for power in range(2, 9))
MARKS = (0.5, 0.1, 0.9, 0.3, 0.7, *(p for rare in _RARE for p in (rare, 1 - rare)), 0.2, 0.8, 0.05, 0.95, 0.4, 0.6, 0.02, 0.98,
         *(step / 20 for step in range(3, 18)))  # fmt: skip
"""Probabilities that may label a log-odds axis, the ones people know best first."""
FINE_MARKS = tuple(step / 100 for step in range(3, 98))
MOST_MARKS, FEWEST_MARKS = 7, 3
EDGE = 26
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A self-contained SVG, and the same in words."""

    svg: str
    alt: str


def draw(blocks: Iterable[Block]) -> Iterator[Picture | Note | Item | TextTable]:
    """Yield the blocks in order, with pictures in the place of those that can be drawn; bars that
    follow each other share one.

    >>> [
    ...     type(block).__name__
    ...     for block in draw([Note("Kinds."), Bar("muscle", 0.4, 0.1), Bar("joint", 0.1, 0.1)])
    ... ]
    ['Note', 'Picture']
    """
    for kind, group in groupby(blocks, type):
        if kind is Bar:
            yield bars([block for block in group if isinstance(block, Bar)])
            continue
        for block in group:
            if isinstance(block, Waterfall):
                yield waterfall(block)
            elif isinstance(block, Tornado):
                yield tornado(block)
            elif isinstance(block, LineChart):
                yield paths(block)
            elif not isinstance(block, Bar):
                yield block


def bars(rows: Sequence[Bar]) -> Picture:
    """Return one bar per row: now, a tick where it stood before, the difference in its own colour,
    and a whisker for the 90 % interval.
    """
    labels = [wrapped(row.label, LABELS, LETTER) for row in rows]
    values, asides = [percent(row.now) for row in rows], [_aside(row) for row in rows]
    left, first = PAD + widest(labels, LETTER) + GAP, widest([values], LETTER, 1.12)
    right = WIDTH - PAD - widest([asides], SMALL) - (8 if any(asides) else 0)
    end = right - first - GAP
    top, marks = _scale(max(max(row.now, row.before or 0, row.high or 0) for row in rows))

    def at(p: float) -> float:
        return left + (end - left) * p / top

    y, parts = float(PAD), []
    for row, label, value, aside in zip(rows, labels, values, asides, strict=True):
        height = max(len(label) * LINE, LINE) + ROW - 4
        middle = y + height / 2
        parts += [
            text_block(left - GAP, middle, label, "end"),
            _bar(row, at, middle, top == 1),
            text(right, middle, value, "end strong"),
        ]
        parts.append(text(WIDTH - PAD, middle, aside, "end small"))
        y += height
    grid = scale_lines([(at(p), percent(p)) for p in marks], PAD, y + 2)
    keys, words = _bar_keys(rows), "; ".join(map(_bar_words, rows))
    return image(
        [grid, *parts, key(left, y + 38, keys)], y + (50 if keys else 24), f"{words}.", Picture
    )


def _bar(row: Bar, at: Place, middle: float, whole: bool) -> str:
    was = row.now if row.before is None else row.before
    parts = [bar(at(0), at(1), middle, 15, "track")] if whole else []
    parts.append(
        bar(at(0), at(min(was, row.now)), middle, 15, "one" if row.low is None else "one pale")
    )
    if row.now > was:
        parts.append(
            bar(at(was), at(row.now), middle, 15, "two" if row.low is None else "two pale")
        )
    elif row.now < was:
        parts.append(bar(at(row.now), at(was), middle, 13.4, "gone"))
    if row.before is not None:
        parts.append(line(at(was), middle - 11, at(was), middle + 11, "tick"))
    if row.low is not None and row.high is not None:
        ends = "".join(
            line(at(p), middle - 4.5, at(p), middle + 4.5, "whisker") for p in (row.low, row.high)
        )
        parts += [line(at(row.low), middle, at(row.high), middle, "whisker"), ends]
    return "".join(parts)


def _aside(row: Bar) -> str:
    if row.low is not None and row.high is not None:
        return f"{percent(row.low)} to {percent(row.high)}"
    return "" if row.before is None else f"{percent(row.before)} before"


def _bar_keys(rows: Sequence[Bar]) -> list[tuple[str, str]]:
    told = [(row.before, row.now) for row in rows if row.before is not None]
    keys = [("tick", "before the answers")] if told else []
    if any(was < now for was, now in told):
        keys.append(("two", "added by the answers"))
    if any(was > now for was, now in told):
        keys.append(("gone", "taken away by them"))
    return (
        [*keys, ("whisker", "90 of 100 draws lie here")]
        if any(row.low is not None and row.high is not None for row in rows)
        else keys
    )


def _bar_words(row: Bar) -> str:
    before = "" if row.before is None else f", {percent(row.before)} before"
    interval = (
        ""
        if row.low is None or row.high is None
        else f", 90 % between {percent(row.low)} and {percent(row.high)}"
    )
    return f"{row.label}: {percent(row.now)}{before}{interval}"


def waterfall(fall: Waterfall) -> Picture:
    """Return the steps from before to after on an axis of log odds that is labelled in %; equal
    lengths are equal evidence.
    """
    steps = [(wrapped(label, LABELS, LETTER), db) for label, db in fall.steps]
    names = [["Before"], *(label for label, _ in steps), ["Now"]]
    levels = _levels(fall)
    left, value = PAD + widest(names, LETTER) + GAP, WIDTH - PAD - 62
    end = value - 74
    at = _log_odds_axis([*levels, _logit(fall.after)], left + 8, end)
    title = wrapped(
        f"{fall.label}: {percent(fall.before)} before, {percent(fall.after)} now",
        WIDTH - 2 * PAD,
        LETTER,
        1.12,
    )
    top = PAD + len(title) * LINE + PLOT_TOP
    tall = [len(label) * LINE + ROW - 4 for label in names]
    middles = [top + sum(tall[:index]) + height / 2 for index, height in enumerate(tall)]
    y = float(top + sum(tall))
    parts = [
        text_block(left - GAP, middle, label, "end")
        for middle, label in zip(middles, names, strict=True)
    ]
    for level, start, stop in zip(levels, middles, middles[1:], strict=False):
        parts.append(line(at(level), start, at(level), stop, "thread"))
    for number, (_, db) in enumerate(steps):
        parts.append(_step(levels[number : number + 2], db, at, middles[number + 1], value))
    for p, middle in ((fall.before, middles[0]), (fall.after, middles[-1])):
        parts += [
            dot(at(_logit(p)), middle, 5.5),
            text(WIDTH - PAD, middle, percent(p), "end strong"),
        ]
    heads = [
        text(value, top - 13, "decibans", "end small"),
        text(WIDTH - PAD, top - 13, "odds", "end small"),
    ]
    keys = [("two", "speaks for it")] * any(db > 0 for _, db in steps) + [
        ("one", "speaks against it")
    ] * any(db < 0 for _, db in steps)
    parts = [
        text_block(PAD, PAD + len(title) * LINE / 2, title, "strong"),
        *heads,
        *parts,
        key(left, y + 38, keys),
    ]
    sheet = [scale_lines(_log_odds_marks(at, levels, left, end), top - 4, y + 2), *parts]
    return image(sheet, y + (50 if keys else 24), _fall_words(fall), Picture)


def _step(level: Sequence[float], db: float, at: Place, middle: float, value: float) -> str:
    start, stop = at(level[0]), at(level[1])
    shape = bar(
        min(start, stop),
        max(start, stop, min(start, stop) + 1.5),
        middle,
        15,
        "two" if db > 0 else "one" if db < 0 else "dot",
    )
    if math.isinf(db):
        return shape + text(WIDTH - PAD, middle, "settles it", "end")
    number = decibans(db).split()[0].replace("-", "−")
    return (
        shape
        + text(value, middle, number, "end")
        + text(WIDTH - PAD, middle, _odds(db), "end small")
    )


def _odds(db: float) -> str:
    times = 10 ** (min(abs(db), 90) / 10)
    figure = (
        f"{times:.1f}" if times < 9.95 else f"{times:.0f}" if times < 10_000 else f"{times:.0e}"
    )
    return f"{'÷' if db < 0 and figure != '1.0' else '×'} {figure}"


def _fall_words(fall: Waterfall) -> str:
    steps = "; ".join(f"{label}: {decibans(db)}" for label, db in fall.steps)
    return (
        f"{fall.label}: {percent(fall.before)} before. "
        f"{steps}{'. ' if steps else ''}{percent(fall.after)} now."
    )


def _logit(p: float) -> float:
    return math.log(p / (1 - p)) if 0 < p < 1 else math.copysign(math.inf, p - 0.5)


def _levels(fall: Waterfall) -> list[float]:
    """Log odds before the first step and after each; what is settled stays settled."""
    levels = [_logit(fall.before)]
    for _, db in fall.steps:
        levels.append(levels[-1] if math.isinf(levels[-1]) else levels[-1] + db * math.log(10) / 10)
    return levels


def _log_odds_axis(levels: Sequence[float], left: float, end: float) -> Place:
    finite = [level for level in levels if math.isfinite(level)] or [0.0]
    low, high = min(finite), max(finite)
    slack = max(1.2 - (high - low), 0.16 * (high - low), 0.2) / 2
    edge = {
        sign: EDGE if any(level == sign * math.inf for level in levels) else 0 for sign in (-1, 1)
    }
    start, width = left + edge[-1], end - left - edge[-1] - edge[1]

    def at(level: float) -> float:
        if math.isinf(level):
            return left if level < 0 else end
        return start + width * (level - low + slack) / (high - low + 2 * slack)

    return at


def _log_odds_marks(
    at: Place, levels: Sequence[float], left: float, end: float
) -> list[tuple[float, str]]:
    chosen = [
        (at(level), "100 %" if level > 0 else "0 %")
        for level in dict.fromkeys(levels)
        if math.isinf(level)
    ]
    low, high = (
        left + 8 + EDGE * any(x < left + 9 for x, _ in chosen),
        end - EDGE * any(x > end - 1 for x, _ in chosen),
    )
    for p, most in (*((p, MOST_MARKS) for p in MARKS), *((p, FEWEST_MARKS) for p in FINE_MARKS)):
        x, words = at(_logit(p)), f"{100 * p:g} %"
        free = all(
            abs(x - other) > (wide(words, SMALL) + wide(more, SMALL)) / 2 + 14
            for other, more in chosen
        )
        if low <= x <= high and free and len(chosen) < most:
            chosen.append((x, words))
    return chosen


def tornado(block: Tornado) -> Picture:
    """Return one row per number: how far the probability swings when that number alone runs through
    its range.
    """
    labels = [wrapped(label, LABELS, LETTER) for label, _, _ in block.swings]
    ends = [p for _, low, high in block.swings for p in (low, high)]
    digits = _digits([block.now, *ends])
    values = [f"{_fine(low, digits)} to {_fine(high, digits)}" for _, low, high in block.swings]
    left, right = PAD + widest(labels, LETTER) + GAP, WIDTH - PAD - widest([values], SMALL) - GAP
    low, high, marks = _linear([block.now, *ends], digits)

    def at(p: float) -> float:
        return left + 8 + (right - left - 8) * (p - low) / (high - low)

    title = wrapped(f"{block.label}: {_fine(block.now, digits)} now", WIDTH - 2 * PAD, LETTER, 1.12)
    y = PAD + len(title) * LINE + 12.0
    top, parts = y, [text_block(PAD, PAD + len(title) * LINE / 2, title, "strong")]
    for (_, less, more), label, value in zip(block.swings, labels, values, strict=True):
        height = len(label) * LINE + ROW - 4
        middle = y + height / 2
        apart = 0 if (less - block.now) * (more - block.now) <= 0 else 4
        parts += [
            text_block(left - GAP, middle, label, "end"),
            text(WIDTH - PAD, middle, value, "end small"),
        ]
        for p, kind, shift in ((less, "one", -apart), (more, "two", apart)):
            parts.append(
                bar(
                    at(min(p, block.now)),
                    at(max(p, block.now)),
                    middle + shift,
                    7 if apart else 15,
                    kind,
                )
            )
        y += height
    keys = [
        ("one", "that number at the low end of its range"),
        ("two", "at the high end"),
        ("tick", "now"),
    ]
    parts += [line(at(block.now), top - 2, at(block.now), y + 2, "tick"), key(PAD, y + 38, keys)]
    rows = "; ".join(
        f"{label}: {value}" for (label, _, _), value in zip(block.swings, values, strict=True)
    )
    alt = (
        f"{block.label}: {_fine(block.now, digits)} now; with one number at a time at the low "
        f"and the high end of its range: {rows}."
    )
    return image(
        [scale_lines([(at(p), words) for p, words in marks], top - 2, y + 2), *parts],
        y + 50,
        alt,
        Picture,
    )


def paths(block: LineChart) -> Picture:
    """Return one line per path over the moments, named at its end; lines differ in colour, dash and
    mark.
    """
    names = [f"{label}: {percent(line[-1])}" if line else label for label, line in block.lines]
    labels = [wrapped(name, 200, LETTER) for name in names]
    top, marks = _scale(max((p for _, line in block.lines for p in line), default=1.0))
    left, right = PAD + 44.0, WIDTH - PAD - widest(labels, LETTER) - 2 * GAP
    height = max(210.0, sum(len(label) * LINE + 6 for label in labels))
    gap = (right - left - 30) / max(len(block.moments) - 1, 1)

    def place(index: int, p: float) -> tuple[float, float]:
        return left + 12 + gap * index, PAD + 8 + height * (1 - p / top)

    parts = [scale_lines([(place(0, p)[1], percent(p)) for p in marks], left, right, across=True)]
    every = math.ceil(58 / gap) if len(block.moments) > 1 else 1
    below = [wrapped(name, max(gap * every - 10, 48), SMALL) for name in block.moments[::every]]
    for index, name in enumerate(below):
        parts.append(
            text_block(
                place(every * index, 0)[0],
                PAD + height + 17 + 7 * len(name),
                name,
                "middle small",
                14,
            )
        )
    parts += _named_paths(
        [[place(*point) for point in enumerate(path)] for _, path in block.lines],
        labels,
        right + GAP,
        height,
    )
    foot = max((len(name) for name in below), default=0) * 14
    rows = "; ".join(
        f"{label}: {', '.join(percent(p) for p in path)}" for label, path in block.lines
    )
    return image(
        parts, PAD + height + 24 + foot, f"Over {', '.join(block.moments)}. {rows}.", Picture
    )


def _named_paths(
    paths: Sequence[Points], labels: Sequence[Sequence[str]], right: float, height: float
) -> Iterator[str]:
    wanted = [points[-1][1] if points else PAD + height for points in paths]
    spots = spread(wanted, [len(label) * LINE + 6 for label in labels], PAD, PAD + 8 + height)
    for number, (points, label, spot) in enumerate(zip(paths, labels, spots, strict=True)):
        yield _path(points, number % INKS, number % len(SHAPES))
        if points:
            yield line(points[-1][0] + 7, points[-1][1], right + 2, spot, "thread")
        yield text_block(right + 6, spot, label, f"ink{number % INKS}")


def _path(points: Points, ink: int, shape: int) -> str:
    along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = "".join(dot(x, y, 4, f"mark{ink}", shape) for x, y in points)
    return f'<polyline class="path{ink}" points="{along}"/>{marks}'


def _scale(most: float) -> tuple[float, list[float]]:
    """The end of a scale that holds the largest value, and its marks."""
    top, step = next((scale for scale in SCALES if most <= scale[0]), SCALES[-1])
    return top, [step * number for number in range(round(top / step) + 1)]


def _digits(values: Sequence[float]) -> int:
    span = max(values) - min(values)
    return 0 if span >= 0.05 else 1 if span >= 0.005 else 2


def _fine(p: float, digits: int) -> str:
    return f"{100 * p:.{digits}f}\N{NO-BREAK SPACE}%" if digits else percent(p)


def _linear(values: Sequence[float], digits: int) -> tuple[float, float, list[tuple[float, str]]]:
    """Ends of an axis around the values, and four to eight round marks on it."""
    span = max(max(values) - min(values), 1e-4)
    step = next(
        step
        for power in range(-6, 1)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if span / step <= 5
    )
    first, last = math.floor(min(values) / step + 1e-9), math.ceil(max(values) / step - 1e-9)
    first, last = max(first, 0), max(min(last, round(1 / step)), first + 1)
    marks = [number * step for number in range(first, last + 1)]
    return (
        first * step,
        last * step,
        [(p, f"{100 * p:.{max(digits, 0 if step >= 0.01 else 1)}f} %") for p in marks],
    )
