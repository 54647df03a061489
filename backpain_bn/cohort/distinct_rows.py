"""Many rows of small codes -> answers: equal rows are inferred once, and remembered while there is
room.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..errors import names_in
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..model.network import Network
from .columns import Codes, likelihood_table, unusable

CHUNK = 65_536
"""Rows that are looked at together; memory does not grow beyond what these need and what is
remembered.
"""
ROOM = 2**28
"""Bytes of answers that are remembered at most."""
SAMPLE = 8_192
BLOCK = 2_048
"""Rows that one core works on at a time: their likelihoods and answers stay in its cache."""
IMPOSSIBLE = "these findings cannot hold together"


def targets_of(network: Network, targets: object) -> tuple[str, ...]:
    """Return the variables to answer, each once; None means all of them.

    Raises `UnknownName` for one that does not exist, `BackpainError` for what is no list of names.
    """
    if targets is None:
        return tuple(network.variables)
    return tuple(network[name].name for name in names_in("targets", targets))


class Answers:
    """The answers for n rows: `values` (T + 1, n), T columns of posteriors and the log-evidence,
    NaN where there is none.

    `reasons[problem[i]]` says why row i has no answer; `reasons[0]` is None.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.values: Array = np.empty((columns + 1, rows))
        self.problem: NDArray[np.int32] = np.zeros(rows, dtype=np.int32)
        self._numbers: dict[str | None, int] = {None: 0}

    @property
    def reasons(self) -> list[str | None]:
        """The reasons, of which the first is None."""
        return list(self._numbers)

    def reason(self, text: str) -> int:
        """Return the number of a reason, a new one if it is new."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def answered(self) -> NDArray[np.bool_] | None:
        """Which rows have an answer, or None if all have."""
        return self.problem == 0 if self.problem.any() else None


class RowScorer:
    """Answers rows of codes over `observed` variables: P(state | row) for every state of `targets`,
    and log P(row).

    Rows are answered in chunks; a chunk's distinct rows (patterns) are inferred once, and their
    answers kept, at most `room` bytes of them, for the chunks that follow. `room` = 0 infers every
    row by itself; the answers are the same to the last bit. One thread at a time.
    """

    def __init__(
        self,
        network: Network,
        targets: Iterable[str] | None,
        observed: Iterable[str],
        chunk: int = CHUNK,
        room: int = ROOM,
    ) -> None:
        wanted = targets_of(network, targets)
        self.observed = tuple(observed)
        self.chunk, self.inferred = chunk, 0
        self.engine = engine_for(network, frozenset(wanted), frozenset(self.observed))
        self.slices = [network.slices[name] for name in self.observed]
        self.sizes = tuple(len(network[name].states) for name in self.observed)
        every = np.arange(len(network.columns))
        self.places = np.concatenate([every[:0], *(every[network.slices[name]] for name in wanted)])
        self.columns = tuple(network.columns[place] for place in self.places)
        self.first = (
            self.places[0] if len(self.places) and (np.diff(self.places) == 1).all() else None
        )
        self.tables = [likelihood_table(size) for size in self.sizes]
        self.states = len(network.columns)
        self.rooms: list[Array] = []
        self.memory = _Memory(len(self.places) + 1, room) if room else None

    def answer(self, codes: Sequence[Codes], rows: int) -> Answers:
        """Return the answers for `rows` rows, given the codes (rows,) of each observed variable."""
        answers = Answers(len(self.places), rows)
        for start in range(0, rows, self.chunk):
            part = slice(start, min(start + self.chunk, rows))
            self._chunk([column[part] for column in codes], answers, part)
        return answers

    def _chunk(self, codes: list[Codes], answers: Answers, part: slice) -> None:
        out, problem = answers.values[:, part], answers.problem[part]
        bad = unusable(codes, self.sizes)
        if bad is None:
            self._infer_repeated(codes, out)
        else:
            good = np.flatnonzero(~bad)
            some = np.empty((len(out), len(good)))
            self._infer_repeated([column[good] for column in codes], some)
            out[:] = np.nan
            out[:, good] = some
            self._explain(codes, np.flatnonzero(bad), answers, problem)
        never = np.isneginf(out[-1])
        if never.any():
            problem[never] = answers.reason(IMPOSSIBLE)
            out[:, never] = np.nan

    def _explain(
        self,
        codes: list[Codes],
        bad: NDArray[np.intp],
        answers: Answers,
        problem: NDArray[np.int32],
    ) -> None:
        """Name the variables that were not understood; the values themselves may be anybody's free
        text and stay where they are.
        """
        wrong = np.packbits(
            np.column_stack(
                [column[bad] > size for column, size in zip(codes, self.sizes, strict=True)]
            ),
            axis=1,
        )
        distinct, inverse = np.unique(wrong, axis=0, return_inverse=True)
        numbers = []
        for flags in np.unpackbits(distinct, axis=1, count=len(codes)).astype(bool):
            names = [name for name, flag in zip(self.observed, flags, strict=True) if flag]
            numbers.append(answers.reason(f"not a state: {', '.join(names)}"))
        problem[bad] = np.array(numbers, dtype=np.int32)[inverse.ravel()]

    def _infer_repeated(self, codes: list[Codes], out: Array) -> None:
        rows = out.shape[1]
        if self.memory is None or rows == 0:
            self._infer(codes, out)
            return
        keys = _keys(codes, self.sizes, rows)
        sample = keys[:: max(1, rows // SAMPLE)]
        if self.memory.hits == 0 and len(np.unique(sample)) == len(sample) and rows > 1:
            self._infer(codes, out)
            return
        distinct, inverse = np.unique(keys, return_inverse=True)
        known, where = self.memory.find(distinct)
        fresh = np.flatnonzero(~known)
        answers = np.empty((len(out), len(distinct)))
        if len(fresh):
            first = _first(inverse, len(distinct))[fresh]
            found = np.empty((len(out), len(fresh)))
            self._infer([column[first] for column in codes], found)
            answers[:, fresh] = found
        answers[:, known] = self.memory.take(where)
        if len(fresh):
            self.memory.add(distinct[fresh], found)
        for row, values in zip(out, answers, strict=True):
            np.take(values, inverse, out=row)

    def _infer(self, codes: list[Codes], out: Array) -> None:
        """Run the engine over all rows, on every core, in blocks that stay in its cache."""
        rows = out.shape[1]
        self.inferred += rows
        starts = range(0, rows, BLOCK)
        if len(starts) < 2:
            self._block(codes, out)
            return

        def run(start: int) -> None:
            part = slice(start, start + BLOCK)
            self._block([column[part] for column in codes], out[:, part])

        with ThreadPoolExecutor(min(os.cpu_count() or 1, len(starts))) as pool:
            list(pool.map(run, starts))

    def _block(self, codes: list[Codes], out: Array) -> None:
        """Run the engine over at most `BLOCK` rows and turn its answers so that each column lies in
        one piece.
        """
        room = self.rooms.pop() if self.rooms else np.ones((BLOCK, self.states))
        evidence = room[: out.shape[1]]
        for column, place, table in zip(codes, self.slices, self.tables, strict=True):
            evidence[:, place] = table[column]
        beliefs = self.engine.reproducibly(evidence, threads=1)
        # A sum of probabilities that is 1 may be rounded up.
        np.minimum(beliefs.log_evidence, 0.0, out=out[-1])
        answers = beliefs.marginals.T
        out[:-1] = (
            answers[self.places]
            if self.first is None
            else answers[self.first : self.first + len(self.places)]
        )
        self.rooms.append(room)


class _Memory:
    """Answers of patterns by key; when it is full, the half that was not needed for longest is
    forgotten. Slot by slot, so that no more memory is touched than is filled.
    """

    def __init__(self, height: int, room: int) -> None:
        self.capacity = max(2, room // (8 * height))
        self.values: Array = np.empty((self.capacity, height))
        self.keys: NDArray[np.generic] | None = None
        self.slots = np.zeros(0, dtype=np.int32)
        self.used = np.zeros(self.capacity, dtype=np.int64)
        self.free = 0
        self.spare = np.zeros(0, dtype=np.int32)
        self.now = self.hits = 0

    def find(self, keys: NDArray[np.generic]) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """Return which keys (sorted) are known, and the slots of those that are."""
        self.now += 1
        if self.keys is None or not len(self.keys):
            return np.zeros(len(keys), dtype=bool), np.zeros(0, dtype=np.int32)
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        known = self.keys[at] == keys
        slots = self.slots[at[known]]
        self.used[slots] = self.now
        self.hits += len(slots)
        return known, slots

    def take(self, slots: NDArray[np.int32]) -> Array:
        """Return the answers in these slots."""
        return np.take(self.values, slots, axis=0).T

    def add(self, keys: NDArray[np.generic], values: Array) -> None:
        """Remember answers (height, m) of new keys (sorted)."""
        if len(keys) > self.capacity:
            return
        if len(self.slots) + len(keys) > self.capacity:
            self._forget(len(keys))
        again = min(len(self.spare), len(keys))
        fresh = np.arange(self.free, self.free + len(keys) - again, dtype=np.int32)
        slots = np.concatenate([self.spare[:again], fresh])
        self.spare, self.free = self.spare[again:], self.free + len(fresh)
        self.values[slots] = values.T
        self.used[slots] = self.now
        if self.keys is None:
            self.keys, self.slots = keys, slots
        else:
            at = np.searchsorted(self.keys, keys)
            self.keys, self.slots = np.insert(self.keys, at, keys), np.insert(self.slots, at, slots)

    def _forget(self, needed: int) -> None:
        keys = np.zeros(0) if self.keys is None else self.keys
        kept = min(len(self.slots) // 2, self.capacity - needed)
        order = np.argsort(-self.used[self.slots], kind="stable")
        self.spare = np.concatenate([self.spare, self.slots[order[kept:]]])
        stays = np.sort(order[:kept])
        self.keys, self.slots = keys[stays], self.slots[stays]


def _keys(codes: list[Codes], sizes: tuple[int, ...], rows: int) -> NDArray[np.generic]:
    """Return one key per row: the codes as one number, or as bytes where that would not fit 63
    bits.
    """
    if not codes:
        return np.zeros(rows, dtype=np.int64)
    total = 1
    for size in sizes:
        total *= size + 1
    if total >= 2**63:
        width = max(column.dtype.itemsize for column in codes)
        table = np.ascontiguousarray(np.column_stack(codes).astype(f">u{width}") + 1)
        return table.view(f"S{table.shape[1] * width}")[:, 0]
    keys = codes[0].astype(np.int64)
    for column, size in zip(codes[1:], sizes[1:], strict=True):
        keys *= size + 1
        keys += column
    return keys


def _first(inverse: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return a row of each pattern."""
    first = np.empty(count, dtype=np.intp)
    first[inverse[::-1]] = np.arange(len(inverse) - 1, -1, -1)
    return first
