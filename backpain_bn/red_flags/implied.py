"""What findings say about red-flag questions: which they answer already, and which they make worth
asking first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .answered import RedFlags, check
from .rules import ABOVE, NO, NOT_ASKED, SUPPRESSING, URGENCIES, YES, Rule, Rules, When


def implied(
    rules: Rules, findings: Mapping[str, object], numbers: Mapping[str, float] | None = None
) -> dict[str, str]:
    """Return the answers to red-flag questions that findings give already: yes, or no where the
    question contradicts one of them, or `numbers` that were told for variables lie on the other
    side of its bound. A number on the bound leaves it open.

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> spike = RedFlagQuestion(
    ...     "sudden_increase", "Did you train much more lately?", (), "training_load=spike"
    ... )
    >>> implied(Rules("demo", "1", (spike,), ()), {"training_load": "spike"})
    {'sudden_increase': 'yes'}
    >>> old = RedFlagQuestion("over_70", "Are you over 70?", (), number=("age", ABOVE, 70))
    >>> rules = Rules("demo", "1", (old,), ())
    >>> [implied(rules, {}, {"age": age}) for age in (71, 70, 69)]
    [{'over_70': 'yes'}, {}, {'over_70': 'no'}]
    """
    told = {f"{name}={state_told(finding)}" for name, finding in findings.items()}
    found = {each.id: NO for each in rules.questions if not told.isdisjoint(each.contradicts)}
    found |= dict(_by_numbers(rules, numbers or {}))
    return found | {each.id: YES for each in rules.questions if each.finding in told}


def state_told(finding: object) -> object:
    """Return the state that was told, also where it is the only one that likelihoods leave."""
    if not isinstance(finding, Mapping):
        return finding
    left = [state for state, weight in finding.items() if weight != 0]
    return left[0] if len(left) == 1 else None


def later_flags(
    before: RedFlags,
    answers: Mapping[str, str | bool | None],
    findings: Mapping[str, object],
    numbers: Mapping[str, float] | None = None,
) -> RedFlags:
    """Return what is set off some time later: by what was answered `before` and is now, and by what
    followed from findings then and does now. What is not answered again stays as it was, unless a
    finding now says yes; a yes that followed stays until a finding says no.

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> fall, old = RedFlagQuestion("fall", "A fall?", ()), RedFlagQuestion("old", "Old?", ())
    >>> rule = Rule("break", "Break", "urgent", (("fall", "old"),), "Go.", "", ())
    >>> first = check(Rules("demo", "1", (fall, old), (rule,)), {"old": "yes"})
    >>> first.urgent, later_flags(first, {"fall": "yes"}, {}).urgent
    (False, True)
    """
    told = {name: answer for name, answer in before.answers.items() if answer != NOT_ASKED}
    follows = {name: told.pop(name) for name in before.follows}
    given = check(before.rules, answers).answers
    now = {name: answer for name, answer in given.items() if answer != NOT_ASKED}
    left = {name: said for name, said in follows.items() if name not in now or said == YES}
    return check(before.rules, {**told, **now}, left | implied(before.rules, findings, numbers))


def lasting_flags(
    before: RedFlags,
    answers: Mapping[str, str | bool | None],
    findings: Mapping[str, object],
    numbers: Mapping[str, float] | None = None,
) -> RedFlags:
    """Return `later_flags`, where no yes of `before` is taken back, whatever is said later.

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> rule = Rule("break", "Break", "urgent", (("fall",),), "Go.", "", ())
    >>> rules = Rules("demo", "1", (RedFlagQuestion("fall", "A fall?", ()),), (rule,))
    >>> first = check(rules, {"fall": "yes"})
    >>> [each(first, {"fall": "no"}, {}).urgent for each in (later_flags, lasting_flags)]
    [False, True]
    """
    flags = later_flags(before, answers, findings, numbers)
    said = [name for name, answer in before.answers.items() if answer == YES]
    gone = {name: YES for name in said if flags.answers[name] != YES}
    return later_flags(before, {**answers, **gone}, findings, numbers) if gone else flags


def _by_numbers(rules: Rules, numbers: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    for each in rules.questions:
        if each.number is None or each.number[0] not in numbers:
            continue
        variable, side, bound = each.number
        beyond = numbers[variable] - bound if side == ABOVE else bound - numbers[variable]
        if beyond != 0:
            yield each.id, YES if beyond > 0 else NO


def asked_first(
    rules: Rules, findings: Mapping[str, object], answers: Mapping[str, str | None]
) -> frozenset[str]:
    """Return the questions that the case makes relevant: those of the gravest of the rules that
    silence an answer, those of rules that the findings meet (questions with a `when` of their own:
    where they meet that), and whatever is missing beside a yes to complete a rule; the others are
    asked on request.

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> hot = RedFlagQuestion("hot", "Is it hot?", ())
    >>> smell = RedFlagQuestion("smell", "Does it smell?", ())
    >>> when = (("lights", ("dim",)),)
    >>> fire = Rule("fire", "Fire", "urgent", (("smoke",),), "Get out.", "", ())
    >>> wires = Rule("wires", "Wires", "soon", (("hot", "smell"),), "Look.", "", (), when)
    >>> smoke = RedFlagQuestion("smoke", "Is there smoke?", ())
    >>> rules = Rules("demo", "1", (hot, smell, smoke), (fire, wires))
    >>> sorted(asked_first(rules, {"lights": "dim"}, {}))
    ['hot', 'smell', 'smoke']
    >>> sorted(asked_first(rules, {}, {"hot": "yes"})), sorted(asked_first(rules, {}, {}))
    (['hot', 'smell', 'smoke'], ['smoke'])
    """
    answered = {name: answer for name, answer in answers.items() if answer in (YES, NO)}
    told = {**implied(rules, findings), **answered}
    found: set[str] = set()
    own = {each.id: each.when for each in rules.questions if each.when is not None}
    silencing = [rule.urgency for rule in rules.rules if rule.urgency in SUPPRESSING]
    gravest = min(silencing, key=URGENCIES.index, default="")
    for rule in rules.rules:
        if rule.urgency == gravest or _met(rule.when, findings):
            found |= rule.asks - set(own)
        found |= _begun(rule, told)
    return frozenset(found | {name for name, when in own.items() if _met(when, findings)})


def graver(flags: RedFlags) -> frozenset[str]:
    """Return the questions that, beside a yes, may complete a more urgent rule than all that fire.

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> lump, old = RedFlagQuestion("lump", "A lump?", ()), RedFlagQuestion("old", "Old?", ())
    >>> worst = Rule("worst", "Worst", "emergency", (("lump", "old"),), "Go now.", "", ())
    >>> bad = Rule("bad", "Bad", "urgent", (("lump",),), "Go today.", "", ())
    >>> sorted(graver(check(Rules("demo", "1", (lump, old), (worst, bad)), {"lump": "yes"})))
    ['lump', 'old']
    """
    fired = min((URGENCIES.index(rule.urgency) for rule in flags.set), default=len(URGENCIES))
    rules = [rule for rule in flags.open if URGENCIES.index(rule.urgency) < fired]
    return frozenset().union(*(_begun(rule, flags.answers) for rule in rules))


def _begun(rule: Rule, answers: Mapping[str, str | None]) -> set[str]:
    """Return the questions of the combinations that hold a yes and no no."""
    found: set[str] = set()
    for combination in rule.any:
        given = [answers.get(name) for name in combination]
        if YES in given and NO not in given:
            found.update(combination)
    return found


def _met(when: When, findings: Mapping[str, object]) -> bool:
    return when is not None and all(
        state_told(findings.get(name)) in states for name, states in when
    )
