"""What would help: treatments by how much pain they are expected to take from the next run, alone and together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from . import cite
from .chains import Chain, evidence_words, path_words, strongest_chain
from .enough import utilities_of
from .errors import BackpainError, unknown
from .evidence import Findings
from .network import Network, Treatment
from .posterior import Posterior, posterior
from .render import Result, percent
from .slices import World, next_run, redrawn
from .view import Block, Item, Note, Table, View

UNPROVEN = ("expert", "claimed only", "contradicted")
"""Grades of evidence under which a treatment is called unproven."""
MOST_TOGETHER = 3
CANDIDATES = 10
"""Plans are made of so many treatments at most: those that lower pain most by themselves."""
SHOWN = 8
SMALLEST_EFFECT = 0.0005
CERTAIN = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class Help:
    """One treatment: P(pain on the next run) as it is (`before`) and if the treatment brings about what it aims at (`after`).

    `effect` = success * (before - after), below 0 where it does harm; `low` and `high` put the ends of the success range for success, and
    leave all other numbers as they are. `chain` is the strongest way from what it aims at to the pain.
    """

    treatment: Treatment
    before: float
    after: float
    grade: str
    chain: Chain | None

    @property
    def name(self) -> str:
        """The treatment's name in the network file."""
        return self.treatment.name

    @property
    def effect(self) -> float:
        """The drop of P(pain on the next run) that is to be expected."""
        return self.treatment.success.p * (self.before - self.after)

    @property
    def low(self) -> float:
        """The smaller of the effects at the ends of the success range."""
        return min(self._ends)

    @property
    def high(self) -> float:
        """The larger of the effects at the ends of the success range."""
        return max(self._ends)

    @property
    def _ends(self) -> tuple[float, float]:
        success, drop = self.treatment.success, self.before - self.after
        return success.low * drop, success.high * drop

    @property
    def unproven(self) -> bool:
        """Whether no study speaks for it without another against it being all there is, or its own note calls it unproven."""
        return self.grade in UNPROVEN or "unproven" in self.treatment.note.lower()


@dataclass(frozen=True, slots=True)
class Together:
    """Several treatments at once: P(pain on the next run) without and with them, whichever of them succeed.

    `low` and `high` are the effects with all successes at the lower and at the upper ends of their ranges, `added` is the sum of the
    treatments' effects one by one.
    """

    treatments: tuple[str, ...]
    before: float
    after: float
    low: float
    high: float
    added: float

    @property
    def effect(self) -> float:
        """The drop of P(pain on the next run) that is to be expected."""
        return self.before - self.after


@dataclass(frozen=True)
class Helps(Result):
    """Treatments, the one that takes most pain from the next run first; those left out, each with the reason; the best plan.

    `now` is P(pain on the next run | findings) if nothing is done. `plan` is None where fewer than two treatments lower pain.
    """

    network: Network
    findings: Findings
    now: float
    rows: tuple[Help, ...]
    left_out: Mapping[str, str]
    plan: Together | None

    def __iter__(self) -> Iterator[Help]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Help:
        return self.rows[index]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per treatment."""
        return [
            {
                "treatment": row.name, "label": row.treatment.label, "targets": dict(row.treatment.targets), "who": row.treatment.who,
                "before": row.before, "after": row.after, "success": row.treatment.success.p, "effect": row.effect, "low": row.low,
                "high": row.high, "grade": row.grade, "unproven": row.unproven, "note": row.treatment.note,
                "cautions": self._cautions(row.treatment), "sources": list(row.treatment.success.sources),
                "against": list(row.treatment.success.against),
            }
            for row in self.rows
        ]  # fmt: skip

    def top(self) -> tuple[Help, ...]:
        """Return the first few rows that take pain from at least one run in 2,000."""
        return tuple(row for row in self.rows if row.effect >= SMALLEST_EFFECT)[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the successes of `top`."""
        numbers = [row.treatment.success for row in self.top()]
        return [id for number in numbers for id in (*number.sources, *number.against)]

    def views(self) -> list[View]:
        """Return the best treatments with evidence and cautions, the best plan, and what holds whatever is chosen."""
        pain = cite.short_label(self.network[self.network.outcome])
        first = Note(
            f"If nothing is changed, about {self.now * 1000:.0f} of 1,000 runners like this one will have {pain} on the next run. What each "
            "treatment would take from that, most first:"
        )
        items = [Item(self._sentence(row), tuple(self._details(row))) for row in self.top()]
        blocks: tuple[Block, ...] = (first, *items, *self._rest()) if self.rows else tuple(self._rest())
        return [
            View("What would help", blocks),
            View("The best together", tuple(self._planned())),
            View("Whatever is chosen", tuple(self._advice())),
        ]

    def _sentence(self, row: Help) -> str:
        return f"{row.treatment.label}{' (unproven)' if row.unproven else ''}: {_drop(row.effect, row.low, row.high)}."

    def _details(self, row: Help) -> Iterator[str]:
        treatment, success = row.treatment, row.treatment.success
        aims = " and ".join(cite.state_words(self.network, name, [state]) for name, state in treatment.targets.items())
        by = "; takes somebody trained" if treatment.who == "clinician" else ""
        yield (
            f"Aims at {aims}; expected to get there for {percent(success.p)} of those who try ({_percents(success.low, success.high)})"
            f"{by}. For that: {cite.GRADE_WORDS[row.grade]}. [{cite.ids(success)}]"
        )
        if treatment.note:
            yield treatment.note
        if row.chain:
            yield f"{path_words(self.network, row.chain, self.findings)} {evidence_words(self.network, row.chain)}"
        for name in self._cautions(treatment):
            yield f"Mind: {self.network.advice[name].text}"

    def _cautions(self, treatment: Treatment) -> list[str]:
        """Return the names of the cautions that go with a treatment, whichever of the two says so."""
        advice = self.network.advice
        return [name for name in advice if name in treatment.cautions or treatment.name in advice[name].treatments]

    def _rest(self) -> Iterator[Note]:
        shown = self.top()
        small = [row for row in self.rows if abs(row.effect) < SMALLEST_EFFECT]
        more = [row for row in self.rows if row.effect >= SMALLEST_EFFECT and row not in shown]
        worse = [row for row in self.rows if row.effect <= -SMALLEST_EFFECT]
        if more:
            yield Note(f"Less: {_labels(row.treatment for row in more)}.")
        if small:
            yield Note(f"Next to nothing for this runner (fewer than 1 run in 1,000): {_labels(row.treatment for row in small)}.")
        for row in worse:
            yield Note(f"{row.treatment.label}: {_drop(row.effect, row.low, row.high)}. It would do harm here.")
        for name, reason in self.left_out.items():
            yield Note(f"Left out: {self.network.treatments[name].label}: {reason}.")
        if not self.network.treatments:
            yield Note(f"{self.network.name} knows no treatments.")
        elif not self.rows:
            yield Note("So there is nothing to rank. That does not mean that nothing helps.")
        else:
            yield Note(
                "The range in brackets covers how often a treatment gets where it aims, and only that; how strongly it then bears on pain "
                "is uncertain too. A run may also hurt for reasons that none of these touches."
            )

    def _planned(self) -> Iterator[Block]:
        if self.plan is None:
            return
        names = [self.network.treatments[name] for name in self.plan.treatments]
        yield Note(f"Of plans of up to {MOST_TOGETHER}, this one takes most: {_drop(self.plan.effect, self.plan.low, self.plan.high)}.")
        for treatment in names:
            yield Item(treatment.label)
        gap = self.plan.added - self.plan.effect
        added = f"{1000 * self.plan.added:.0f}"
        if abs(gap) < SMALLEST_EFFECT:
            yield Note(f"They hardly get in each other's way: one by one they add up to {added} as well.")
        elif gap > 0:
            yield Note(f"One by one they would add up to {added}: what one has taken away, another cannot take away again.")
        else:
            yield Note(f"One by one they would add up to {added} only: they work better together.")

    def _advice(self) -> Iterator[Note]:
        for advice in self.network.advice.values():
            if advice.when and all(self.findings.get(name) == state for name, state in advice.when.items()):
                yield Note(f"{advice.text} [{', '.join(advice.sources)}]")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to do: the treatments that it starts, P(outcome on the next run = state) with it, and its expected utility."""

    action: str
    treatments: tuple[str, ...]
    outcomes: Mapping[str, float]
    utility: float


@dataclass(frozen=True)
class Choices(Result):
    """Things to do, by expected utility over the next run, the best first."""

    network: Network
    rows: tuple[Choice, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per action."""
        return [{"action": r.action, "treatments": list(r.treatments), "outcomes": dict(r.outcomes), "utility": r.utility} for r in self.rows]

    def views(self) -> list[View]:
        """Return the actions as a table."""
        outcome = self.network[self.network.outcome]
        header = ("", "worth", f"{cite.short_label(outcome)} on the next run", "by")
        rows = []
        for row in self.rows:
            labels = _labels(self.network.treatments[name] for name in row.treatments) or "nothing new"
            rows.append((row.action, f"{row.utility:.3g}", percent(1 - row.outcomes[outcome.states[0]]), labels))
        return [View("What to do, by what it is worth to you", (Table(header, tuple(rows)),))]


def what_helps(network: Network, findings: Findings, treatments: Sequence[str] | None = None, now: Posterior | None = None) -> Helps:
    """Return treatments (default: all of the file) by the drop in pain that is to be expected on the next run.

    effect = success * (P0 - P1). What persists keeps today's uncertain value; the descendants of what is treated and everything that does
    not persist are drawn again from their tables, once with what is treated as it is (P0), once in the state that the treatment aims at
    (P1) (Pearl 2009, chapters 3 and 4). Findings on what is drawn again inform the rest and are not carried over. The best plan of up to
    three acts on all its targets at once, P0 and the expectation over which of its treatments succeed, independently, being those of one
    model; it is looked for among the ten treatments of the largest effects, never two for one target.

    Raises `UnknownName` for a treatment that is not in the file, `BackpainError` where the network names no outcome, and as `posterior`.

    >>> from .network import Mechanism, NoisyOr, Number, Variable, number, prior
    >>> states = ("no", "yes")
    >>> pain = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)), Mechanism({"stiff": ("yes",)}, number(0.5))))
    >>> train = Treatment("train", "Train", {"weak": "no"}, Number(0.5, 0.2, 0.8))
    >>> loosen = Treatment("loosen", "Loosen", {"stiff": "no"}, Number(0.4, 0.4, 0.4))
    >>> back = Network("back", {"weak": Variable("weak", states, prior(0.7, 0.3)), "stiff": Variable("stiff", states, prior(0.8, 0.2)),
    ...     "pain": Variable("pain", states, pain, persists=False)}, outcome="pain", treatments={"train": train, "loosen": loosen})
    >>> found = what_helps(back, {"pain": "yes"})
    >>> round(found.now, 4), [(row.name, round(row.effect, 4), round(row.high, 4)) for row in found]
    (0.4346, [('train', 0.1272, 0.2035), ('loosen', 0.0694, 0.0694)])
    >>> found.plan.treatments, round(found.plan.effect, 4), round(found.plan.added, 4)
    (('train', 'loosen'), 0.1836, 0.1966)
    """
    chosen = _chosen(network, treatments)
    run = next_run(network)
    now = posterior(network, findings) if now is None else now
    left_out = {one.name: reason for one in chosen if (reason := _without_use(network, one, now))}
    tried = [one for one in chosen if one.name not in left_out]
    worlds = [World(), *(world for one in tried for world in _two_worlds(network, one))]
    pain = 1 - run.outcomes(findings, worlds)[:, 0]
    rows = [
        Help(one, *pair, cite.graded(network, one.success), _way(network, one, now, findings))
        for one, pair in zip(tried, pain[1:].reshape(-1, 2).tolist(), strict=True)
    ]
    ranked = tuple(sorted(rows, key=lambda row: -row.effect))
    return Helps(network, findings, float(pain[0]), ranked, left_out, _best_plan(network, findings, ranked))


def _chosen(network: Network, names: Sequence[str] | None) -> list[Treatment]:
    for name in names or ():
        if name not in network.treatments:
            raise unknown("treatment", name, network.treatments)
    return [network.treatments[name] for name in (network.treatments if names is None else dict.fromkeys(names))]


def _reaching(network: Network, treatment: Treatment) -> dict[str, str]:
    """Return those of a treatment's targets that reach the outcome."""
    upstream = network.ancestors(network.outcome) | {network.outcome}
    return {name: state for name, state in treatment.targets.items() if name in upstream}


def _without_use(network: Network, treatment: Treatment, now: Posterior) -> str:
    reaching = _reaching(network, treatment)
    if not reaching:
        return f"no way leads from what it aims at to {cite.short_label(network[network.outcome])}, as far as this network knows"
    if all(now[name][state] >= CERTAIN for name, state in reaching.items()):
        return f"what it aims at is so already ({' and '.join(cite.state_words(network, name, [state]) for name, state in reaching.items())})"
    return ""


def _two_worlds(network: Network, treatment: Treatment) -> tuple[World, World]:
    again = _again(network, [treatment])
    return World(again), World(again, tuple((name, state, 1.0) for name, state in _reaching(network, treatment).items()))


def _again(network: Network, treatments: Iterable[Treatment]) -> frozenset[str]:
    acted = {name for one in treatments for name in _reaching(network, one)}
    return redrawn(network, acted) & network.ancestors(network.outcome)


def _way(network: Network, treatment: Treatment, now: Posterior, findings: Findings) -> Chain | None:
    ways = [strongest_chain(network, name, now, {}) for name in _reaching(network, treatment)]
    return max((way for way in ways if way), key=lambda way: way.strength, default=None)


def _best_plan(network: Network, findings: Findings, ranked: Sequence[Help]) -> Together | None:
    """Return the plan of the largest effect among two or three of the best treatments, None where no plan beats each of them alone."""
    good = [row.treatment for row in ranked if row.effect > 0][:CANDIDATES]
    plans = [plan for size in range(2, MOST_TOGETHER + 1) for plan in combinations(good, size) if _apart(plan)]
    if not plans:
        return None
    effects = [before - after for before, after in _pains(network, findings, [(plan, [one.success.p for one in plan]) for plan in plans])]
    best = plans[int(np.argmax(effects))]
    ends = [[getattr(one.success, end) for one in best] for end in ("p", "low", "high")]
    (before, after), *rest = _pains(network, findings, [(best, chances) for chances in ends])
    low, high = sorted(before - after for before, after in rest)
    alone = {row.name: row.effect for row in ranked}
    return Together(tuple(one.name for one in best), before, after, low, high, sum(alone[one.name] for one in best))


def _apart(plan: Sequence[Treatment]) -> bool:
    targets = [name for one in plan for name in one.targets]
    return len(targets) == len(set(targets))


def _pains(
    network: Network, findings: Findings, plans: Sequence[tuple[Sequence[Treatment], Sequence[float]]]
) -> list[tuple[float, float]]:
    """Return P(pain on the next run) as it is and with each plan, given each treatment's chance of success; all of it one batch."""
    worlds: list[World] = []
    weights: list[list[float]] = []
    for plan, chances in plans:
        again = _again(network, plan)
        some = list(_worlds(network, plan, chances, again))
        weights.append([weight for weight, _ in some])
        worlds += [World(again), *(world for _, world in some)]
    pain = iter((1 - next_run(network).outcomes(findings, worlds)[:, 0]).tolist())
    return [(next(pain), sum(weight * next(pain) for weight in some)) for some in weights]


def _worlds(
    network: Network, plan: Sequence[Treatment], chances: Sequence[float], again: frozenset[str]
) -> Iterator[tuple[float, World]]:
    """Yield the ways a plan may turn out, with their probabilities.

    A treatment of a single target that is otherwise kept is a mixture inside that target's table; the others succeed or fail, each by each.
    """
    fixed: list[tuple[str, str, float]] = []
    open_ended: list[tuple[list[tuple[str, str, float]], float]] = []
    for one, chance in zip(plan, chances, strict=True):
        targets = _reaching(network, one)
        if len(targets) == 1 and all(network[name].persists and name not in again for name in targets):
            fixed += [(name, state, chance) for name, state in targets.items()]
        else:
            open_ended.append(([(name, state, 1.0) for name, state in targets.items()], chance))
    for successes in product((True, False), repeat=len(open_ended)):
        weight, settings = 1.0, list(fixed)
        for success, (targets_set, chance) in zip(successes, open_ended, strict=True):
            weight *= chance if success else 1 - chance
            settings += targets_set if success else []
        yield weight, World(again, tuple(settings))


def usual_actions(found: Helps) -> dict[str, tuple[str, ...]]:
    """Return what runners usually choose between, and the treatments that each starts.

    keep running: none; modify: what one can do oneself of the best plan; rest: the treatment of that name; see someone: the best two or
    three of what takes somebody trained. What the file has no treatments for is left out.
    """
    plan = found.plan.treatments if found.plan else tuple(row.name for row in found.rows[:1] if row.effect > 0)
    own = tuple(name for name in plan if found.network.treatments[name].who == "self")
    trained = tuple(row.name for row in found.rows if row.treatment.who == "clinician" and row.effect > 0)[:MOST_TOGETHER]
    rest = ("rest",) if "rest" in found.network.treatments else ()
    named = {"modify": own, "rest": rest, "see someone": trained}
    return {"keep running": (), **{action: names for action, names in named.items() if names}}


def weigh(
    network: Network, findings: Findings, utilities: Mapping[str, Mapping[str, float]], actions: Mapping[str, Sequence[str]] | None = None
) -> Choices:
    """Return actions by expected utility over the next run: EU(a) = sum over s of P(outcome on the next run = s | findings, a) U(a, s).

    `utilities` maps each action to {state of the outcome: utility}, `actions` each action to the treatments that it starts (default:
    `usual_actions`). What any of them makes be drawn again is drawn again under all of them, so that they are compared like with like.
    Raises `UnknownName` for an unknown action, treatment or state, `BackpainError` for a missing state and for an action that pulls
    one variable into two states.

    >>> from .network import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> train = Treatment("train", "Train", {"weak": "no"}, number(0.5))
    >>> back = Network("back", {"weak": Variable("weak", states, prior(0.7, 0.3)),
    ...     "pain": Variable("pain", states, NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),)), persists=False)},
    ...     outcome="pain", treatments={"train": train})
    >>> worth = {"keep running": {"no": 1.0, "yes": -1.0}, "train": {"no": 0.9, "yes": -1.1}}
    >>> [(row.action, round(row.utility, 4)) for row in weigh(back, {"pain": "yes"}, worth, {"keep running": (), "train": ("train",)}).rows]
    [('train', 0.2841), ('keep running', 0.1682)]
    """
    known = usual_actions(what_helps(network, findings)) if actions is None else actions
    worth = utilities_of(network, {}, utilities, network.outcome)
    plans = {action: _chosen(network, list(_known(known, action))) for action in worth.actions}
    for action, plan in plans.items():
        _one_way(network, action, plan)
    again = _again(network, [one for plan in plans.values() for one in plan])
    rows = []
    for action, values in zip(worth.actions, worth.values, strict=True):
        some = list(_worlds(network, plans[action], [one.success.p for one in plans[action]], again))
        found = np.array([weight for weight, _ in some]) @ next_run(network).outcomes(findings, [world for _, world in some])
        outcomes = dict(zip(network[network.outcome].states, found.tolist(), strict=True))
        rows.append(Choice(action, tuple(one.name for one in plans[action]), outcomes, float(found @ values)))
    return Choices(network, tuple(sorted(rows, key=lambda row: -row.utility)))


def _known(actions: Mapping[str, Sequence[str]], action: str) -> Sequence[str]:
    if action not in actions:
        raise unknown("action", action, actions)
    return actions[action]


def _one_way(network: Network, action: str, plan: Sequence[Treatment]) -> None:
    states: dict[str, set[str]] = {}
    for one in plan:
        for name, state in one.targets.items():
            states.setdefault(name, set()).add(state)
    torn = [name for name, found in states.items() if len(found) > 1]
    if torn:
        raise BackpainError(f"the treatments of {action} pull {torn[0]} into several states: {', '.join(sorted(states[torn[0]]))}")


def _drop(effect: float, low: float, high: float) -> str:
    """Return a drop of probability as a runner reads it."""
    if effect < 0:
        return f"about {-1000 * effect:.0f} more of 1,000 ({-1000 * high:.0f} to {-1000 * low:.0f})"
    return f"about {1000 * effect:.0f} fewer of 1,000 ({1000 * low:.0f} to {1000 * high:.0f})"


def _percents(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {percent(high)}"


def _labels(treatments: Iterable[Treatment]) -> str:
    return "; ".join(one.label for one in treatments)
