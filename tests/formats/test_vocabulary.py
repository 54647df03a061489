"""The words of a network file: what is refused, what an overlay may change, and files without any;
bins of numbers; outcome and healthy states named for one call.
"""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.formats.load import load, shipped
from backpain_bn.formats.mapping import with_healthy
from backpain_bn.model import Network, NoisyOr, Variable, prior
from backpain_bn.model.distributions import Table
from backpain_bn.model.vocabulary import Vocabulary
from tests.formats.test_load import TINY, changed, folder, loaded, refused
from tests.oracles.networks import asia, random_networks

__all__ = ["folder"]

PLAIN = """\
name: plain
version: "1"
outcome: wet
variables:
  rain:
    label: Rain in mm
    states: [none, some, much]
    bins: [0.1, 10]
    prior: {some: {p: 0.3, range: [0.2, 0.4], sources: [expert]}, much: {p: 0.1, range: [0, 0.2], sources: [expert]}}
  wet:
    label: Wet grass
    states: [no, yes]
    leak: {p: 0.1, range: [0.05, 0.2], sources: [expert]}
    causes:
      - {when: {rain: [some, much]}, p: 0.9, range: [0.8, 1], sources: [expert]}
treatments:
  cover: {label: Cover the grass, targets: {rain: none}, success: {p: 0.5, range: [0.2, 0.8], sources: [expert]}}
"""
"""A network without a vocabulary, and so without roles."""

WORDS = """\
vocabulary:
  subject: plot
  roles:
    sky: {title: The sky, contributes: yes, persists: yes}
    variable: {title: The ground}
  means: {look: {title: Look}, expert: {title: Ask an expert, trained: yes}}
  actions: {wait: [], cover: [cover]}
  voices: {plain: as it is}
  grades: {expert: a guess}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    states: [none", "    role: skies\n    states: [none", '7:11 unknown role "skies"; did you mean "sky"? allowed: sky, variable'),
        ("    states: [none", "    cost: {minutes: 1, who: louk}\n    states: [none", '7:29 unknown means "louk"; did you mean "look"? allowed: look, expert'),
        ("label: Cover the grass,", "label: Cover, who: nobody,", '17:30 unknown means "nobody"; allowed: look, expert'),
        ("cover: [cover]", "cover: [cower]", '24:31 unknown treatment "cower"; did you mean "cover"? allowed: cover'),
        ("grades: {expert: a guess}", "grades: {good: yes}", '26:18 unknown key "good"; allowed: supported, mixed, contradicted, claimed only, expert or not stated'),
        ("subject: plot", "subjekt: plot", '19:12 unknown key "subjekt"; did you mean "subject"?'),
        ("title: The sky, ", "", "21:10 title is missing"),
        ("persists: yes}", "persists: often}", '21:55 persists is "often"; allowed: no or yes'),
        ("contributes: yes", "contributed: yes", '21:40 unknown key "contributed"; did you mean "contributes"?'),
        ("    sky:", "    The sky:", '21:14 "The sky" must be at most 60 lower case letters, digits and underscores, a letter first'),
        ("trained: yes", "trained: 1", '23:72 trained is "1"; allowed: no or yes'),
        ("means: {look: {title: Look}, expert: {title: Ask an expert, trained: yes}}", "means: {}", "23:10 means has 0 entries; it needs at least 1"),
        ("outcome: wet", "outcome: wat", '3:10 unknown outcome "wat"; did you mean "wet"? allowed: rain, wet'),
        ("subject: plot", "subject: [plot]", "19:12 subject must be text, not a list"),
        ("name: plain", "red_flags: none.yaml\nname: plain", "1:12 no such file beside the network: none.yaml"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_named_with_its_place(
    folder: Path, old: str, new: str, expected: str
) -> None:
    text = PLAIN + WORDS
    assert text.count(old) >= 1
    assert refused(folder, text.replace(old, new, 1)) == [f"n.yaml:{expected}"]


def test_words_are_read_and_the_rest_stays_neutral(folder: Path) -> None:
    words = loaded(folder, PLAIN + WORDS).vocabulary
    neutral = Vocabulary()
    assert (words.subject, words.subjects) == ("plot", neutral.subjects)
    assert words.roles["sky"].persists
    assert not words.roles["variable"].persists
    assert words.actions == {"wait": (), "cover": ("cover",)}
    assert words.means["expert"].trained
    assert words.grades["expert"] == "a guess"
    assert words.grades["mixed"] == neutral.grades["mixed"]


def test_a_file_without_words_has_neutral_ones(folder: Path) -> None:
    network = loaded(folder, PLAIN)
    assert network.vocabulary == Vocabulary()
    assert network.causes == ("rain",)
    assert {name: network[name].persists for name in network} == {"rain": True, "wet": False}
    assert network.treatments["cover"].who == "ask"


def test_who_is_asked_by_the_first_of_the_means_where_the_file_does_not_say(folder: Path) -> None:
    text = (PLAIN + WORDS).replace("    states: [none", "    cost: {minutes: 3}\n    states: [none")
    network = loaded(folder, text)
    assert (network["rain"].cost.minutes, network["rain"].cost.who) == (3, "look")
    assert network.treatments["cover"].who == "look"


def test_an_overlay_replaces_single_words_and_inherits_the_rest(folder: Path) -> None:
    rules = Path(__file__).parent / "smoke.yaml"
    (folder / "smoke.yaml").write_text(rules.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "plain.yaml").write_text(PLAIN + WORDS + "red_flags: smoke.yaml\n", encoding="utf-8")
    text = 'name: over\nversion: "1"\nbase: plain\nvocabulary: {subject: field, voices: {over: ours}}\n'
    network = loaded(folder, text, "over.yaml")
    words = network.vocabulary
    assert (words.subject, dict(words.voices)) == ("field", {"over": "ours"})
    assert list(words.roles) == ["sky", "variable"]
    assert [rule.id for rule in network.red_flags.rules] == ["fire"]
    assert bb.load(folder / "plain.yaml").vocabulary.subject == "plot"
    wrong = text.replace("subject", "subjekt")
    assert refused(folder, wrong, "over.yaml") == [
        'over.yaml:4:23 unknown key "subjekt"; did you mean "subject"?'
    ]
    wrong = text.replace("{subject: field, ", "{roles: {water: {title: Water}}, ")
    assert refused(folder, wrong + "variables: {wet: {role: sky}}\n", "over.yaml") == [
        'over.yaml:5:25 unknown role "sky"; allowed: water',
        'plain.yaml:5:3 unknown role "variable"; allowed: water',
    ]


# numbers and truth values for states


def test_a_number_is_told_for_the_bin_that_holds_it(folder: Path) -> None:
    network = loaded(folder, PLAIN)
    assert network["rain"].bins == (0.1, 10.0)
    for value, state in ((0, "none"), (0.1, "some"), (9.99, "some"), (10, "much"), (1e300, "much"), (-5, "none"), (np.float32(0.5), "some"), (np.int64(10), "much"), ("5", "some")):  # fmt: skip
        assert network["rain"].state_of(value) == state
    assert [network["wet"].state_of(value) for value in (True, False, np.True_, "yes")] == ["yes", "no", "yes", "yes"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "rain",
            math.nan,
            'unknown state of rain nan; did you mean "none"? allowed: none, some, much',
        ),
        ("rain", math.inf, "unknown state of rain inf"),
        ("rain", True, "unknown state of rain True"),
        ("rain", "5 mm", 'unknown state of rain "5 mm"'),
        ("rain", "nan", 'rain is "nan"; leave it out where it is not known'),
        ("rain", 10**400, "unknown state of rain 1000"),
        ("rain", "sone", 'did you mean "some"?'),
        ("rain", None, "unknown state of rain None"),
        ("rain", [1], "unknown state of rain"),
        ("rain", 1j, "unknown state of rain 1j"),
        ("wet", 1, "unknown state of wet 1; allowed: no, yes"),
        ("wet", 0.5, "unknown state of wet 0.5"),
    ],
)
def test_what_is_no_state_says_so(folder: Path, name: str, value: object, says: str) -> None:
    with pytest.raises(bb.errors.UnknownName) as error:
        loaded(folder, PLAIN)[name].state_of(value)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        ("[1, 1]", ["8:15 bins must all rise, or all fall; 1 follows 1"]),
        ("[1]", ["8:11 bins has 1 entries; rain has 3 states and needs 2, the numbers between them"]),
        ("[2, 1, 3]", ["8:11 bins has 3 entries; rain has 3 states and needs 2, the numbers between them", "8:18 bins must all rise, or all fall; 3 follows 1"]),
        ("[1, nan]", ['8:15 bins must be a number, not "nan"']),
        ("[1, many]", ['8:15 bins must be a number, not "many"']),
        ("5", ['8:11 bins must be a list, not "5"']),
    ],
)  # fmt: skip
def test_wrong_bins(folder: Path, bins: str, expected: list[str]) -> None:
    text = PLAIN.replace("[0.1, 10]", bins)
    assert refused(folder, text) == [f"n.yaml:{line}" for line in expected]


def test_bins_may_fall(folder: Path) -> None:
    rain = loaded(folder, PLAIN.replace("[0.1, 10]", "[10, 0.1]"))["rain"]
    told = (12, 10, 9.9, 0.1, 0.05)
    assert [rain.state_of(each) for each in told] == ["none", "none", "some", "some", "much"]


@pytest.mark.parametrize("yes", ["yes", "YES", True, "true", np.True_])
def test_yes_and_no_mean_what_the_file_says(folder: Path, yes: str | bool) -> None:
    text = PLAIN.replace("    bins: [0.1, 10]\n", "    answers: {yes: some, no: none}\n")
    network = loaded(folder, text)
    assert network["rain"].state_of(yes) == "some"
    assert network["rain"].state_of(False) == "none"
    assert bb.posterior(network, {"rain": yes})["rain"]["some"] == 1.0
    half = loaded(folder, text.replace("yes: some, ", ""))["rain"]
    assert half.state_of("no") == "none"
    with pytest.raises(bb.errors.UnknownName, match="allowed: none, some, much, no"):
        half.state_of(yes)


@pytest.mark.parametrize(
    ("states", "yes"),
    [
        (("negative", "positive"), "positive"),
        (("TRUE", "FALSE"), "TRUE"),
        (("absent", "present"), "present"),
        (("none", "some"), None),
        (("low", "high"), None),
        (("yes", "true"), None),
    ],
)
def test_states_that_are_a_yes_by_name_need_not_be_declared(
    states: tuple[str, ...], yes: str | None
) -> None:
    assert Variable("rain", states, prior(0.5, 0.5)).meant(True) == yes


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("{yes: lots}", '9:20 unknown state of rain "lots"; allowed: none, some, much'),
        ("{maybe: some}", '9:22 unknown key "maybe"; allowed: no or yes'),
    ],
)
def test_wrong_answers_are_refused(folder: Path, answers: str, expected: str) -> None:
    text = PLAIN.replace("    bins: [0.1, 10]\n", f"    bins: [0.1, 10]\n    answers: {answers}\n")
    (line,) = refused(folder, text)
    assert line.startswith(f"n.yaml:{expected}"), line


def test_bins_of_a_network_built_in_python_are_checked() -> None:
    wrong = Variable("rain", ("no", "yes"), prior(0.5, 0.5), bins=(1.0, 2.0))
    with pytest.raises(
        bb.errors.FileProblem, match="bins has 2 entries; rain has 2 states and needs 1"
    ):
        Network("n", {"rain": wrong})


# outcome and healthy states for one call


def test_an_outcome_is_named_for_one_call(folder: Path) -> None:
    (folder / "n.yaml").write_text(PLAIN, encoding="utf-8")
    network = load(folder / "n.yaml", outcome="rain")
    assert network.outcome == "rain"
    assert not network["rain"].persists
    assert load(folder / "n.yaml").outcome == "wet"
    with pytest.raises(bb.errors.UnknownName, match='unknown outcome "rein"; did you mean "rain"'):
        load(folder / "n.yaml", outcome="rein")


def test_what_persists_by_its_role_does_so_as_an_outcome(folder: Path) -> None:
    (folder / "n.yaml").write_text(TINY, encoding="utf-8")
    assert load(folder / "n.yaml", outcome="sit")["sit"].persists


def test_a_healthy_state_is_named_for_one_call(folder: Path) -> None:
    (folder / "n.yaml").write_text(TINY, encoding="utf-8")
    before, after = load(folder / "n.yaml"), load(folder / "n.yaml", healthy={"grade": "mid"})
    assert after["grade"].states == ("mid", "low", "top")
    assert (after["grade"].healthy, after["grade"].unhealthy) == ("mid", ("low", "top"))
    assert np.array_equal(after.table("grade"), before.table("grade")[:, [1, 0, 2]])
    assert after["grade"].distribution.rows[0].numbers[0].sources == ("X-02",)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("healthy", "says"),
    [
        ({"sitt": "no"}, 'unknown variable "sitt"; did you mean "sit"'),
        ({"sit": "nix"}, 'unknown state of sit "nix"; allowed: no, yes'),
        ({"sit": 0}, "unknown state of sit 0"),
        ({"sit": ["no"]}, "unknown state of sit"),
        ({5: "no"}, "unknown variable 5"),
        ("sit", 'healthy must map variables to states, not "sit"'),
        ([("sit", "no")], "healthy must map variables to states"),
    ],
)
def test_a_healthy_state_that_is_none(folder: Path, healthy: object, says: str) -> None:
    (folder / "n.yaml").write_text(TINY, encoding="utf-8")
    with pytest.raises(bb.BackpainError) as error:
        load(folder / "n.yaml", healthy=healthy)  # type: ignore[arg-type]
    assert says in str(error.value)


def test_states_that_are_bins_stay_in_their_order(folder: Path) -> None:
    (folder / "n.yaml").write_text(PLAIN, encoding="utf-8")
    with pytest.raises(bb.BackpainError, match="the states of rain stand in the order of its bins"):
        load(folder / "n.yaml", healthy={"rain": "some"})
    assert load(folder / "n.yaml", healthy={"rain": "none"})["rain"].bins == (0.1, 10.0)


def joint(network: Network) -> dict[frozenset[str], float]:
    """Return P of every full assignment, by enumeration."""
    found = {}
    for states in product(*(network[name].states for name in network)):
        told = dict(zip(network, states, strict=True))
        p = 1.0
        for name in network:
            cell = [network.state(parent, told[parent]) for parent in network[name].parents]
            p *= network.table(name)[(*cell, network.state(name, told[name]))]
        found[frozenset(f"{name}={state}" for name, state in told.items())] = p
    return found


@settings(max_examples=25, deadline=None)
@given(network=random_networks(), data=st.data())
def test_other_healthy_states_leave_the_distribution_as_it_is(
    network: Network, data: st.DataObject
) -> None:
    assume(math.prod(map(len, network.states.values())) <= 300)
    healthy = {name: data.draw(st.sampled_from(network[name].states)) for name in network}
    after = with_healthy(network, healthy)
    assert {name: after[name].healthy for name in after} == healthy
    assert joint(after) == pytest.approx(joint(network), abs=1e-12)


def test_a_noisy_or_stays_one_unless_its_effect_is_healthy() -> None:
    network = with_healthy(asia(), {"either": "no", "tub": "yes"})
    assert isinstance(network["either"].distribution, NoisyOr)
    network = with_healthy(asia(), {"either": "yes"})
    assert isinstance(network["either"].distribution, Table)
    assert network.table("either")[0, 0].tolist() == [0.0, 1.0]


# names without end


@pytest.mark.parametrize("old", ["sit", "X-02", "yes", "label: Sitting", "stand", "mechanism", "half", "sources.csv", "tiny", "low"])  # fmt: skip
@pytest.mark.parametrize("name", ["a" * 100_000, "ab_" * 33_333, "a " * 50_000])
def test_a_name_without_end_is_no_wait_and_no_flood(folder: Path, old: str, name: str) -> None:
    new = f"label: {name}" if old.startswith("label") else name
    lines = refused(folder, TINY.replace(old, new))
    assert max(map(len, lines)) < 1200


def test_a_nul_byte_in_a_name_is_a_sentence(folder: Path) -> None:
    assert refused(folder, changed(("  sit:", "  si\0t:"))) == [
        "n.yaml:7:5 control characters are not allowed (U+0000)"
    ]
    assert refused(folder, changed(("  sit:", '  "si\\0t":'))) == [
        "n.yaml:7:3 control characters are not allowed",
        'n.yaml:7:3 "si?t" must be at most 60 lower case letters, digits and underscores, a letter '
        "first",
    ]
    assert refused(folder, changed(("sources.csv", '"a\\0b.csv"'))) == [
        "n.yaml:4:10 control characters are not allowed"
    ]
    for odd in ("car\0", "a\0.yaml"):
        with pytest.raises(bb.BackpainError, match=r"car\?|no file can have this name"):
            bb.load(odd)


def test_only_networks_are_shipped_as_networks() -> None:
    assert "car" in shipped()
    assert "red_flags" not in shipped()


LIMITED = PLAIN.replace("bins: [0.1, 10]", "bins: [0.1, 10]\n    limits: [0, 2000]")


def test_a_number_beyond_the_limits_is_refused_in_words(folder: Path) -> None:
    network = loaded(folder, LIMITED)
    rain = network["rain"]
    assert [rain.state_of(value) for value in (0, "2000", 5)] == ["none", "much", "some"]
    for value in (-5, "-5", 2000.5, np.int64(2001)):
        with pytest.raises(bb.errors.UnknownName) as error:
            bb.diagnose({"rain": value}, network)
        assert str(error.value) == f"rain is {value}; it is a number from 0 to 2000"
    with pytest.raises(bb.errors.UnknownName, match="much, no, a number from 0 to 2000"):
        rain.state_of("wet")


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ("[1, 2000]", "limits are 1, 2000; they are the least and the largest number, with all of"),
        ("[0, 5]", "the bins between: 0.1 to 10"),
        ("[2000, 0]", "limits are 2000, 0"),
        ("[0]", "limits"),
    ],
)
def test_limits_hold_all_bins(folder: Path, limits: str, says: str) -> None:
    text = LIMITED.replace("limits: [0, 2000]", f"limits: {limits}")
    (found,) = refused(folder, text)
    assert found.startswith("n.yaml:9:") and says in found


def test_limits_need_bins(folder: Path) -> None:
    text = LIMITED.replace("    bins: [0.1, 10]\n", "")
    assert refused(folder, text) == [
        "n.yaml:8:13 rain has limits and no bins, so no number can be told for it"
    ]
