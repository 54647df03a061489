"""From the plain data of a network file to a `Network`, with everything that is wrong with it
reported at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from ..errors import listed, shown, unknown
from ..model.distributions import (
    EXPERT,
    LARGEST_TABLE,
    Mechanism,
    NoisyOr,
    Number,
    Row,
    Table,
    complement,
)
from ..model.network import Network
from ..model.validation import Problem, number_problems, problems, state_problems
from ..model.variables import Advice, Cost, Source, Treatment, Variable
from ..model.vocabulary import Means, Role, Vocabulary
from ..red_flags import Rules
from .effect_sizes import RATIOS, Conversion, link, prevalence, unconvertible, without_leak
from .schema import (
    STRENGTHS,
    AdviceShape,
    CauseShape,
    HeadShape,
    NumberShape,
    RoleShape,
    RowShape,
    Shape,
    TreatmentShape,
    VariableShape,
    VocabularyShape,
    checked,
    mended,
)

Path = tuple[str | int, ...]
ROUNDING = 1e-6
"""A table row whose sum is this near to 1 is taken for rounded, normalised, and noted."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
S = TypeVar("S", bound=Shape)


def build(
    data: Any, rows: Mapping[str, Source] | None, red_flags: Rules
) -> tuple[Network | None, list[Problem]]:
    """Return the network that the data of a file describes, or None and everything that is wrong.

    `rows` are the sources by id; None, where they could not be read, leaves the ids unchecked.
    """
    return _Builder(rows, red_flags).network(data)


class _Builder:
    """Collects problems while it turns shapes into nouns."""

    def __init__(self, rows: Mapping[str, Source] | None, red_flags: Rules) -> None:
        self.rows = rows
        self.red_flags = red_flags
        self.vocabulary = Vocabulary()
        self.found: list[Problem] = []
        self.touched: set[Path] = set()
        self.notes: list[str] = []
        self.conversion: Conversion | None = None
        self.shapes: dict[str, VariableShape] = {}
        self.named: dict[str, Mapping[str, Any]] = {}

    def complain(self, path: Path, message: str) -> None:
        """Note a problem, unless it only follows from a part of the wrong shape, which has been
        noted already.
        """
        if not any(part[: len(path)] == path for part in self.touched):
            self.found.append(Problem(path, message))

    def network(self, data: Any) -> tuple[Network | None, list[Problem]]:
        if not isinstance(data, dict):
            return None, [
                Problem((), "the file must hold keys and values: name, version, variables, ...")
            ]
        parts = {key: data.get(key, {}) for key in ("variables", "treatments", "advice")}
        self.named = {key: part if isinstance(part, dict) else {} for key, part in parts.items()}
        head = self.part(
            HeadShape, {key: value for key, value in data.items() if key not in parts}, ()
        )
        if head is not None:
            self.conversion = Conversion(
                head.conversion.prior_sd, head.conversion.scale, head.conversion.designs
            )
            self.vocabulary = vocabulary_of(head.vocabulary)
        self.shapes = self.parts(VariableShape, parts["variables"], "variables")
        variables = {name: self.variable(name, shape) for name, shape in self.shapes.items()}
        whole = {name: variable for name, variable in variables.items() if variable is not None}
        broken = {name for name in self.named["variables"] if name not in whole}
        self.structure(whole, broken, head.outcome if head is not None else "")
        treatment_shapes = self.parts(TreatmentShape, parts["treatments"], "treatments")
        treatments = {name: self.treatment(name, shape) for name, shape in treatment_shapes.items()}
        advice = {
            name: self.advice(name, shape)
            for name, shape in self.parts(AdviceShape, parts["advice"], "advice").items()
        }
        if parts["variables"] == {}:
            self.complain(("variables",), "the network has no variables")
        if self.found or head is None:
            return None, self.found
        used = {
            id: row
            for id, row in (self.rows or {}).items()
            if id in self.used(whole, treatments, advice)
        }
        return Network(
            head.name, whole, head.version, head.about, head.outcome, used, treatments, advice,
            tuple(self.notes), self.vocabulary, self.red_flags,
        ), []  # fmt: skip

    def part(self, shape: type[S], data: Any, path: Path) -> S | None:
        """Return the validated part; where its shape is wrong, the part with a harmless filling, or
        None where that is not possible.
        """
        made, wrong = checked(shape, data)
        self.found += [Problem((*path, *inside), message) for inside, message in wrong]
        if wrong:
            made = checked(shape, mended(data, [inside for inside, _ in wrong]))[0]
            self.touched |= {(*path, *inside) for inside, _ in wrong}
        return made

    def parts(self, shape: type[S], data: Any, key: str) -> dict[str, S]:
        if not isinstance(data, dict):
            self.complain((key,), f"{key} must be keys and values")
            return {}
        made = {}
        for name, entry in data.items():
            if not NAME.fullmatch(name):
                self.complain(
                    (key, name),
                    f"{shown(name)} must be at most 60 lower case letters, digits and "
                    "underscores, a letter first",
                )
            shaped = self.part(shape, entry, (key, name))
            if shaped is not None:
                made[name] = shaped
        return made

    def structure(self, whole: dict[str, Variable], broken: set[str], outcome: str) -> None:
        """Add what is wrong with the variables taken together; says nothing about links to
        variables that are broken themselves.
        """
        stand_ins = {}
        for name in broken:
            mentioned = {state for variable in whole.values() if isinstance(variable.distribution, NoisyOr)
                         for mechanism in variable.distribution.mechanisms for state in mechanism.when.get(name, ())}  # fmt: skip
            states = self.states_of(name) or tuple(dict.fromkeys((*mentioned, "(a)", "(b)")))
            even = Number(1 / len(states), 0.0, 1.0)
            role = next(iter(self.vocabulary.roles))
            table = Table((), (Row((), (even,) * len(states)),))
            means = next(iter(self.vocabulary.means))
            stand_ins[name] = Variable(name, states, table, role=role, cost=Cost(who=means))
        for problem in problems(whole | stand_ins, self.vocabulary, outcome):
            if problem.path == ("outcome",):
                if self.named["variables"]:
                    self.complain(problem.path, problem.message)
            elif problem.path[1] not in broken and not self._tabled(problem, whole, broken):
                self.complain(problem.path, problem.message)

    def _tabled(self, problem: Problem, whole: dict[str, Variable], broken: set[str]) -> bool:
        """Whether the problem is one of a table over a parent whose states are not known."""
        variable = whole[str(problem.path[1])]
        return isinstance(variable.distribution, Table) and any(
            name in broken and not self.states_of(name) for name in variable.parents
        )

    def states_of(self, name: str) -> tuple[str, ...]:
        """Return the states of a variable of the file, even if something else is wrong with it; ()
        if they are not known.
        """
        entry = self.named["variables"].get(name)
        states = entry.get("states") if isinstance(entry, dict) else None
        good = (
            isinstance(states, list)
            and len(states) > 1
            and all(isinstance(state, str) for state in states)
        )
        return tuple(dict.fromkeys(states)) if good and states else ()

    def known(
        self, ids: tuple[str, ...] | list[str], allowed: Mapping[str, Any], kind: str, path: Path
    ) -> None:
        for index, id in enumerate(ids):
            if id not in allowed:
                self.complain((*path, index), str(unknown(kind, id, allowed)))

    def cited(self, shape: Any, path: Path) -> None:
        """Check the ids of a number: they exist, and a figure that no study gives says `expert`."""
        if self.rows is None:
            return
        self.known(shape.sources, {**self.rows, EXPERT: None}, "source", (*path, "sources"))
        self.known(shape.against, self.rows, "source", (*path, "against"))
        kinds = {self.rows[id].kind for id in shape.sources if id in self.rows}
        if EXPERT not in shape.sources and kinds == {"claim"}:
            self.complain(
                (*path, "sources"),
                "a claim gives no figure: add the study that does, or the word expert",
            )
        for index, id in enumerate(shape.against):
            if id in self.rows and self.rows[id].kind == "claim":
                self.complain(
                    (*path, "against", index),
                    f"only studies speak against a number; {shown(id)} is a claim",
                )
            elif id in shape.sources and id in self.rows:
                self.complain(
                    (*path, "against", index),
                    f"source {shown(id)} cannot speak both for and against one number",
                )

    def number(self, shape: NumberShape, path: Path) -> Number:
        self.cited(shape, path)
        return Number(
            shape.p,
            shape.range[0],
            shape.range[1],
            tuple(shape.sources),
            tuple(shape.against),
            shape.note,
        )

    def sound(self, shape: NumberShape, path: Path) -> Number:
        """Return a number whose p and range are probabilities in order; else complain and return a
        harmless one.
        """
        made = self.number(shape, path)
        wrong = list(number_problems(path, made))
        for problem in wrong:
            self.complain(problem.path, problem.message)
        return Number(0.0, 0.0, 1.0) if wrong else made

    def variable(self, name: str, shape: VariableShape) -> Variable | None:
        path: Path = ("variables", name)
        given = [
            key for key in ("prior", "leak", "table", "observes") if getattr(shape, key) is not None
        ]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            self.complain(
                path,
                f"{name} needs exactly one of prior, leak (with causes), table, observes; it has "
                f"{said}",
            )
            return None
        for key, owner in (
            ("causes", "leak"),
            ("sensitivity", "observes"),
            ("specificity", "observes"),
        ):
            if getattr(shape, key) and given != [owner]:
                self.complain((*path, key), f"{key} goes with {owner}; {name} has {given[0]}")
        twice = list(state_problems(name, tuple(shape.states)))
        for problem in twice:
            self.complain(problem.path, problem.message)
        makers: dict[str, Callable[[str, VariableShape], NoisyOr | Table | None]] = {
            "prior": self.prior, "leak": self.noisy_or, "table": self.table, "observes": self.test,
        }  # fmt: skip
        distribution = makers[given[0]](name, shape)
        marginal = self.number(shape.marginal, (*path, "marginal")) if shape.marginal else None
        if distribution is None or twice:
            return None
        role = self.vocabulary.roles.get(shape.role)
        persists = role is not None and role.persists
        if shape.persists is not None:
            persists = shape.persists == "yes"
        cost = (
            Cost(shape.cost.minutes, shape.cost.discomfort, shape.cost.who)
            if shape.cost
            else Cost(who=next(iter(self.vocabulary.means)))
        )
        return Variable(
            name, tuple(shape.states), distribution, shape.label, shape.role, shape.about, shape.question, persists, marginal, cost
        )  # fmt: skip

    def prior(self, name: str, shape: VariableShape) -> Table:
        path: Path = ("variables", name, "prior")
        before = len(self.found)
        given = {
            state: self.sound(entry, (*path, state)) for state, entry in (shape.prior or {}).items()
        }
        harmless = Table(
            (),
            (Row((), (Number(1.0, 0.0, 1.0), *(Number(0.0, 0.0, 1.0) for _ in shape.states[1:]))),),
        )
        wrong = [state for state in given if state not in shape.states]
        for state in wrong:
            self.complain((*path, state), str(unknown(f"state of {name}", state, shape.states)))
        first, rest = shape.states[0], shape.states[1:]
        missing = [state for state in rest if state not in given]
        if missing:
            self.complain(
                path,
                f"the prior of {name} lacks {listed(missing)}; only the first state ({first}) may "
                "be left out",
            )
        if len(self.found) > before or len({*shape.states}) < len(shape.states):
            return harmless
        if first not in given:
            total = math.fsum(entry.p for entry in given.values())
            if total > 1 + ROUNDING:
                self.complain(
                    path,
                    f"probabilities of {name} sum to {total:.9g}, which leaves nothing for {first}",
                )
                return harmless
            given[first] = complement([given[state] for state in rest])
        row = self.normalised(tuple(given[state] for state in shape.states), name, ())
        total = math.fsum(entry.p for entry in row.numbers)
        if abs(total - 1) > ROUNDING:
            self.complain(path, f"probabilities of {name} sum to {total:.9g}, not 1")
            return harmless
        return Table((), (row,))

    def normalised(self, numbers: tuple[Number, ...], name: str, given: tuple[str, ...]) -> Row:
        total = math.fsum(entry.p for entry in numbers)
        if 1e-9 < abs(total - 1) <= ROUNDING and all(entry.p >= 0 for entry in numbers):
            row = f"{name} given {', '.join(given)}" if given else name
            self.notes.append(
                f"the probabilities of {row} summed to {total:.12g} (rounded) and were normalised"
            )
            shares = [entry.p / total for entry in numbers]
            numbers = tuple(
                replace(entry, p=p, low=min(entry.low, p), high=max(entry.high, p))
                for entry, p in zip(numbers, shares, strict=True)
            )
        return Row(given, numbers)

    def noisy_or(self, name: str, shape: VariableShape) -> NoisyOr:
        path: Path = ("variables", name)
        assert shape.leak is not None
        leak = self.number(shape.leak, (*path, "leak"))
        mechanisms = [
            self.mechanism(name, shape, cause, leak, (*path, "causes", index))
            for index, cause in enumerate(shape.causes)
        ]
        return NoisyOr(leak, tuple(mechanisms))

    def mechanism(
        self, name: str, shape: VariableShape, cause: CauseShape, leak: Number, path: Path
    ) -> Mechanism:
        """Return one cause; where its strength cannot be used, complain and return it with a
        harmless one.
        """
        self.cited(cause, path)
        when = {
            parent: (states,) if isinstance(states, str) else tuple(states)
            for parent, states in cause.when.items()
        }
        harmless = Mechanism(when, Number(0.0, 0.0, 1.0))
        given = [key for key in STRENGTHS if getattr(cause, key) is not None]
        if len(given) != 1:
            self.complain(
                path,
                f"a cause needs exactly one of {', '.join(STRENGTHS)}; it has "
                f"{' and '.join(given) or 'none'}",
            )
            return harmless
        sourced = partial(
            Number, sources=tuple(cause.sources), against=tuple(cause.against), note=cause.note
        )
        if given[0] in RATIOS:
            strength = self.converted(given[0], name, shape, cause, path)
            return (
                harmless
                if strength is None
                else Mechanism(when, sourced(*strength[:3], published=strength[3]))
            )
        for key in cause.model_fields_set & {"design", "exposure", "carried", "p_value"}:
            self.complain(
                (*path, key), f"{key} belongs to a published ratio; this cause gives {given[0]}"
            )
        if cause.range is None:
            self.complain(path, "range is missing")
            return harmless
        if given[0] == "p":
            assert cause.p is not None
            return Mechanism(when, sourced(cause.p, cause.range[0], cause.range[1]))
        assert cause.risk is not None
        if not 0 <= leak.p < 1 or not all(
            leak.p <= value <= 1 for value in (cause.risk, *cause.range)
        ):
            self.complain(
                (*path, "risk"),
                f"risk {cause.risk:g} and its range must lie between the leak {leak.p:g} of "
                f"{name} and 1",
            )
            return harmless
        if not cause.range[0] <= cause.risk <= cause.range[1]:
            self.complain(
                (*path, "range"),
                f"range [{cause.range[0]:g}, {cause.range[1]:g}] must lie around {cause.risk:g}",
            )
            return harmless
        p, low, high = (without_leak(value, leak.p) for value in (cause.risk, *cause.range))
        return Mechanism(
            when,
            sourced(
                p,
                low,
                high,
                published=f"risk {cause.risk:g} ({cause.range[0]:g} to {cause.range[1]:g})",
            ),
        )

    def converted(
        self, spelling: str, name: str, shape: VariableShape, cause: CauseShape, path: Path
    ) -> tuple[float, float, float, str] | None:
        """Return p, low, high and the published figure in words (see `convert.link`)."""
        exposure = cause.exposure if cause.exposure is not None else prevalence(cause, self.shapes)
        marginal = shape.marginal.p if shape.marginal is not None else None
        if self.conversion is None or (
            marginal is None and "marginal" in self.named["variables"][name]
        ):
            return None
        wrong = unconvertible(spelling, cause, marginal, exposure, self.conversion)
        made = wrong or link(spelling, cause, marginal or 0.0, exposure or 0.0, self.conversion)
        if isinstance(made, list):
            for key, message in made:
                self.complain((*path, key), message)
            return None
        return made

    def table(self, name: str, shape: VariableShape) -> Table | None:
        assert shape.table is not None
        path: Path = ("variables", name, "table")
        parents = tuple(shape.table.parents)
        before = len(self.found)
        self.known(parents, self.named["variables"], f"parent of {name}", (*path, "parents"))
        for index, parent in enumerate(parents):
            if parent in parents[:index]:
                self.complain((*path, "parents", index), f"parent {shown(parent)} is listed twice")
        cells = math.prod([len(self.states_of(parent)) or 1 for parent in parents]) * len(
            shape.states
        )
        if cells > LARGEST_TABLE:
            self.complain(
                path,
                f"the table of {name} would have {cells:,} cells; the limit is {LARGEST_TABLE:,}",
            )
        if len(self.found) > before:
            return None
        rows = [
            self.row(name, shape, parents, row, (*path, "rows", index))
            for index, row in enumerate(shape.table.rows)
        ]
        whole = [row for row in rows if row is not None]
        return Table(parents, tuple(whole)) if len(whole) == len(rows) else None

    def row(
        self, name: str, shape: VariableShape, parents: tuple[str, ...], row: RowShape, path: Path
    ) -> Row | None:
        self.cited(row, path)
        whole = set(row.when) == set(parents)
        if not whole:
            named = listed(list(row.when)) or "none"
            self.complain(
                (*path, "when"),
                f"a row of {name} must name the state of each parent ({listed(parents)}), it "
                f"names {named}",
            )
        for parent, state in row.when.items():
            known = self.states_of(parent)
            if known and state not in known:
                self.complain(
                    (*path, "when", parent), str(unknown(f"state of {parent}", state, known))
                )
                whole = False
        for key, values in (("probabilities", row.probabilities), ("range", row.range)):
            if len(values) != len(shape.states):
                self.complain(
                    (*path, key),
                    f"{key} has {len(values)} entries for the {len(shape.states)} states of {name}",
                )
                whole = False
        if not whole:
            return None
        numbers = tuple(
            Number(p, low, high, tuple(row.sources), tuple(row.against), row.note)
            for p, (low, high) in zip(row.probabilities, row.range, strict=True)
        )
        return self.normalised(numbers, name, tuple(row.when[parent] for parent in parents))

    def test(self, name: str, shape: VariableShape) -> Table | None:
        path: Path = ("variables", name)
        if shape.sensitivity is None or shape.specificity is None:
            self.complain(
                (*path, "observes"),
                f"{name} observes {shape.observes}: it needs sensitivity and specificity",
            )
            return None
        assert shape.observes is not None
        sensitivity = self.sound(shape.sensitivity, (*path, "sensitivity"))
        specificity = self.sound(shape.specificity, (*path, "specificity"))
        if shape.observes not in self.named["variables"]:
            self.complain(
                (*path, "observes"),
                str(unknown("variable", shape.observes, self.named["variables"])),
            )
            return None
        hidden = self.states_of(shape.observes)
        if (hidden and len(hidden) != 2) or len(shape.states) != 2:
            self.complain(
                (*path, "observes"),
                f"sensitivity and specificity need two states each: {name} and {shape.observes}",
            )
            return None
        if not hidden:
            return None
        absent = Row((hidden[0],), (specificity, complement([specificity])))
        present = Row((hidden[1],), (complement([sensitivity]), sensitivity))
        return Table((shape.observes,), (absent, present))

    def treatment(self, name: str, shape: TreatmentShape) -> Treatment:
        path: Path = ("treatments", name)
        self.states(shape.targets, (*path, "targets"))
        self.known(shape.cautions, self.named["advice"], "advice", (*path, "cautions"))
        success = self.sound(shape.success, (*path, "success"))
        if shape.who not in self.vocabulary.means:
            self.complain((*path, "who"), str(unknown("means", shape.who, self.vocabulary.means)))
        return Treatment(
            name, shape.label, shape.targets, success, shape.who, shape.note, tuple(shape.cautions)
        )

    def advice(self, name: str, shape: AdviceShape) -> Advice:
        path: Path = ("advice", name)
        self.states(shape.when, (*path, "when"))
        self.known(shape.treatments, self.named["treatments"], "treatment", (*path, "treatments"))
        if self.rows is not None:
            self.known(shape.sources, {**self.rows, EXPERT: None}, "source", (*path, "sources"))
        if not shape.when and not shape.treatments:
            self.complain(
                path,
                f"{name} never applies: it needs findings (when) or treatments that it goes with",
            )
        return Advice(
            name, shape.kind, shape.text, tuple(shape.sources), shape.when, tuple(shape.treatments)
        )

    def states(self, chosen: Mapping[str, str], path: Path) -> None:
        for variable, state in chosen.items() if self.named["variables"] else ():
            if variable not in self.named["variables"]:
                self.complain(
                    (*path, variable), str(unknown("variable", variable, self.named["variables"]))
                )
            elif (known := self.states_of(variable)) and state not in known:
                self.complain((*path, variable), str(unknown(f"state of {variable}", state, known)))

    @staticmethod
    def used(
        variables: Mapping[str, Variable],
        treatments: Mapping[str, Treatment],
        advice: Mapping[str, Advice],
    ) -> set[str]:
        numbers = [entry for variable in variables.values() for entry in variable.numbers]
        numbers += [treatment.success for treatment in treatments.values()]
        ids = {id for entry in numbers for id in (*entry.sources, *entry.against)}
        return ids | {id for entry in advice.values() for id in entry.sources}


def vocabulary_of(shape: VocabularyShape) -> Vocabulary:
    """Return the vocabulary that a block of a file describes; what it leaves out is neutral."""
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    if shape.roles is not None:
        given["roles"] = {name: _role(role) for name, role in shape.roles.items()}
    if shape.means is not None:
        given["means"] = {
            name: Means(means.title, means.remark, means.trained == "yes")
            for name, means in shape.means.items()
        }
    given["actions"] = {action: tuple(names) for action, names in shape.actions.items()}
    return Vocabulary(**given)


def _role(shape: RoleShape) -> Role:
    flags = shape.model_dump(exclude={"title"})
    return Role(shape.title, **{name: value == "yes" for name, value in flags.items()})
