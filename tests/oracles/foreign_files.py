"""Networks as files of other formats may hold them, and what their tests ask of the readers."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from backpain_bn.errors import FileProblem
from backpain_bn.formats.foreign import from_text
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable

IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
NAMES = st.sampled_from([f"x{index}" for index in range(20)] + ["X-1.a"])
STATES = st.sampled_from([f"s{index}" for index in range(9)])
probability = st.one_of(st.sampled_from([0.0, 1.0, 1e-9]), st.floats(0, 1))


@st.composite
def rows_of(draw: st.DrawFn, size: int) -> tuple[Number, ...]:
    weights = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size).filter(any))
    return tuple(number(weight / sum(weights)) for weight in weights)


@st.composite
def networks(
    draw: st.DrawFn,
    names: st.SearchStrategy[str] = NAMES,
    states_of: st.SearchStrategy[str] = STATES,
    most_states: int = 4,
) -> Network:
    """Return up to six variables, tables and noisy-ORs, with names and states as given."""
    variables: dict[str, Variable] = {}
    for name in draw(st.lists(names, unique=True, min_size=2, max_size=6)):
        parents = (
            draw(st.lists(st.sampled_from(list(variables)), unique=True, max_size=3))
            if variables
            else []
        )
        if parents and draw(st.booleans()):
            states = tuple(draw(st.lists(states_of, unique=True, min_size=2, max_size=2)))
            distribution: Table | NoisyOr = draw(noisy_ors(parents, variables))
        else:
            states = tuple(draw(st.lists(states_of, unique=True, min_size=2, max_size=most_states)))
            combinations = product(*(variables[parent].states for parent in parents))
            rows = tuple(Row(given, draw(rows_of(len(states)))) for given in combinations)
            distribution = Table(tuple(parents), rows)
        variables[name] = Variable(name, states, distribution)
    return Network("random", variables)


@st.composite
def noisy_ors(draw: st.DrawFn, parents: list[str], variables: dict[str, Variable]) -> NoisyOr:
    whens: list[dict[str, tuple[str, ...]]] = []
    for _ in range(draw(st.integers(1, 4))):
        used = draw(st.lists(st.sampled_from(parents), unique=True, min_size=1, max_size=2))
        when = {
            name: tuple(
                draw(
                    st.lists(
                        st.sampled_from(variables[name].states), unique=True, min_size=1, max_size=2
                    )
                )
            )
            for name in used
        }
        if {name: set(states) for name, states in when.items()} not in [
            {name: set(each[name]) for name in each} for each in whens
        ]:
            whens.append(when)
    return NoisyOr(
        number(draw(probability)),
        tuple(Mechanism(when, number(draw(probability))) for when in whens),
    )


def read(text: str, suffix: str = ".bif") -> Network:
    """Return what a text holds."""
    return from_text(text, suffix, "some", f"some{suffix}")


def refused(text: str, suffix: str = ".bif") -> str:
    """Return why a text is refused, each line with its place."""
    with pytest.raises(FileProblem) as caught:
        read(text, suffix)
    assert all(line.startswith(f"some{suffix}:") for line in caught.value.lines)
    return str(caught.value)


def assert_refused(text: str, suffix: str, line: int, message: str) -> None:
    """Assert that a text is refused with a message about one of its lines."""
    found = refused(text, suffix)
    lines = found.splitlines()
    assert any(each.startswith(f"some{suffix}:{line}:") and message in each for each in lines), (
        found
    )


def assert_same(back: Network, network: Network, names: Mapping[str, str] | None = None) -> None:
    """Assert that two networks are the same but for the names given and the kind of table."""
    called = names or {name: name for name in network}
    assert set(back) == set(called.values())
    for name, variable in network.variables.items():
        other = back[called[name]]
        assert list(other.parents) == [called[parent] for parent in variable.parents]
        assert not other.healthy_first
        if names is None:
            assert other.states == variable.states
        found, expected = back.table(other.name), network.table(name)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15, err_msg=name)


def public(name: str) -> str:
    """Return a network of the public repository as BIF, from the copy that pgmpy brings along."""
    spec = find_spec("pgmpy")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "utils" / "example_models"
    return gzip.decompress((folder / f"{name}.bif.gz").read_bytes()).decode("utf-8")
