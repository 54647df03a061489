"""Distinct rows: the same whichever tables they came in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backpain_bn.learn.patterns import Collector, Patterns

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 300), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=60,
)


def collected(rows: list[tuple[int, int, bool, int]], cuts: list[int]) -> Patterns:
    collector = Collector()
    for part in np.split(np.array(rows, dtype=np.int64), sorted(cut % len(rows) for cut in cuts)):
        codes = [part[:, 0].astype(np.uint8), part[:, 1].astype(np.uint16)]
        collector.add(codes, part[:, 3].astype(float), part[:, 2].astype(bool))
    return collector.patterns(["a", "b"], [np.eye(4), np.eye(301)])


@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_tables_one_after_the_other_are_one_table(
    rows: list[tuple[int, int, bool, int]], cuts: list[int]
) -> None:
    found = collected(rows, cuts)
    expected: dict[tuple[int, int], list[int]] = {}
    for place, (a, b, usable, weight) in enumerate(rows):
        if usable and weight:
            entry = expected.setdefault((a, b), [0, 0, place])
            entry[0] += weight
            entry[1] += 1
    parts = (found.weights.tolist(), found.rows.tolist(), found.first.tolist())
    entries = zip(map(tuple, found.codes.tolist()), zip(*parts, strict=True), strict=True)
    assert {codes: list(entry) for codes, entry in entries} == expected
    assert found.codes.tolist() == sorted(map(list, expected))
