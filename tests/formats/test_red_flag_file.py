"""Red-flag files: read whole, and refused with every problem at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from backpain_bn.diagnosis import diagnose
from backpain_bn.errors import FileProblem
from backpain_bn.formats.load import load
from backpain_bn.formats.red_flag_file import read_rules
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.rules import Rules
from tests.oracles.networks import FLAGGED_CAR

SMOKE = (Path(__file__).parent / "smoke.yaml").read_text(encoding="utf-8")


def refused(folder: Path, text: str) -> list[str]:
    """Return the lines of the report, without the folder."""
    (folder / "flags.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem) as caught:
        read_rules(folder / "flags.yaml")
    return [line.replace(f"{folder}/", "") for line in caught.value.lines]


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE, encoding="utf-8")
    rules = read_rules(tmp_path / "flags.yaml")
    assert (rules.name, rules.version, rules.about) == ("smoke", "1", "Fire, for tests.")
    assert rules.withheld == "Nothing is ranked while something burns."
    assert rules.common == Rules().common
    assert [question.id for question in rules.questions] == ["smoke", "heat", "smell"]
    assert rules.questions[1].finding == "engine=hot"
    assert rules.rules[0].any == (("smoke",), ("heat", "smell"))
    assert rules.rules[0].action == "Get out and call your local emergency number."
    assert check(rules, {"smoke": "yes"}).lines()[-2] == rules.withheld


def test_the_emergency_number_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE + 'emergency_number: "112"\n', encoding="utf-8")
    rules = read_rules(tmp_path / "flags.yaml")
    assert check(rules, {"smoke": "yes"}).actions == ("Get out and call 112.",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # meaning
        ("[smoke], [heat", "[smoke], [heet", ['7:9 no rule uses the question heat', '13:21 unknown question "heet"; did you mean "heat"? allowed: smoke, heat, smell']),
        ("[[smoke]", "[[smoke, smoke]", ['13:19 "smoke" stands twice']),
        ("Rare.\n    sources: [MANUAL-1]", "Rare.\n    sources: [A, A]", ['16:18 "A" stands twice']),
        ("call {emergency_number}", "call {number}", ["14:13 the only placeholder is {emergency_number}, in (a text of 5 words)"]),
        ("rules:", "  unused: {question: Is it?, sources: [expert]}\nrules:", ["9:11 no rule uses the question unused"]),
        ("engine=hot", "engine_hot", ['7:62 "engine_hot" is no finding; it is written variable=state']),
        ("engine=hot", "engine=", ['7:62 "engine=" is no finding; it is written variable=state']),
        ("[expert]}", "[expert], contradicts: [engine=cold, smokee=no]}", ['8:83 unknown question "smokee"; did you mean "smoke"? allowed: smoke, heat, smell']),
        ("[expert]}", "[expert], contradicts: [heat=nope]}", ['8:70 unknown answer to heat "nope"; did you mean "no"? allowed: yes, no']),
        ("[expert]}", "[expert], contradicts: [engine=]}", ['8:70 "engine=" is no finding; it is written variable=state']),
        ("about:", "sources: none.csv\nabout:", ["3:10 no such file beside the red flags: none.csv"]),
        # shape
        ("[[smoke], [heat, smell]]", "smoke", ['13:10 any must be a list, not "smoke"']),
        ("[[smoke], [heat, smell]]", "[smoke]", ['13:11 any must be a list, not "smoke"']),
        ("[[smoke], [heat, smell]]", "[]", ["13:10 any has 0 entries; it needs at least 1"]),
        ("[[smoke], [heat, smell]]", "[[]]", ["13:11 any has 0 entries; it needs at least 1"]),
        ("urgency: emergency", "urgency: emergncy", ['12:14 urgency is "emergncy"; allowed: emergency, urgent or soon']),
        ("label: Fire", "lable: Fire", ["10:3 label is missing", '11:12 unknown key "lable"; did you mean "label"?']),
        ("sources: [MANUAL-1]}", "source: [M]}", ["6:10 sources is missing", '6:46 unknown key "source"; did you mean "sources"?']),
        ("question: Is there smoke?", 'question: " "', ['6:21 question is empty']),
        ("[MANUAL-1]}", "MANUAL-1}", ['6:47 sources must be a list, not "MANUAL-1"']),
        ("[MANUAL-1]}", "[]}", ["6:47 sources has 0 entries; it needs at least 1"]),
        ("  smoke:", "  Smoke:", ['6:10 "Smoke" must be at most 60 lower case letters, digits and underscores, a letter first']),
        ('version: "1"', "version: [1]", ["2:10 version must be text, not a list"]),
        ('version: "1"\n', "", ["1:1 version is missing"]),
        ("about: Fire, for tests.", "about:", ['3:7 about is empty']),
        ("withheld", "withold", ['4:10 unknown key "withold"; did you mean "withheld"?']),
        ("name: smoke", "name: &a smoke", ["1:7 anchors and aliases (& and *) are not allowed"]),
        ("heat: {", "smoke: {", ['7:3 key "smoke" is written twice']),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert SMOKE.count(old) >= 1
    assert refused(tmp_path, SMOKE.replace(old, new, 1)) == [f"flags.yaml:{e}" for e in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text", "1:1 the file must hold keys and values: name, version, questions, rules, ..."),
        ("", "1:1 the file is empty"),
        ("[a\n", "2:1 not valid YAML: did not find expected ',' or ']'"),
        (SMOKE[: SMOKE.index("rules:")] + "rules: {}\n", "9:8 rules has 0 entries; it needs at least 1"),
        (SMOKE[: SMOKE.index("rules:")] + "rules: [fire]\n", "9:8 rules must be keys and values, not a list"),
        (SMOKE[: SMOKE.index("  fire:")] + "  fire: smoke\n", '10:9 fire must be keys and values, not "smoke"'),
    ],
)  # fmt: skip
def test_a_file_of_the_wrong_form(tmp_path: Path, text: str, expected: str) -> None:
    assert refused(tmp_path, text) == [f"flags.yaml:{expected}"]


def test_all_problems_of_one_pass_are_told_at_once(tmp_path: Path) -> None:
    text = SMOKE.replace("urgency: emergency", "urgency: now").replace("name: smoke\n", "")
    text = text.replace(", sources: [expert]", "").replace("[[smoke]", "[[smoke, smoke]")
    assert [line.split(" ", 1)[1] for line in refused(tmp_path, text)] == [
        "name is missing",
        "sources is missing",
        'urgency is "now"; allowed: emergency, urgent or soon',
    ]


def test_problems_of_red_flags_stand_beside_those_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE.replace("heat, smell", "hat, smell"))
    (tmp_path / "n.yaml").write_text(
        'name: n\nversion: "1"\nred_flags: flags.yaml\nvariables:\n  a: {label: A, states: [no, yes], '
        "prior: {yes: {p: 2, range: [0, 1], sources: [expert]}}}\n"
    )
    with pytest.raises(FileProblem) as caught:
        load(tmp_path / "n.yaml")
    assert [line.replace(f"{tmp_path}/", "") for line in caught.value.lines] == [
        "flags.yaml:7:9 no rule uses the question heat",
        'flags.yaml:13:21 unknown question "hat"; did you mean "heat"? allowed: smoke, heat, smell',
        "n.yaml:5:53 probability 2 is outside [0, 1]",
    ]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ("engin=hot", 'heat: unknown variable "engin"; did you mean "engine"?'),
        ("engine=hott", 'heat: unknown state of engine "hott"; did you mean "hot"?'),
    ],
)
def test_a_misspelt_finding_is_not_passed_over(tmp_path: Path, finding: str, said: str) -> None:
    network = (
        'name: n\nversion: "1"\nred_flags: flags.yaml\nvariables:\n  engine: {label: Engine, '
        "states: [cold, hot], prior: {hot: {p: 0.2, range: [0, 1], sources: [expert]}}}\n"
    )
    (tmp_path / "n.yaml").write_text(network)
    (tmp_path / "flags.yaml").write_text(SMOKE)
    assert load(tmp_path / "n.yaml").red_flags.questions[1].finding == "engine=hot"
    (tmp_path / "flags.yaml").write_text(SMOKE.replace("engine=hot", finding))
    with pytest.raises(FileProblem) as caught:
        load(tmp_path / "n.yaml")
    assert len(caught.value.lines) == 1
    assert caught.value.lines[0].startswith(f"{tmp_path / 'n.yaml'}:3:12 {said}")


def test_a_finding_of_another_network_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE)
    (tmp_path / "n.yaml").write_text(
        'name: n\nversion: "1"\nred_flags: flags.yaml\nvariables:\n  a: {label: A, states: [no, yes], '
        "prior: {yes: {p: 0.2, range: [0, 1], sources: [expert]}}}\n"
    )
    assert len(load(tmp_path / "n.yaml").red_flags.questions) == 3


def bounded(folder: Path, bounds: str) -> Path:
    """Return the car with red flags of which one has bounds."""
    flags = FLAGGED_CAR.with_name("car_red_flags.yaml").read_text(encoding="utf-8")
    oil = "question: Is the oil below the lower mark?"
    text = flags.replace(oil, f"{oil}, {bounds}")
    (folder / "car_red_flags.yaml").write_text(text, encoding="utf-8")
    (folder / FLAGGED_CAR.name).write_text(FLAGGED_CAR.read_text("utf-8"), encoding="utf-8")
    return folder / FLAGGED_CAR.name


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        ("above: {battery_age: far}", '"far" is no number'),
        ("above: {battery_age: 5}, below: {battery_age: 9}", "one number answers a question"),
        ("above: {battery_agee: 5}", 'unknown variable "battery_agee"; did you mean "battery_age"'),
    ],
)
def test_a_bound_that_is_none(bounds: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as found:
        load(bounded(tmp_path, bounds))
    assert problem in str(found.value)


def test_a_number_that_is_told_answers_what_the_file_bounds(tmp_path: Path) -> None:
    network = bounded(tmp_path, "above: {battery_age: 7.5}")
    for years, answer in ((9, "yes"), ("8", "yes"), (7, "no"), (7.5, "not asked")):
        assert diagnose({"battery_age": years}, network).red_flags.answers["oil_low"] == answer
    assert diagnose({"battery_age": "over_5_years"}, network).red_flags.asked == ()


def test_what_is_cited_stands_in_the_sources_that_are_named(tmp_path: Path) -> None:
    text = SMOKE.replace("about:", "sources: own.csv\nabout:")
    (tmp_path / "own.csv").write_text(
        "id,kind,says\nMANUAL-1,study,Fire is hot.\n", encoding="utf-8"
    )
    (tmp_path / "flags.yaml").write_text(text, encoding="utf-8")
    assert read_rules(tmp_path / "flags.yaml").questions[0].sources == ("MANUAL-1",)
    cited = text.replace("smoke?, sources: [MANUAL-1]", "smoke?, sources: [expert, MANUEL-1]")
    assert refused(tmp_path, cited) == [
        'flags.yaml:7:56 unknown source "MANUEL-1"; allowed: MANUAL-1'
    ]


def beside(folder: Path, contradicts: str) -> list[str]:
    """Return what is wrong where a network with the variable `smoke_seen` names the rules."""
    text = SMOKE.replace("[expert]}", f"[expert], contradicts: [{contradicts}]}}")
    (folder / "flags.yaml").write_text(text, encoding="utf-8")
    (folder / "n.yaml").write_text(
        'name: n\nversion: "1"\nred_flags: flags.yaml\nvariables:\n  smokes: {label: S, states: [no, '
        "yes], prior: {yes: {p: 0.2, range: [0, 1], sources: [expert]}}}\n",
        encoding="utf-8",
    )
    try:
        load(folder / "n.yaml")
    except FileProblem as error:
        return [line.replace(f"{folder}/", "") for line in error.lines]
    return []


def test_a_variable_that_resembles_a_question_is_one_where_the_network_has_it(
    tmp_path: Path,
) -> None:
    assert beside(tmp_path, "smokes=no") == []
    assert beside(tmp_path, "ssmoke=no") == [
        'flags.yaml:8:70 unknown question "ssmoke"; did you mean "smoke"? allowed: smoke, heat, smell'
    ]
    assert beside(tmp_path, "engine_hot=no") == []


def test_a_bound_needs_a_variable_that_numbers_tell(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as found:
        load(bounded(tmp_path, "below: {weak_battery: 60}"))
    assert [line.replace(f"{tmp_path}/", "") for line in found.value.lines] == [
        "flagged_car.yaml:5:12 oil_low: no number tells weak_battery: unknown variable with bins "
        '"weak_battery"; did you mean "battery_age"? allowed: battery_age, battery_voltage'
    ]
