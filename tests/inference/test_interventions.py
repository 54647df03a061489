"""Interventions as a batch, against enumeration of the network that was really cut."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.inference.beliefs import Array
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.interventions import SeenAndDone, answers, intervened
from backpain_bn.model.distributions import Mechanism, NoisyOr, number
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import numbers_of, parameters_of
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import asia, multi_state, noisy_or_pair, random_evidence

module = importlib.import_module("backpain_bn.inference.interventions")
NETWORKS = {"asia": asia, "pair": noisy_or_pair, "multi": multi_state}


def cases(network: Network, rows: Array) -> list[SeenAndDone]:
    """One case without interventions, one for every state, one for two variables at once."""
    names = list(network)
    each = [SeenAndDone(rows, {name: state}) for name in names for state in network.states[name]]
    both = {name: network.states[name][-1] for name in (names[0], names[-1])}
    return [SeenAndDone(rows), *each, SeenAndDone(rows[:1], both)]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("at_once", [1, 10_000, 2**22])
def test_each_case_is_that_of_the_cut_network(
    name: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CELLS_AT_ONCE", at_once)
    network = NETWORKS[name]()
    rows = random_evidence(network, 7, seed=3)
    asked = cases(network, rows)
    found = list(answers(network, asked))
    assert len(found) == len(asked)
    for case, beliefs in zip(asked, found, strict=True):
        cut = network.do(**case.settings)
        wanted = enumerate_beliefs(cut, np.broadcast_to(case.rows, rows.shape))
        assert beliefs.log_evidence == pytest.approx(wanted.log_evidence, abs=1e-10)
        assert beliefs.marginals == pytest.approx(wanted.marginals, abs=1e-10)


def test_one_row_under_many_parameters_and_many_rows_under_one() -> None:
    network = multi_state()
    own = parameters_of(network)
    tables = np.array([one.at(own, 0.35) for one in numbers_of(network)])
    row = random_evidence(network, 2, seed=5)[1:]
    acted = SeenAndDone(row, {"weak": "yes"})
    many = next(answers(network, [acted], parameters=tables))
    assert many.marginals.shape == (len(tables), len(network.columns))
    engine = engine_for(network)
    for index, table in enumerate(tables):
        alone = engine(row, intervened(network, table, {"weak": "yes"}))
        assert many.marginals[index] == pytest.approx(alone.marginals[0], abs=1e-12)
    rows = random_evidence(network, 5, seed=6)
    same = [
        next(answers(network, [SeenAndDone(rows)], parameters=each))
        for each in (None, own, own[None])
    ]
    assert (same[0].marginals == same[1].marginals).all()
    assert (same[0].marginals == same[2].marginals).all()


def test_only_what_is_asked_for_is_the_same() -> None:
    network = asia()
    rows = random_evidence(network, 9, seed=1)
    asked = [SeenAndDone(rows, {"smoke": "yes"}), SeenAndDone(rows, {"tub": "no"})]
    whole = answers(network, asked)
    some = answers(network, asked, targets=frozenset({"dysp"}))
    place = network.slices["dysp"]
    for one, other in zip(whole, some, strict=True):
        assert other.marginals[:, place] == pytest.approx(one.marginals[:, place], abs=1e-12)
        assert other.log_evidence == pytest.approx(one.log_evidence, abs=1e-12)


def test_what_was_cut_hears_nothing_of_its_effects() -> None:
    """See is not do: wet grass speaks for rain, wetting it does not."""
    network = noisy_or_pair()
    nothing, seen = np.ones((1, 8)), np.ones((1, 8))
    seen[0, network.slices["y"].start] = 0
    see, do = answers(network, [SeenAndDone(seen), SeenAndDone(nothing, {"y": "yes"})])
    a = network.slices["a"].start + 1
    assert see.marginals[0, a] > 0.7
    assert do.marginals[0, a] == pytest.approx(0.3)


def test_the_parameters_of_others_stay() -> None:
    network = multi_state()
    own = parameters_of(network)
    changed = intervened(network, own, {"hurt": "yes"})
    assert (changed != own).sum() > 0 and (parameters_of(network) == own).all()
    assert changed[: len(own) - 8].tolist() == own[: len(own) - 8].tolist()
    assert changed[-8:].tolist() == [0, 1, 1, 0, 1, 0, 1, 0]


def test_no_case_no_answer_and_names_are_checked() -> None:
    network = multi_state()
    assert list(answers(network, [])) == []
    rows = np.ones((1, len(network.columns)))
    with pytest.raises(bb.errors.UnknownName, match='unknown variable "wek"; did you mean "weak"'):
        next(answers(network, [SeenAndDone(rows, {"wek": "yes"})]))
    with pytest.raises(bb.errors.UnknownName, match='unknown state of weak "maybe"'):
        next(answers(network, [SeenAndDone(rows, {"weak": "maybe"})]))


def test_a_mechanism_of_a_set_variable_is_silent() -> None:
    model = NoisyOr(number(0.4), (Mechanism({"x": ("yes",)}, number(0.9)),))
    assert model.certain(0).tolist() == [1, 0, 1, 0]
    assert model.certain(1).tolist() == [0, 1, 1, 0]
