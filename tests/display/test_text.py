"""Text for a terminal: as wide as that is, and as it was where nothing is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.display.blocks import (
    Alarm,
    Bar,
    Block,
    Item,
    LineChart,
    Note,
    TextTable,
    Tornado,
    View,
    Waterfall,
)
from backpain_bn.display.text import Style, to_screen, to_text

WORDS = st.text("abc de", min_size=1, max_size=70).map(lambda text: " ".join(text.split()) or "a")
SHARE = st.floats(0, 1)
BLOCKS = st.one_of(
    st.builds(Note, WORDS),
    st.builds(Alarm, WORDS),
    st.builds(Item, WORDS, st.tuples(WORDS)),
    st.builds(Bar, WORDS, SHARE, SHARE, SHARE, SHARE),
    st.builds(
        Waterfall, WORDS, SHARE, SHARE, st.lists(st.tuples(WORDS, st.floats(-40, 40))).map(tuple)
    ),
    st.builds(Tornado, WORDS, SHARE, st.lists(st.tuples(WORDS, SHARE, SHARE)).map(tuple)),
    st.builds(
        LineChart, st.just(("then", "now")), st.tuples(st.tuples(WORDS, st.just((0.1, 1.0))))
    ),
    st.builds(
        TextTable,
        st.just(("one", "", "three")),
        st.lists(st.tuples(WORDS, WORDS, WORDS)).map(tuple),
    ),
)


@settings(max_examples=30, deadline=None)
@given(WORDS, st.lists(BLOCKS, max_size=5), st.integers(55, 99))
def test_no_line_is_longer_than_the_terminal(title: str, blocks: list[Block], width: int) -> None:
    views = [View(title, tuple(blocks))]
    for text in (to_text(views, width), to_screen(views, width)):
        assert all(len(line) <= width for line in text.split("\n"))


@settings(max_examples=30, deadline=None)
@given(st.lists(BLOCKS, max_size=5), st.integers(55, 120))
def test_styles_add_nothing_but_themselves(blocks: list[Block], width: int) -> None:
    views = [View("Title", tuple(blocks))]
    style = Style(lambda text: f"<{text}>", lambda text: f"<{text}>")
    for lay_out in (to_text, to_screen):
        styled = lay_out(views, width, style)
        assert styled.replace("<", "").replace(">", "").split() == lay_out(views, width).split()
        alarms = sum(isinstance(block, Alarm) for block in blocks)
        assert styled.count("<") >= alarms + bool(blocks)


@settings(max_examples=30, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=5), st.integers(20, 99))
def test_figures_have_plain_spaces_and_stay_beside_their_units(
    blocks: list[Block], width: int
) -> None:
    told = Note("It was seen in 44.7\N{NO-BREAK SPACE}% of the cars " * 5)
    views = [View("5\N{NO-BREAK SPACE}% of all", (told, *blocks))]
    for text in (to_text(views, width), to_screen(views, width)):
        assert "\N{NO-BREAK SPACE}" not in text and text.count("44.7 %") == 5
        assert "5 %" in text.upper()
        assert not any(line.lstrip().startswith("%") for line in text.split("\n"))


@pytest.mark.parametrize("width", [60, 100])
def test_a_table_without_room_is_stacked(width: int) -> None:
    row = ("a" * 20, "b" * 20, "c " * 10)
    said = to_text([View("T", (TextTable(("one", "two", "three"), (row,)),))], width)
    assert ("two: " + "b" * 20 in said) == (width == 60)
    assert said.split("\n")[1].split()[0] == ("c" if width == 60 else "one")
