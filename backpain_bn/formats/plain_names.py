"""Names that every format can hold: letters, digits and underscores, a letter first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..model.distributions import Distribution, Mechanism, NoisyOr, Row, Table
from ..model.network import Network
from ..model.variables import Variable

Names = Mapping[str, str]
_OTHER = re.compile(r"[^A-Za-z0-9_]")
_FIRST = re.compile(r"[A-Za-z]")


def with_plain_names(network: Network) -> tuple[Network, tuple[str, ...]]:
    """Return the variables of a network under names of letters, digits and underscores, other signs
    an underscore, and what was renamed in sentences; labels stay.

    Treatments, advice and published figures speak of the old names and stay behind.

    >>> from backpain_bn.model import prior
    >>> dry = Variable("dry", ("over_12.4", "less"), prior(0.5, 0.5))
    >>> renamed, said = with_plain_names(Network("garden", {"dry": dry}))
    >>> renamed["dry"].states, said
    (('over_12_4', 'less'), ('the state "over_12.4" of "dry" is written "over_12_4"',))
    """
    names = _plain(network, begins_with_letter=True)
    states = {name: _plain(one.states) for name, one in network.variables.items()}
    said = [f'the variable "{old}" is written "{new}"' for old, new in names.items() if old != new]
    for name, pairs in states.items():
        said += [
            f'the state "{old}" of "{name}" is written "{new}"'
            for old, new in pairs.items()
            if old != new
        ]
    renamed = [_renamed(one, names, states) for one in network.variables.values()]
    words = network.vocabulary
    kinds = {names[name]: word for name, word in words.kind_names.items()}
    words = replace(words, kind_names=kinds, whole=names.get(words.whole, ""))
    plain = Network(
        network.name,
        {one.name: one for one in renamed},
        outcome=names.get(network.outcome, ""),
        vocabulary=words,
    )
    return plain, tuple(said)


def _plain(names: Iterable[str], begins_with_letter: bool = False) -> dict[str, str]:
    """Return a plain name for each, all of them different."""
    found: dict[str, str] = {}
    taken = {name for name in names if not _OTHER.search(name)}
    for name in names:
        new = _OTHER.sub("_", name)
        if begins_with_letter and not _FIRST.match(new):
            new = f"x{new}"
        while new != name and new in taken:
            new += "_"
        found[name] = new
        taken.add(new)
    return found


def _renamed(variable: Variable, names: Names, states: Mapping[str, Names]) -> Variable:
    leaves = {names[name]: states[name][state] for name, state in variable.leaves.items()}
    return replace(
        variable,
        name=names[variable.name],
        states=tuple(states[variable.name].values()),
        distribution=_distribution(variable.distribution, names, states),
        label=variable.label or variable.name,
        leaves=leaves,
    )


def _distribution(model: Distribution, names: Names, states: Mapping[str, Names]) -> Distribution:
    if isinstance(model, NoisyOr):
        mechanisms = []
        for each in model.mechanisms:
            when = {
                names[parent]: tuple(states[parent][state] for state in some)
                for parent, some in each.when.items()
            }
            mechanisms.append(Mechanism(when, each.number))
        return NoisyOr(model.leak, tuple(mechanisms))
    rows = []
    for row in model.rows:
        pairs = zip(model.parents, row.given, strict=True)
        rows.append(Row(tuple(states[parent][state] for parent, state in pairs), row.numbers))
    return Table(tuple(names[parent] for parent in model.parents), tuple(rows))
