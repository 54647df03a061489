"""From the plain data of a network file to a `Network`, with everything that is wrong with it reported at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any, TypeVar

from .cpt import (
    LARGEST_TABLE,
    Conversion,
    from_hazard_ratio,
    from_odds_ratio,
    from_risk_ratio,
    odds_ratio_of_smd,
    scaled,
    shrink,
    standard_error,
    without_leak,
)
from .errors import listed, shown, unknown
from .network import (
    EXPERT,
    PERSISTING_ROLES,
    Advice,
    Mechanism,
    Network,
    NoisyOr,
    Number,
    Problem,
    Row,
    Source,
    Table,
    Treatment,
    Variable,
    problems,
)
from .schema import (
    STRENGTHS,
    AdviceShape,
    CauseShape,
    HeadShape,
    NumberShape,
    RowShape,
    Shape,
    TreatmentShape,
    VariableShape,
    checked,
)

Path = tuple[str | int, ...]
ROUNDING = 1e-6
"""A table row whose sum is this near to 1 is taken for rounded, normalised, and noted."""
RATIOS: dict[str, Callable[..., float]] = {
    "odds_ratio": from_odds_ratio,
    "smd": from_odds_ratio,
    "risk_ratio": from_risk_ratio,
    "hazard_ratio": from_hazard_ratio,
}
S = TypeVar("S", bound=Shape)


def build(data: Any, rows: Mapping[str, Source]) -> tuple[Network | None, list[Problem]]:
    """Return the network that the data of a file describes, or None and everything that is wrong."""
    return _Builder(rows).network(data)


class _Builder:
    """Collects problems while it turns shapes into nouns."""

    def __init__(self, rows: Mapping[str, Source]) -> None:
        self.rows = rows
        self.found: list[Problem] = []
        self.notes: list[str] = []
        self.conversion = Conversion()
        self.shapes: dict[str, VariableShape] = {}

    def complain(self, path: Path, message: str) -> None:
        self.found.append(Problem(path, message))

    def network(self, data: Any) -> tuple[Network | None, list[Problem]]:
        if not isinstance(data, dict):
            return None, [Problem((), "the file must hold keys and values: name, version, variables, ...")]
        parts = {key: data.get(key, {}) for key in ("variables", "treatments", "advice")}
        rest = {key: value for key, value in data.items() if key not in parts}
        head = self.part(HeadShape, rest, ())
        if head is not None:
            self.conversion = Conversion(head.conversion.prior_sd, head.conversion.scale, head.conversion.designs)
        self.shapes = self.parts(VariableShape, parts["variables"], "variables")
        variables = {name: self.variable(name, shape) for name, shape in self.shapes.items()}
        whole = {name: variable for name, variable in variables.items() if variable is not None}
        broken = {name for name in parts["variables"] if name not in whole} if isinstance(parts["variables"], dict) else set()
        self.structure(whole, broken)
        treatments = {name: self.treatment(name, shape, whole) for name, shape in self.parts(TreatmentShape, parts["treatments"], "treatments").items()}
        advice = {name: self.advice(name, shape, whole, treatments) for name, shape in self.parts(AdviceShape, parts["advice"], "advice").items()}
        for name, treatment in treatments.items():
            self.known(treatment.cautions, advice, "advice", ("treatments", name, "cautions"))
        if not whole and not self.found:
            self.complain(("variables",), "the network has no variables")
        if head is not None and head.outcome and head.outcome not in variables:
            self.complain(("outcome",), str(unknown("outcome", head.outcome, variables)))
        if self.found or head is None:
            return None, self.found
        used = {id: row for id, row in self.rows.items() if id in self.used(whole, treatments, advice)}
        return Network(
            head.name, whole, head.version, head.about, head.outcome, used, treatments, advice, tuple(self.notes)
        ), []  # fmt: skip

    def part(self, shape: type[S], data: Any, path: Path) -> S | None:
        made, wrong = checked(shape, data)
        self.found += [Problem((*path, *inside), message) for inside, message in wrong]
        return made

    def parts(self, shape: type[S], data: Any, key: str) -> dict[str, S]:
        if not isinstance(data, dict):
            self.complain((key,), f"{key} must be keys and values")
            return {}
        made = {}
        for name, entry in data.items():
            if not (name.isascii() and name.islower() and name.replace("_", "a").isalnum() and name[0].isalpha()):
                self.complain((key, name), f"{shown(name)} must be lower case letters, digits and underscores, starting with a letter")
            shaped = self.part(shape, entry, (key, name))
            if shaped is not None:
                made[name] = shaped
        return made

    def structure(self, whole: dict[str, Variable], broken: set[str]) -> None:
        """Add what is wrong with the variables taken together; says nothing about links to variables that are broken themselves."""
        stand_ins = {}
        for name in broken:
            mentioned = {state for variable in whole.values() if isinstance(variable.distribution, NoisyOr)
                         for mechanism in variable.distribution.mechanisms for state in mechanism.when.get(name, ())}  # fmt: skip
            states = tuple(dict.fromkeys((*mentioned, "(a)", "(b)")))
            even = Number(1 / len(states), 0.0, 1.0)
            stand_ins[name] = Variable(name, states, Table((), (Row((), (even,) * len(states)),)))
        self.found += [
            problem
            for problem in problems(whole | stand_ins)
            if not (set(problem.path) & broken) and not (broken and self._tabled(problem, whole, broken))
        ]

    @staticmethod
    def _tabled(problem: Problem, whole: dict[str, Variable], broken: set[str]) -> bool:
        variable = whole.get(str(problem.path[1])) if len(problem.path) > 1 else None
        return variable is not None and isinstance(variable.distribution, Table) and bool(set(variable.parents) & broken)

    def known(self, ids: tuple[str, ...] | list[str], allowed: Mapping[str, Any], kind: str, path: Path) -> None:
        for index, id in enumerate(ids):
            if id not in allowed:
                self.complain((*path, index), str(unknown(kind, id, allowed)))

    def cited(self, shape: Any, path: Path) -> None:
        """Check the ids of a number: they exist, and a figure that no study gives says `expert`."""
        self.known(shape.sources, {**self.rows, EXPERT: None}, "source", (*path, "sources"))
        self.known(shape.against, self.rows, "source", (*path, "against"))
        kinds = {self.rows[id].kind for id in shape.sources if id in self.rows}
        if EXPERT not in shape.sources and kinds == {"claim"}:
            self.complain((*path, "sources"), "a claim gives no figure: add the study that does, or the word expert")

    def number(self, shape: NumberShape, path: Path) -> Number:
        self.cited(shape, path)
        return Number(shape.p, shape.range[0], shape.range[1], tuple(shape.sources), tuple(shape.against), shape.note)

    def variable(self, name: str, shape: VariableShape) -> Variable | None:
        path: Path = ("variables", name)
        given = [key for key in ("prior", "leak", "table", "observes") if getattr(shape, key) is not None]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            self.complain(path, f"{name} needs exactly one of prior, leak (with causes), table, observes; it has {said}")
            return None
        if shape.causes and given != ["leak"]:
            self.complain((*path, "causes"), f"causes go with a leak; {name} has {given[0]}")
        distribution = {"prior": self.prior, "leak": self.noisy_or, "table": self.table, "observes": self.test}[given[0]](name, shape)
        marginal = self.number(shape.marginal, (*path, "marginal")) if shape.marginal else None
        if distribution is None:
            return None
        persists = shape.role in PERSISTING_ROLES if shape.persists is None else shape.persists == "yes"
        return Variable(name, tuple(shape.states), distribution, shape.label, shape.role, shape.about, shape.question, persists, marginal)

    def prior(self, name: str, shape: VariableShape) -> Table | None:
        path: Path = ("variables", name, "prior")
        given = {state: self.number(entry, (*path, state)) for state, entry in (shape.prior or {}).items()}
        wrong = [state for state in given if state not in shape.states]
        for state in wrong:
            self.complain((*path, state), str(unknown(f"state of {name}", state, shape.states)))
        first, rest = shape.states[0], shape.states[1:]
        missing = [state for state in rest if state not in given]
        if missing:
            self.complain(path, f"the prior of {name} lacks {listed(missing)}; only the first state ({first}) may be left out")
        if wrong or missing:
            return None
        if first not in given:
            given[first] = _complement([given[state] for state in rest])
        return Table((), (self.normalised(tuple(given[state] for state in shape.states), name, ()),))

    def normalised(self, numbers: tuple[Number, ...], name: str, given: tuple[str, ...]) -> Row:
        total = math.fsum(entry.p for entry in numbers)
        if 1e-9 < abs(total - 1) <= ROUNDING and all(entry.p >= 0 for entry in numbers):
            row = f"{name} given {', '.join(given)}" if given else name
            self.notes.append(f"the probabilities of {row} summed to {total:.9g} (rounded) and were normalised")
            numbers = tuple(
                replace(entry, p=entry.p / total, low=min(entry.low, entry.p / total), high=max(entry.high, entry.p / total)) for entry in numbers
            )
        return Row(given, numbers)

    def noisy_or(self, name: str, shape: VariableShape) -> NoisyOr | None:
        path: Path = ("variables", name)
        assert shape.leak is not None  # noqa: S101
        leak = self.number(shape.leak, (*path, "leak"))
        made = [self.mechanism(name, shape, cause, leak, (*path, "causes", index)) for index, cause in enumerate(shape.causes)]
        mechanisms = tuple(mechanism for mechanism in made if mechanism is not None)
        return NoisyOr(leak, mechanisms) if len(mechanisms) == len(made) else None

    def mechanism(self, name: str, shape: VariableShape, cause: CauseShape, leak: Number, path: Path) -> Mechanism | None:
        self.cited(cause, path)
        when = {parent: (states,) if isinstance(states, str) else tuple(states) for parent, states in cause.when.items()}
        given = [key for key in STRENGTHS if getattr(cause, key) is not None]
        if len(given) != 1:
            self.complain(path, f"a cause needs exactly one of {', '.join(STRENGTHS)}; it has {' and '.join(given) or 'none'}")
            return None
        sourced = partial(Number, sources=tuple(cause.sources), against=tuple(cause.against), note=cause.note)
        if given[0] in RATIOS:
            strength = self.converted(given[0], shape, cause, path)
            return None if strength is None else Mechanism(when, sourced(*strength[:3], published=strength[3]))
        if cause.range is None:
            self.complain(path, "range is missing")
            return None
        if given[0] == "p":
            assert cause.p is not None  # noqa: S101
            return Mechanism(when, sourced(cause.p, cause.range[0], cause.range[1]))
        assert cause.risk is not None  # noqa: S101
        if not 0 <= leak.p < 1 or not all(leak.p <= value <= 1 for value in (cause.risk, *cause.range)):
            self.complain((*path, "risk"), f"risk {cause.risk:g} and its range must lie between the leak {leak.p:g} of {name} and 1")
            return None
        p, low, high = (without_leak(value, leak.p) for value in (cause.risk, *cause.range))
        return Mechanism(when, sourced(p, low, high, published=f"risk {cause.risk:g} ({cause.range[0]:g} to {cause.range[1]:g})"))

    def converted(self, spelling: str, shape: VariableShape, cause: CauseShape, path: Path) -> tuple[float, float, float, str] | None:
        """Return p, low, high and the published figure in words, by `cpt`'s arithmetic."""
        value = float(getattr(cause, spelling))
        exposure = cause.exposure if cause.exposure is not None else self.prevalence(cause)
        wrong = self.unconvertible(spelling, value, shape, cause, exposure)
        if wrong:
            for key, message in wrong:
                self.complain((*path, key), message)
            return None
        assert shape.marginal is not None and exposure is not None and cause.design is not None  # noqa: S101
        to_log = math.log if spelling != "smd" else lambda d: math.log(odds_ratio_of_smd(d))
        interval = None if cause.range is None else (to_log(cause.range[0]), to_log(cause.range[1]))
        error = standard_error(to_log(value), interval, cause.p_value)
        mean, sd = shrink(to_log(value), error, self.conversion.designs[cause.design], self.conversion.prior_sd)
        links = [
            scaled(RATIOS[spelling](math.exp(mean + z * sd), shape.marginal.p, exposure, cause.carried), self.conversion.scale)
            for z in (0.0, -1.96, 1.96)
        ]
        printed = f"{cause.range[0]:g} to {cause.range[1]:g}" if cause.range is not None else f"p = {cause.p_value:g}"
        return links[0], links[1], links[2], f"{spelling.replace('_', ' ')} {value:g} ({printed})"

    def unconvertible(
        self, spelling: str, value: float, shape: VariableShape, cause: CauseShape, exposure: float | None
    ) -> list[tuple[str, str]]:
        wrong: list[tuple[str, str]] = []
        if shape.marginal is None or not 0 < shape.marginal.p < 1:
            wrong.append((spelling, f"a {spelling.replace('_', ' ')} needs the `marginal` of its effect, between 0 and 1"))
        if cause.design not in self.conversion.designs:
            wrong.append(("design", str(unknown("design", cause.design or "", self.conversion.designs))))
        if exposure is None or not 0 <= exposure < 1:
            wrong.append(("exposure", f"a {spelling.replace('_', ' ')} needs `exposure`, the prevalence of its conditions, in [0, 1)"))
        if (cause.range is None) == (cause.p_value is None):
            wrong.append(("range", "a ratio needs its 95 % interval (range) or its p_value, not both"))
        if cause.range is not None and not cause.range[0] <= value <= cause.range[1]:
            wrong.append(("range", f"range [{cause.range[0]:g}, {cause.range[1]:g}] must lie around {value:g}"))
        if spelling != "smd" and (value <= 0 or (cause.range is not None and cause.range[0] <= 0)):
            wrong.append((spelling, f"a ratio must be above 0, not {value:g}"))
        if cause.p_value is not None and not 0 < cause.p_value < 1:
            wrong.append(("p_value", f"p_value must lie between 0 and 1, not {cause.p_value:g}"))
        return wrong

    def prevalence(self, cause: CauseShape) -> float | None:
        """Return the prior probability of a single condition on a root variable."""
        if len(cause.when) != 1:
            return None
        parent, states = next(iter(cause.when.items()))
        shape = self.shapes.get(parent)
        if shape is None or shape.prior is None:
            return None
        first = shape.states[0]
        rest = {state: entry.p for state, entry in shape.prior.items()}
        rest.setdefault(first, 1 - math.fsum(rest.values()))
        return math.fsum(rest.get(state, 0.0) for state in ([states] if isinstance(states, str) else states))

    def table(self, name: str, shape: VariableShape) -> Table | None:
        assert shape.table is not None  # noqa: S101
        path: Path = ("variables", name, "table")
        parents = tuple(shape.table.parents)
        for index, parent in enumerate(parents):
            if parent in parents[:index]:
                self.complain((*path, "parents", index), f"parent {shown(parent)} is listed twice")
        sizes = [len(self.shapes[parent].states) if parent in self.shapes else 1 for parent in parents]
        if math.prod(sizes) * len(shape.states) > LARGEST_TABLE:
            self.complain(path, f"the table of {name} would have {math.prod(sizes) * len(shape.states):,} cells; the limit is {LARGEST_TABLE:,}")
            return None
        rows = [self.row(name, shape, parents, row, (*path, "rows", index)) for index, row in enumerate(shape.table.rows)]
        whole = [row for row in rows if row is not None]
        if len(whole) < len(rows) or not self.complete(name, parents, whole, path):
            return None
        return Table(parents, tuple(whole))

    def complete(self, name: str, parents: tuple[str, ...], rows: list[Row], path: Path) -> bool:
        if any(parent not in self.shapes for parent in parents):
            return True
        given = [row.given for row in rows]
        missing = [" ".join(combination) for combination in product(*(self.shapes[parent].states for parent in parents)) if combination not in given]
        if missing:
            self.complain((*path, "rows"), f"the table of {name} lacks the rows for {listed(missing, 3)}")
        return not missing

    def row(self, name: str, shape: VariableShape, parents: tuple[str, ...], row: RowShape, path: Path) -> Row | None:
        self.cited(row, path)
        before = len(self.found)
        if set(row.when) != set(parents):
            self.complain((*path, "when"), f"a row of {name} must name the state of each parent ({listed(parents)}), it names {listed(list(row.when)) or 'none'}")
        for parent, state in row.when.items():
            if parent in self.shapes and state not in self.shapes[parent].states:
                self.complain((*path, "when", parent), str(unknown(f"state of {parent}", state, self.shapes[parent].states)))
        for key, values in (("probabilities", row.probabilities), ("range", row.range)):
            if len(values) != len(shape.states):
                self.complain((*path, key), f"{key} has {len(values)} entries for the {len(shape.states)} states of {name}")
        if len(self.found) > before:
            return None
        numbers = tuple(
            Number(p, low, high, tuple(row.sources), tuple(row.against), row.note)
            for p, (low, high) in zip(row.probabilities, row.range, strict=True)
        )
        return self.normalised(numbers, name, tuple(row.when[parent] for parent in parents))

    def test(self, name: str, shape: VariableShape) -> Table | None:
        path: Path = ("variables", name)
        if shape.sensitivity is None or shape.specificity is None:
            self.complain((*path, "observes"), f"{name} observes {shape.observes}: it needs sensitivity and specificity")
            return None
        assert shape.observes is not None  # noqa: S101
        hidden = self.shapes.get(shape.observes)
        if hidden is None:
            self.complain((*path, "observes"), str(unknown("variable", shape.observes, self.shapes)))
            return None
        if len(hidden.states) != 2 or len(shape.states) != 2:
            self.complain((*path, "observes"), f"sensitivity and specificity need two states each: {name} and {shape.observes}")
            return None
        sensitivity = self.number(shape.sensitivity, (*path, "sensitivity"))
        specificity = self.number(shape.specificity, (*path, "specificity"))
        absent = Row((hidden.states[0],), (specificity, _complement([specificity])))
        present = Row((hidden.states[1],), (_complement([sensitivity]), sensitivity))
        return Table((shape.observes,), (absent, present))

    def treatment(self, name: str, shape: TreatmentShape, variables: dict[str, Variable]) -> Treatment:
        path: Path = ("treatments", name)
        self.states(shape.targets, variables, (*path, "targets"))
        success = self.number(shape.success, (*path, "success"))
        self.found += [
            Problem((*path, "success"), f"range [{success.low:g}, {success.high:g}] and {success.p:g} must be probabilities in order")
            for _ in range(not 0 <= success.low <= success.p <= success.high <= 1)
        ]
        return Treatment(name, shape.label, shape.targets, success, shape.who, shape.note, tuple(shape.cautions))

    def advice(self, name: str, shape: AdviceShape, variables: dict[str, Variable], treatments: Mapping[str, Treatment]) -> Advice:
        path: Path = ("advice", name)
        self.states(shape.when, variables, (*path, "when"))
        self.known(shape.treatments, treatments, "treatment", (*path, "treatments"))
        self.known(shape.sources, {**self.rows, EXPERT: None}, "source", (*path, "sources"))
        return Advice(name, shape.kind, shape.text, tuple(shape.sources), shape.when, tuple(shape.treatments))

    def states(self, chosen: Mapping[str, str], variables: Mapping[str, Variable], path: Path) -> None:
        for variable, state in chosen.items():
            if variable not in self.shapes:
                self.complain((*path, variable), str(unknown("variable", variable, self.shapes)))
            elif variable in variables and state not in variables[variable].states:
                self.complain((*path, variable), str(unknown(f"state of {variable}", state, variables[variable].states)))

    @staticmethod
    def used(variables: Mapping[str, Variable], treatments: Mapping[str, Treatment], advice: Mapping[str, Advice]) -> set[str]:
        numbers = [entry for variable in variables.values() for entry in variable.numbers]
        numbers += [treatment.success for treatment in treatments.values()]
        ids = {id for entry in numbers for id in (*entry.sources, *entry.against)}
        return ids | {id for entry in advice.values() for id in entry.sources}


def _complement(others: list[Number]) -> Number:
    """Return the number of the state that the others leave over, with their sources."""
    p = 1 - math.fsum(entry.p for entry in others)
    low, high = 1 - math.fsum(entry.high for entry in others), 1 - math.fsum(entry.low for entry in others)
    sources = tuple(dict.fromkeys(id for entry in others for id in entry.sources))
    against = tuple(dict.fromkeys(id for entry in others for id in entry.against))
    p = 0.0 if -1e-9 < p < 0 else p
    return Number(p, min(max(low, 0.0), p), max(min(high, 1.0), p), sources, against)
