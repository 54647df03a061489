"""Every phrase that is said in more than one place: probabilities, evidence, states, findings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from ..model.findings import Finding, Findings, told_present
from ..model.network import Network
from ..model.numbers import LEAK, MECHANISM, Parameter
from ..model.variables import Variable
from ..phrases import phrase

YES_NO = ("no", "yes")
PERCENT = "\N{NO-BREAK SPACE}%"
"""The unit as it stands behind a figure; the two are never torn apart."""
SMALLEST_FREQUENCY = 0.0005
RARE = 0.01


def percent(p: float) -> str:
    """Return a probability in whole percent; never 0 % or 100 % for what is not certain.

    >>> [
    ...     percent(p).replace("\\N{NO-BREAK SPACE}", " ")
    ...     for p in (0.6249, 0.004, 0.9991, 1.0, 0.0)
    ... ]
    ['62 %', 'under 1 %', 'over 99 %', '100 %', '0 %']
    """
    if 0 < p < 1 and round(100 * p) == 0:
        return f"under 1{PERCENT}"
    if 0 < p < 1 and round(100 * p) == 100:
        return f"over 99{PERCENT}"
    return f"{100 * p:.0f}{PERCENT}"


def hundred(parts: Sequence[float]) -> list[str]:
    """Return probabilities that make 1 in whole percent that make 100, by largest remainders
    (Hamilton 1792).

    >>> [part.replace("\\N{NO-BREAK SPACE}", " ") for part in hundred([1 / 3, 1 / 3, 1 / 3])]
    ['34 %', '33 %', '33 %']
    """
    whole = [math.floor(100 * part) for part in parts]
    order = sorted(range(len(parts)), key=lambda index: whole[index] - 100 * parts[index])
    for index in order[: 100 - sum(whole)]:
        whole[index] += 1
    return [f"{part}{PERCENT}" for part in whole]


def percent_of_number(p: float) -> str:
    """Return a number of the network in percent, with two digits where it is small.

    >>> [
    ...     percent_of_number(p).replace("\\N{NO-BREAK SPACE}", " ")
    ...     for p in (0.25, 0.0123, 0.0047)
    ... ]
    ['25 %', '1.2 %', '0.47 %']
    """
    digits = ".0f" if p > 0.095 else ".2g"
    return f"{100 * p:{digits}}{PERCENT}"


def percent_or_one_in(p: float) -> str:
    """Return a probability above 0 in percent, or as one in so many where that is rare.

    >>> percent_or_one_in(0.07).replace("\\N{NO-BREAK SPACE}", " "), percent_or_one_in(0.000243)
    ('7 %', 'about 1 in 4,100')
    """
    if p >= RARE:
        return percent(p)
    return f"about 1 in {float(f'{1 / p:.2g}'):,.0f}"


def span(low: float, high: float) -> str:
    """Return two probabilities as the ends of an interval.

    >>> span(0.25, 0.55).replace("\\N{NO-BREAK SPACE}", " ")
    '25 % to 55 %'
    """
    return f"{percent(low)} to {percent(high)}"


def between(value: float, ends: tuple[float, float]) -> str:
    """Return a probability with its interval.

    >>> between(0.39, (0.25, 0.55)).replace("\\N{NO-BREAK SPACE}", " ")
    '39 % (25 % to 55 %)'
    """
    return f"{percent(value)} ({span(*ends)})"


def of_100(part: float) -> str:
    """Return a share of draws as so many of a hundred.

    >>> of_100(0.714)
    '71 of 100'
    """
    return f"{round(100 * part)} of 100"


def counted(many: int, noun: str) -> str:
    """Return so many of something, in the plural where it is not one.

    >>> counted(1, "open question"), counted(1200, "pair"), counted(2, "pass")
    ('1 open question', '1,200 pairs', '2 passes')
    """
    if many == 1:
        return f"{many:,} {noun}"
    return f"{many:,} {noun}{'es' if noun.endswith('s') else 's'}"


def points(part: float) -> str:
    """Return a change of a probability or a share in points of a hundred.

    >>> points(0.213), points(0.0042), points(0.01)
    ('21 points', '0.42 points', '1 point')
    """
    figure = f"{100 * part:.2g}" if part < 0.1 else f"{100 * part:.0f}"
    return f"{figure} point" if figure == "1" else f"{figure} points"


def of_1000(p: float) -> str:
    """Return a probability as so many of a thousand.

    >>> of_1000(0.0061)
    'about 6 of 1,000'
    """
    return f"about {1000 * p:.0f} of 1,000"


def frequency(p: float) -> tuple[str, str]:
    """Return a probability as so many, and of how many: a hundred, or a thousand where it is rare.

    >>> frequency(0.034), frequency(0.0034), frequency(0.0001)
    (('about 3', '100'), ('about 3', '1,000'), ('fewer than 1', '1,000'))
    """
    if p < SMALLEST_FREQUENCY:
        return "fewer than 1", "1,000"
    if p < 0.00995:
        return f"about {1000 * p:.0f}", "1,000"
    return f"about {100 * p:.0f}", "100"


def signed(value: float) -> str:
    """Return a value with its sign and one digit behind the point; what rounds to 0 has no sign.

    >>> signed(3.01), signed(-0.04)
    ('+3.0', '0.0')
    """
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"


def decibans(db: float) -> str:
    """Return a weight of evidence with its sign, in decibans (10 log10 of the factor on the odds).

    >>> decibans(3.01), decibans(-0.04), decibans(float("-inf"))
    ('+3.0 decibans', '0.0 decibans', 'settles it (rules it out)')
    """
    if math.isinf(db):
        return "settles it" if db > 0 else "settles it (rules it out)"
    return f"{signed(db)} decibans"


def finite(db: float) -> float | None:
    """Return a weight of evidence as plain data may hold it: None where it settles the matter."""
    return db if math.isfinite(db) else None


def odds_words(db: float) -> str:
    """Return what a weight of evidence in decibans does to the odds.

    >>> odds_words(3.0), odds_words(7.0), odds_words(-7.0), odds_words(-0.04)
    ('doubles the odds', 'makes the odds 5 times as high', 'divides the odds by 5', \
'hardly changes the odds')
    >>> odds_words(1.0).replace("\\N{NO-BREAK SPACE}", " ")
    'raises the odds by 26 %'
    """
    rises, factor = db > 0, 10 ** (abs(db) / 10)
    if factor < 1.012:
        return "hardly changes the odds"
    if factor < 1.9:
        change = percent(factor - 1 if rises else 1 - 1 / factor)
        return f"{'raises' if rises else 'lowers'} the odds by {change}"
    if factor < 2.1:
        return f"{'doubles' if rises else 'halves'} the odds"
    if rises and 2.9 <= factor < 3.1:
        return "triples the odds"
    times = _times(factor)
    return f"makes the odds {times} times as high" if rises else f"divides the odds by {times}"


def likelier_words(one: str, other: str, db: float) -> str:
    """Return which of two things is likelier and by how much, from their ratio in decibans.

    >>> likelier_words("rain", "snow", 3.01), likelier_words("rain", "snow", -10.0)
    ('rain is 2 times as likely as snow', 'snow is 10 times as likely as rain')
    >>> likelier_words("rain", "snow", 0.1), likelier_words("rain", "snow", float("inf"))
    ('rain is about as likely as snow', 'snow is ruled out')
    """
    if db < 0:
        one, other, db = other, one, -db
    if math.isinf(db):
        return f"{other} is ruled out"
    factor = 10 ** (db / 10)
    if factor < 1.05:
        return f"{one} is about as likely as {other}"
    return f"{one} is {_times(factor)} times as likely as {other}"


def _times(factor: float) -> str:
    return f"{factor:.2g}" if factor < 100 else f"{float(f'{factor:.2g}'):,.0f}"


def capital(text: str, network: Network | None = None) -> str:
    """Return the text with its first letter as a capital; the network's own name keeps its, and so
    does a variable that has no label and goes by its name.

    >>> from backpain_bn.model import prior
    >>> rain = Network("n", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> capital("rain: yes", rain), capital("rainy", rain)
    ('rain: yes', 'Rainy')
    """
    name = re.split("[ :,]", text, maxsplit=1)[0]
    if network is not None and name == network.name:
        return text
    if network is not None and name in network and not _has_label(network[name]):
        return text
    return text[:1].upper() + text[1:]


def plain(state: str) -> str:
    """Return the name of a state, or of anything else in the file, as it is read: with spaces."""
    return state.replace("_", " ")


def either(states: Iterable[str]) -> str:
    """Return states of which one holds; a comma parts them where one has an `or` in its name.

    >>> either(["4_to_8", "over_8"]), either(["one_or_two", "three_or_more"])
    ('4 to 8 or over 8', 'one or two, or three or more')
    """
    names = [plain(state) for state in states]
    parted = ", or " if any(" or " in name for name in names) else " or "
    return parted.join(names)


def is_yes_no(variable: Variable) -> bool:
    """Return whether the variable is a plain question: no, yes, and nothing else."""
    return variable.states == YES_NO


def full_label(variable: Variable) -> str:
    """Return the label, or the name where there is none."""
    return variable.label or variable.name


def short_label(variable: Variable) -> str:
    """Return the label without its bracketed precise term, in lower case unless it begins with an
    abbreviation or a letter by itself; where there is none, the name as it stands.

    >>> from backpain_bn.model import prior
    >>> short_label(
    ...     Variable("wet", ("no", "yes"), prior(0.5, 0.5), "Wet grass (by dew or rain)")
    ... )
    'wet grass'
    >>> short_label(Variable("wet_Grass", ("no", "yes"), prior(0.5, 0.5)))
    'wet_Grass'
    """
    if not _has_label(variable):
        return variable.name
    label = variable.label.split(" (")[0]
    if label[1:2].isupper() or label[1:2] == "-":
        return label
    return label[:1].lower() + label[1:]


def _has_label(variable: Variable) -> bool:
    return variable.label not in ("", variable.name)


def state_words(network: Network, name: str, states: Iterable[str]) -> str:
    """Return a condition in words: the label alone where a plain question is answered yes, else the
    label and the states.

    >>> from backpain_bn.model import prior
    >>> sky = Variable("sky", ("clear", "light_rain"), prior(0.5, 0.5), "Sky this morning")
    >>> state_words(Network("n", {"sky": sky}), "sky", ["light_rain"])
    'sky this morning: light rain'
    """
    variable, chosen = network[name], list(states)
    if is_yes_no(variable) and chosen == ["yes"]:
        return short_label(variable)
    return f"{short_label(variable)}: {either(chosen)}"


def unhealthy_words(network: Network, name: str) -> str:
    """Return a variable with all its unhealthy states, as `state_words` does."""
    return state_words(network, name, network[name].unhealthy)


def conditions_words(network: Network, when: Mapping[str, Iterable[str]]) -> str:
    """Return conditions that hold together: each variable with its states."""
    return " and ".join(state_words(network, name, states) for name, states in when.items())


def targets_words(network: Network, targets: Mapping[str, str]) -> str:
    """Return several variables, each with its one state."""
    return conditions_words(network, {name: (state,) for name, state in targets.items()})


def finding_words(finding: Finding) -> str:
    """Return what was told of a variable: its state, or the likelihoods of its states.

    >>> finding_words("over_8"), finding_words({"yes": 0.8, "no": 0.4})
    ('over 8', 'uncertain (yes 0.8, no 0.4)')
    """
    if isinstance(finding, Mapping):
        weights = ", ".join(f"{state} {weight:g}" for state, weight in finding.items())
        return phrase("uncertain", weights=weights)
    return plain(str(finding))


def nothing_told(network: Network) -> str:
    """Return what stands where findings would."""
    return f"Nothing yet: these are the figures for {network.vocabulary.population}."


def named_finding(network: Network, name: str, finding: Finding) -> str:
    """Return a variable with what was told of it; what is uncertain is not spelled out."""
    if isinstance(finding, str):
        return state_words(network, name, [finding])
    return phrase("unsure_of", label=short_label(network[name]))


def told_words(network: Network, findings: Findings, name: str) -> str:
    """Return what was told of a variable; nothing where nothing, or nothing certain, was told."""
    finding = findings.get(name)
    if not isinstance(finding, str):
        return ""
    return f"{state_words(network, name, [finding])}, as you told"


def named_cause(network: Network, name: str, finding: Finding) -> str:
    """Return the full label of a cause, with the state that was told, or with its unhealthy ones
    where they are not just yes.
    """
    variable = network[name]
    if is_yes_no(variable):
        return full_label(variable)
    states = [finding] if isinstance(finding, str) else variable.unhealthy
    return f"{full_label(variable)}: {either(states)}"


def grade_words(network: Network, grade: str) -> str:
    """Return what the network calls the grade of a link (see `model.network.grade`)."""
    return network.vocabulary.grades[grade]


def this_outcome(network: Network, findings: Findings) -> str:
    """Return the outcome of this case as one speaks of it: "any" where nobody told of it."""
    demonstrative = "this" if told_present(network, findings, network.outcome) else "any"
    return f"{demonstrative} {network.vocabulary.outcome}"


def number_words(network: Network, one: Parameter) -> str:
    """Return what a number of the network is the probability of.

    >>> from backpain_bn.model import Mechanism, NoisyOr, number, prior
    >>> from backpain_bn.model.numbers import numbers_of
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet, "Wet grass"),
    ...     },
    ... )
    >>> [number_words(garden, one) for one in numbers_of(garden)]
    ['rain, how common', 'wet grass, with none of its causes', 'rain > wet grass']
    """
    label, causes = short_label(network[one.variable]), conditions_words(network, one.when)
    if one.kind == LEAK:
        return f"{label}, with none of its causes"
    if one.kind == MECHANISM:
        return f"{causes} > {label}"
    state = state_words(network, one.variable, [one.state])
    return f"{state} given {causes}" if causes else f"{state}, how common"
