"""Network files: every problem at its place and in one report, nothing executed, overlays, sources,
the schema.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.formats.case_file import read_case, write_case
from backpain_bn.formats.load import shipped
from backpain_bn.formats.schema import json_schema
from backpain_bn.formats.sources import read_sources
from backpain_bn.formats.text_files import MOST_BYTES, SHIPPED
from backpain_bn.formats.yaml_document import MOST_DEPTH, MOST_PROBLEMS, read_yaml
from backpain_bn.model.distributions import NoisyOr, Table
from backpain_bn.model.variables import Trial

ROWS = "id,kind,says,read\nS1,claim,a claim,\nX-01,study,a study,A\nX-02,study,another,B\n"
TINY = """\
name: tiny
version: "1"
outcome: pain
sources: sources.csv
conversion: {prior_sd: 0.35, scale: 0.67, designs: {good: 1.0, half: 0.5}}
variables:
  sit:
    label: Sitting
    role: risk_factor
    states: [no, yes]
    prior: {yes: {p: 0.3, range: [0.2, 0.4], sources: [X-01]}}
  pain:
    label: Pain
    role: presentation
    states: [no, yes]
    marginal: {p: 0.25, range: [0.2, 0.3], sources: [X-01]}
    leak: {p: 0.1, range: [0.05, 0.2], sources: [X-01]}
    causes:
      - {when: {sit: yes}, p: 0.2, range: [0.1, 0.3], sources: [S1, expert]}
  grade:
    label: Grade
    role: mechanism
    states: [low, mid, top]
    table:
      parents: [sit]
      rows:
        - {when: {sit: no}, probabilities: [0.7, 0.2, 0.1], range: [[0.6, 0.8], [0.1, 0.3], [0, 0.2]], sources: [X-02]}
        - {when: {sit: yes}, probabilities: [0.5, 0.3, 0.2], range: [[0.4, 0.6], [0.2, 0.4], [0.1, 0.3]], sources: [X-02]}
  press:
    label: Press test
    role: test
    states: [negative, positive]
    observes: pain
    sensitivity: {p: 0.8, range: [0.7, 0.9], sources: [X-01]}
    specificity: {p: 0.9, range: [0.8, 0.95], sources: [X-01]}
treatments:
  stand: {label: Stand up, targets: {sit: no}, success: {p: 0.5, range: [0.2, 0.8], sources: [S1, expert]}, cautions: [slowly]}
advice:
  slowly: {kind: caution, text: Slowly., when: {pain: yes}, treatments: [stand], sources: [S1]}
vocabulary:
  roles:
    risk_factor: {title: Risk factors, contributes: yes, persists: yes}
    impairment: {title: Impairments, contributes: yes, persists: yes, workable: yes}
    form: {title: Form, contributes: yes, persists: yes, workable: yes}
    mechanism: {title: Mechanisms}
    presentation: {title: Presentation, kind_of_outcome: yes}
    test: {title: Tests, test: yes}
  means: {ask: {title: Ask}, clinician: {title: Needs a clinician, trained: yes}}
  actions: {wait: [], stand: [stand]}
"""
END = TINY.count("\n") + 1
CAUSE = "p: 0.2, range: [0.1, 0.3], sources: [S1, expert]"
OVERLAY = 'name: over\nversion: "1"\nbase: tiny\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def changed(*swaps: tuple[str, str]) -> str:
    text = TINY
    for old, new in swaps:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def refused(folder: Path, content: str | bytes, name: str = "n.yaml") -> list[str]:
    """Return the lines of the report, without the folder."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(bb.errors.FileProblem) as error:
        bb.load(folder / name)
    assert str(error.value).splitlines() == list(error.value.lines)
    return [line.replace(f"{folder}/", "") for line in error.value.lines]


def loaded(folder: Path, content: str | bytes, name: str = "n.yaml") -> bb.Network:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return bb.load(folder / name)


def test_the_sound_file_is_read_whole(folder: Path) -> None:
    network = loaded(folder, TINY)
    pain, grade, press = network["pain"], network["grade"], network["press"]
    assert (network.name, network.version, network.outcome, network.notes) == (
        "tiny",
        "1",
        "pain",
        (),
    )
    assert (
        isinstance(pain.distribution, NoisyOr)
        and isinstance(grade.distribution, Table)
        and isinstance(press.distribution, Table)
    )
    assert pain.distribution.leak.p == 0.1
    assert [
        (dict(m.when), m.number.p, m.number.low, m.number.high, m.number.sources)
        for m in pain.distribution.mechanisms
    ] == [({"sit": ("yes",)}, 0.2, 0.1, 0.3, ("S1", "expert"))]
    assert [[n.p for n in row.numbers] for row in grade.distribution.rows] == [
        [0.7, 0.2, 0.1],
        [0.5, 0.3, 0.2],
    ]
    assert [
        (row.given, [round(n.p, 9) for n in row.numbers]) for row in press.distribution.rows
    ] == [(("no",), [0.9, 0.1]), (("yes",), [0.2, 0.8])]
    assert [(n.p, n.low, n.high) for n in network["sit"].distribution.rows[0].numbers] == [
        (0.7, 0.6, 0.8),
        (0.3, 0.2, 0.4),
    ]  # type: ignore[union-attr]
    assert {name: v.persists for name, v in network.variables.items()} == {
        "sit": True,
        "pain": False,
        "grade": False,
        "press": False,
    }
    assert dict(network.treatments["stand"].targets) == {"sit": "no"} and network.advice[
        "slowly"
    ].sources == ("S1",)
    assert (
        set(network.sources) == {"S1", "X-01", "X-02"} and network.sources["X-02"].says == "another"
    )


NO_UTF8 = "the file is not UTF-8 (iconv -f ISO-8859-1 -t UTF-8 makes it so, if it is Latin-1)"
ONE_PROBLEM = [
    # links
    ("unknown parent", "when: {sit: yes}", "when: {sti: yes}", ['19:22 unknown parent of pain '
                                                                '"sti"; did you mean "sit"? '
                                                                'allowed: sit, grade, press']),
    ("unknown state", "when: {sit: yes}", "when: {sit: ja}", ['19:22 unknown state of sit "ja"; '
                                                              'allowed: no, yes']),
    ("own cause", "when: {sit: yes}", "when: {pain: yes}", ["19:23 pain is a cause of itself"]),
    ("circle", "when: {sit: yes}", "when: {press: positive}", ["19:24 variables cause each other "
                                                               "in a circle: pain > press > pain"]),
    ("no condition", "when: {sit: yes}", "when: {}", ["19:16 cause 1 of pain has no condition; "
                                                      "what needs none is the leak"]),
    ("condition without states", "{sit: yes}", "{sit: []}", ["19:22 the condition names no state "
                                                             "of sit, so it never holds"]),
    ("state twice in a condition", "{sit: yes}", "{sit: [yes, yes]}", ['19:22 the condition names sit "yes" twice']),
    ("condition twice", f"{CAUSE}}}", f"{CAUSE}}}\n      - {{when: {{sit: [yes]}}, {CAUSE}}}", ["20:16 cause 2 of pain repeats the conditions of an earlier one"]),
    ("three states", "role: presentation\n    states: [no, yes]", "role: presentation\n    "
                                                                  "states: [no, yes, more]",
     ["12:3 pain has 3 states; leak and causes are for two-state variables, use a table", "33:15 sensitivity and specificity need two states each: press and pain"]),
    # numbers
    ("p above 1", "p: 0.2, r", "p: 1.2, r", ["19:31 probability 1.2 is outside [0, 1]"]),
    ("p below 0", "p: 0.2, r", "p: -0.2, r", ["19:31 probability -0.2 is outside [0, 1]"]),
    ("p nan", "p: 0.2, r", "p: nan, r", ['19:31 p must be a number, not "nan"']),
    ("p .nan", "p: 0.2, r", "p: .NaN, r", ['19:31 p must be a number, not ".NaN"']),
    ("p inf", "p: 0.2, r", "p: -inf, r", ['19:31 p must be a number, not "-inf"']),
    ("p empty", "p: 0.2, r", "p: , r", ['19:31 p must be a number, not ""']),
    ("p in words", "p: 0.2, r", "p: high, r", ['19:31 p must be a number, not "high"']),
    ("p a list", "p: 0.2, r", "p: [0.2], r", ["19:31 p must be a number, not a list"]),
    ("range beside p", "[0.1, 0.3]", "[0.21, 0.3]", ["19:43 range [0.21, 0.3] must lie in [0, 1] "
                                                     "and around 0.2"]),
    ("range reversed", "[0.1, 0.3]", "[0.3, 0.1]", ["19:43 range [0.3, 0.1] must lie in [0, 1] "
                                                    "and around 0.2"]),
    ("range beyond 1", "[0.1, 0.3]", "[0.1, 1.3]", ["19:43 range [0.1, 1.3] must lie in [0, 1] "
                                                    "and around 0.2"]),
    ("range nan", "[0.1, 0.3]", "[nan, 0.3]", ['19:44 range must be a number, not "nan"']),
    ("range of one", "[0.1, 0.3]", "[0.3]", ["19:43 range has 1 entries; it needs at least 2"]),
    ("range of three", "[0.1, 0.3]", "[0.1, 0.2, 0.3]", ["19:43 range has 3 entries; it needs at "
                                                         "most 2"]),
    ("range missing", "p: 0.2, range: [0.1, 0.3], ", "p: 0.2, ", ["19:9 range is missing"]),
    ("leak", "leak: {p: 0.1", "leak: {p: 1.1", ["17:15 probability 1.1 is outside [0, 1]"]),
    ("marginal", "marginal: {p: 0.25", "marginal: {p: 0.5", ["16:31 range [0.2, 0.3] must lie in "
                                                             "[0, 1] and around 0.5"]),
    ("prior p", "yes: {p: 0.3", "yes: {p: 1.3", ["11:22 probability 1.3 is outside [0, 1]"]),
    ("sensitivity", "p: 0.8, range: [0.7", "p: 1.8, range: [0.7", ["34:22 probability 1.8 is "
                                                                   "outside [0, 1]"]),
    ("specificity", "[0.8, 0.95]", "[0.95, 0.96]", ["35:34 range [0.95, 0.96] must lie in [0, 1] "
                                                    "and around 0.9"]),
    ("success", "success: {p: 0.5", "success: {p: 0.9", ["37:73 range [0.2, 0.8] must lie in [0, "
                                                         "1] and around 0.9"]),
    # sources
    ("sources missing", ", sources: [S1, expert]}", "}", ["19:9 sources is missing"]),
    ("sources empty", "sources: [S1, expert]", "sources: []", ["19:64 sources has 0 entries; it "
                                                               "needs at least 1"]),
    ("unknown source", "[S1, expert]", "[X-03]", ['19:65 unknown source "X-03"; did you mean '
                                                  '"X-02"? allowed: S1, X-01, X-02, expert']),
    ("only claims", "[S1, expert]", "[S1]", ["19:64 a claim gives no figure: add the study that "
                                             "does, or the word expert"]),
    ("only claims, success", "0.8], sources: [S1, expert]", "0.8], sources: [S1]", ["37:94 a claim gives no figure: add the study that does, or the word expert"]),
    ("claim against", "[S1, expert]", "[S1, expert], against: [S1]", ['19:88 only studies speak against a number; "S1" is a claim']),
    ("expert against", "[S1, expert]", "[S1, expert], against: [expert]", ['19:88 unknown source "expert"; allowed: S1, X-01, X-02']),
    ("for and against", "[S1, expert]", "[X-01], against: [X-01]", ['19:82 source "X-01" cannot speak both for and against one number']),
    ("advice source", "sources: [S1]}\n", "sources: [S9]}\n", ['39:92 unknown source "S9"; '
                                                               'allowed: S1, X-01, X-02, expert']),
    ("no such csv", "sources.csv", "nope.csv", ["4:10 no such file beside the network: nope.csv"]),
    ("csv elsewhere", "sources.csv", "../sources.csv", ["4:10 no such file beside the network: "
                                                        "../sources.csv"]),
    # keys, names, states
    ("key twice", "p: 0.2, ", "p: 0.2, p: 0.2, ", ['19:36 key "p" is written twice']),
    ("top key twice", "outcome: pain\n", 'outcome: pain\nversion: "1"\n', ['4:1 key "version" is written twice']),
    ("variable twice", "  grade:", "  sit: {}\n  grade:", ['20:3 key "sit" is written twice']),
    ("state twice", "states: [no, yes]", "states: [yes, yes]", ['10:19 state "yes" of sit is '
                                                                'listed twice', '27:24 unknown state of sit "no"; allowed: yes', '37:43 unknown state of sit "no"; allowed: yes']),
    ("one state", "states: [negative, positive]", "states: [negative]", ["32:13 states has 1 entries; it needs at least 2"]),
    ("state without name", "states: [negative, positive]", 'states: ["", positive]', ['32:14 entry 1 of states is empty']),
    ("unknown key", "label: Sitting", "lable: Sitting", ["7:3 label is missing", '8:12 unknown key "lable"; did you mean "table"?']),
    ("unknown key in a number", "p: 0.2, r", "q: 1, p: 0.2, r", ['19:31 unknown key "q"; allowed: '
                                                                 'when, p, risk, odds_ratio, '
                                                                 'risk_ratio, hazard_ratio, smd, '
                                                                 'range, p_value, design, '
                                                                 'exposure, carried, sources, '
                                                                 'against, note']),
    ("unknown top key", "treatments:", "treatment:", ['36:1 unknown key "treatment"; did you mean '
                                                      '"treatments"?']),
    ("role", "role: test", "role: tset", ['31:11 unknown role "tset"; did you mean "test"? '
                                          'allowed: risk_factor, impairment, form, mechanism, '
                                          'presentation, test']),
    ("id", "  grade:", "  Grade-1:", ['20:3 "Grade-1" must be at most 60 lower case letters, '
                                      'digits and underscores, a letter first']),
    ("long id", "  grade:", f"  {'g' * 61}:", [f'20:3 "{"g" * 40}…" must be at most 60 lower case '
                                               'letters, digits and underscores, a letter first']),
    ("outcome", "outcome: pain", "outcome: pian", ['3:10 unknown outcome "pian"; did you mean '
                                                   '"pain"? allowed: sit, pain, grade, press']),
    ("name", "name: tiny", "name: Tiny One", ['1:7 "Tiny One" must be at most 60 lower case '
                                              'letters, digits and underscores, a letter first']),
    ("variable a word", "  press:", "  wrong: yes\n  press:", ['29:10 wrong must be keys and '
                                                               'values, not "yes"']),
    # distributions
    ("two distributions", "    leak: {", "    prior: {yes: {p: 0.3, range: [0.2, 0.4], sources: "
                                         "[X-01]}}\n    leak: {",
     ["12:3 pain needs exactly one of prior, leak (with causes), table, observes; it has prior "
      "and leak"]),
    ("no distribution", "    prior: {yes: {p: 0.3, range: [0.2, 0.4], sources: [X-01]}}\n", "",
     ["7:3 sit needs exactly one of prior, leak (with causes), table, observes; it has none"]),
    ("causes of a root", "    prior:", f"    causes: [{{when: {{pain: yes}}, {CAUSE}}}]\n    "
                                       "prior:", ["11:13 causes goes with leak; sit has prior"]),
    ("sensitivity of a root", "    prior:", "    sensitivity: {p: 0.3, range: [0.2, 0.4], "
                                            "sources: [X-01]}\n    prior:", ["11:18 sensitivity goes with observes; sit has prior"]),
    ("two strengths", "p: 0.2, r", "p: 0.2, risk: 0.3, r",
     ["19:9 a cause needs exactly one of p, risk, odds_ratio, risk_ratio, hazard_ratio, smd; it "
      "has p and risk"]),
    ("no strength", "p: 0.2, range", "range", ["19:9 a cause needs exactly one of p, risk, "
                                               "odds_ratio, risk_ratio, hazard_ratio, smd; it has "
                                               "none"]),
    ("prior state", "prior: {yes:", "prior: {ja:", ["11:12 the prior of sit lacks yes; only the "
                                                    "first state (no) may be left out", '11:17 unknown state of sit "ja"; allowed: no, yes']),
    ("prior sum", "prior: {yes:", "prior: {no: {p: 0.8, range: [0.2, 0.9], sources: [X-01]}, yes:", ["11:12 probabilities of sit sum to 1.1, not 1"]),
    ("prior sum a little off", "prior: {yes:", "prior: {no: {p: 0.700002, range: [0.2, 0.9], "
                                               "sources: [X-01]}, yes:", ["11:12 probabilities of sit sum to 1.000002, not 1"]),
    ("nothing left", "states: [no, yes]\n    prior: {yes: {p: 0.3, range: [0.2, 0.4], sources: "
                     "[X-01]}}",
     "states: [no, yes, x]\n    prior: {yes: {p: 0.6, range: [0.2, 0.8], sources: [X-01]}, x: {p: "
     "0.6, range: [0.2, 0.8], sources: [X-01]}}",
     ["11:12 probabilities of sit sum to 1.2, which leaves nothing for no", "26:7 the table of grade lacks the rows for x"]),
    # tables
    ("row sum", "[0.7, 0.2, 0.1]", "[0.6, 0.2, 0.1]", ["27:11 probabilities of grade given no sum "
                                                       "to 0.9, not 1"]),
    ("row p", "[0.7, 0.2, 0.1]", "[1.7, 0.2, 0.1]", ["27:11 probability 1.7 is outside [0, 1]"]),
    ("row nan", "[0.7, 0.2, 0.1]", "[nan, 0.2, 0.1]", ['27:45 probabilities must be a number, not '
                                                       '"nan"']),
    ("row too short", "[0.7, 0.2, 0.1]", "[0.8, 0.2]", ["27:44 probabilities has 2 entries for "
                                                        "the 3 states of grade"]),
    ("row ranges", "[0, 0.2]]", "[0, 0.2], [0, 1]]", ["27:68 range has 4 entries for the 3 states "
                                                      "of grade"]),
    ("row range", "[0, 0.2]]", "[0.2, 0.3]]", ["27:68 range [0.2, 0.3] must lie in [0, 1] and "
                                               "around 0.1"]),
    ("row state", "{sit: no}, prob", "{sit: non}, prob", ['27:24 unknown state of sit "non"; did '
                                                          'you mean "no"? allowed: no, yes']),
    ("row parent", "{sit: no}, prob", "{sat: no}, prob", ["27:18 a row of grade must name the "
                                                          "state of each parent (sit), it names "
                                                          "sat"]),
    ("row twice", "{sit: yes}, prob", "{sit: no}, prob", ["26:7 the table of grade lacks the rows "
                                                          "for yes", "28:11 the table of grade has no place for another row for no"]),
    ("row when", "{sit: no}, prob", "{sit: [no]}, prob", ["27:24 sit must be text, not a list"]),
    ("table parent", "parents: [sit]", "parents: [sat]", ['25:17 unknown parent of grade "sat"; '
                                                          'did you mean "sit"? allowed: sit, '
                                                          'pain, press']),
    ("table parent twice", "parents: [sit]", "parents: [sit, sit]", ['25:22 parent "sit" is listed twice']),
    # tests
    ("test of nothing", "observes: pain", "observes: pein", ['33:15 unknown variable "pein"; did '
                                                             'you mean "pain"? allowed: sit, '
                                                             'pain, grade, press']),
    ("test of three states", "observes: pain", "observes: grade", ["33:15 sensitivity and "
                                                                   "specificity need two states "
                                                                   "each: press and grade"]),
    ("test without", "    specificity: {p: 0.9, range: [0.8, 0.95], sources: [X-01]}\n", "", ["33:15 press observes pain: it needs sensitivity and specificity"]),
    # treatments and advice
    ("target", "targets: {sit: no}", "targets: {sat: no}", ['37:43 unknown variable "sat"; did '
                                                            'you mean "sit"? allowed: sit, pain, '
                                                            'grade, press']),
    ("target state", "targets: {sit: no}", "targets: {sit: nix}", ['37:43 unknown state of sit '
                                                                   '"nix"; allowed: no, yes']),
    ("no target", "targets: {sit: no}", "targets: {}", ["37:37 targets has 0 entries; it needs at "
                                                        "least 1"]),
    ("caution", "cautions: [slowly]", "cautions: [slow]", ['37:120 unknown advice "slow"; did you '
                                                           'mean "slowly"? allowed: slowly']),
    ("who", "cautions: [slowly]", "who: coach", ['37:114 unknown means "coach"; allowed: ask, '
                                                 'clinician']),
    ("advice treatment", "treatments: [stand]", "treatments: [stend]", ['39:74 unknown treatment "stend"; did you mean "stand"? allowed: stand']),
    ("advice when", "when: {pain: yes}, tre", "when: {pian: yes}, tre", ['39:55 unknown variable "pian"; did you mean "pain"? allowed: sit, pain, grade, press']),
    ("advice state", "when: {pain: yes}, tre", "when: {pain: ja}, tre", ['39:55 unknown state of pain "ja"; allowed: no, yes']),
    ("advice kind", "kind: caution", "kind: cautious", ['39:18 kind is "cautious"; allowed: '
                                                        'caution or referral']),
    ("advice never", "when: {pain: yes}, treatments: [stand], ", "", ["39:11 slowly never applies: it needs findings (when) or treatments that it goes with"]),
    # conversion
    ("prior_sd", "prior_sd: 0.35", "prior_sd: 0", ["5:24 prior_sd: input should be greater than "
                                                   "0, not \"0\""]),
    ("discount", "good: 1.0", "good: 1.1", ['5:59 good: input should be less than or equal to 1, '
                                            'not "1.1"']),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [case[1:] for case in ONE_PROBLEM],
    ids=[case[0] for case in ONE_PROBLEM],
)
def test_a_problem_is_told_once_at_its_place(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    assert refused(folder, changed((old, new))) == [f"n.yaml:{line}" for line in expected]


def test_every_problem_of_shape_is_in_one_report_and_meaning_is_not_looked_at(
    folder: Path,
) -> None:
    text = changed(
        ('version: "1"', 'version: !!python/name:os.system "1"'), ("label: Sitting", "label: Sitting\n    lable: Sitting"),
        ("p: 0.3, range: [0.2, 0.4], sources: [X-01]", "p: 0.3, range: [0.5, 0.6], sources: [X-99]"),
        ("leak: {p: 0.1, range: [0.05, 0.2], sources: [X-01]}", "leak: {p: nan, range: [0.05, "
                                                                "0.2]}"),
        (f"{CAUSE}}}", "p: 0.2, p: 1.2, range: [0.1, 0.3], sources: [S1]}\n      - {when: "
                       "{press: pos}, p: high, range: [0, 1], sources: [X-77]}"),
        ("targets: {sit: no}", "targets: {sot: no}"), ("kind: caution", "kind: warning"), ("outcome: pain", "outcome: &a pian"),
        ("mechanism: {title: Mechanisms}", "mechanism: {contributes: maybe}"),
    )  # fmt: skip
    assert refused(folder, text) == [f"n.yaml:{line}" for line in [
        '2:10 tags are not allowed: "tag:yaml.org,2002:python/name:os.system"',
        "3:10 anchors and aliases (& and *) are not allowed",
        '9:12 unknown key "lable"; did you mean "table"?',
        "18:11 sources is missing",
        '18:15 p must be a number, not "nan"',
        '20:36 key "p" is written twice',
        '21:33 p must be a number, not "high"',
        '41:18 kind is "warning"; allowed: caution or referral',
        "47:16 title is missing",
        '47:30 contributes is "maybe"; allowed: no or yes',
    ]]  # fmt: skip


def test_every_problem_of_meaning_is_in_one_report(folder: Path) -> None:
    text = changed(
        ("p: 0.3, range: [0.2, 0.4], sources: [X-01]", "p: 0.3, range: [0.5, 0.6], sources: [X-99]"),
        (f"{CAUSE}}}", f"p: 0.2, range: [0.1, 0.3], sources: [S1]}}\n      - {{when: "
                       f"{{grode: top}}, {CAUSE}}}\n"
                       f"      - {{when: {{press: pos}}, p: 0.4, range: [0, 1], sources: [X-77]}}"),
        ("[0.7, 0.2, 0.1]", "[0.7, 0.2, 0.2]"), ("sensitivity: {p: 0.8", "sensitivity: {p: 0.95"), ("targets: {sit: no}", "targets: {sot: no}"),
        ("sources: [S1]}\n", "sources: [S7]}\n"), ("outcome: pain", "outcome: pian"), ("role: mechanism", "role: mechanic"),
        ("stand: [stand]", "stand: [sit]"),
    )  # fmt: skip
    assert refused(folder, text) == [f"n.yaml:{line}" for line in [
        '3:10 unknown outcome "pian"; did you mean "pain"? allowed: sit, pain, grade, press',
        "11:34 range [0.5, 0.6] must lie in [0, 1] and around 0.3",
        '11:56 unknown source "X-99"; allowed: S1, X-01, X-02, expert',
        '19:65 unknown source "S7"; allowed: S1, X-01, X-02, expert',
        '20:24 unknown parent of pain "grode"; did you mean "grade"? allowed: sit, grade, '
        'press',
        '21:24 unknown state of press "pos"; did you mean "positive"? allowed: negative, positive',
        "21:24 variables cause each other in a circle: pain > press > pain",
        '21:63 unknown source "X-77"; allowed: S1, X-01, X-02, expert',
        '24:11 unknown role "mechanic"; did you mean "mechanism"? allowed: risk_factor, '
        'impairment, form, mechanism, presentation, test',
        "29:11 probabilities of grade given no sum to 1.1, not 1",
        "36:35 range [0.7, 0.9] must lie in [0, 1] and around 0.95",
        '39:43 unknown variable "sot"; did you mean "sit"? allowed: sit, pain, grade, press',
        '51:31 unknown treatment "sit"; did you mean "stand"? allowed: stand',
    ]]  # fmt: skip


FORMS = [
    ("empty", "", ["1:1 the file is empty"]),
    ("comments only", "# one\n# two\n", ["1:1 the file is empty"]),
    ("null", "---\n", ["2:1 the file must hold keys and values: name, version, variables, ..."]),
    ("list", "- a\n- b\n", ["1:1 the file must hold keys and values: name, version, variables, ..."]),
    ("word", "hello\n", ["1:1 the file must hold keys and values: name, version, variables, ..."]),
    ("no variables", 'name: x\nversion: "1"\n', ["1:1 the network has no variables"]),
    ("variables empty", 'name: x\nversion: "1"\nvariables: {}\n', ["3:12 the network has no "
                                                                   "variables"]),
    ("variables a list", 'name: x\nversion: "1"\noutcome: a\nvariables: []\n', ["4:12 variables must be keys and values, not a list"]),
    ("two documents", TINY + "---\n" + TINY, [f"{END}:1 a second document begins here; a file holds "
                                              "one"]),
    ("after the end", TINY + "...\n[\n", [f"{END + 1}:1 not valid YAML: did not find expected <document "
                                          "start>"]),
    ("unclosed", "a: [1, 2\nb: 3\n", ["2:2 not valid YAML: did not find expected ',' or ']'"]),
    ("tab", "a:\n\tb: 1\n", ["2:1 not valid YAML: found character that cannot start any token"]),
    ("NUL", changed(("Sitting", "Sit\0ting")), ["8:15 control characters are not allowed (U+0000)"]),
    ("escape sequence", changed(("Sitting", '"\\x1b[31mSitting"')), ["8:12 control characters are not allowed"]),
    ("latin-1", changed(("Sitting", "Sitz\xe9")).encode("latin-1"), [f"8:16 {NO_UTF8}"]),
    ("utf-16", TINY.encode("utf-16"), [f"1:1 {NO_UTF8}"]),
    ("too large", TINY + "#" * MOST_BYTES, ["1:1 the file has more than 2,000,000 bytes"]),
    ("brackets", "a: " + "[" * 100_000, [f"1:{MOST_DEPTH + 3} not valid YAML: more than 20 levels "
                                         "deep"]),
    ("closed brackets", "a: " + "[" * 100_000 + "]" * 100_000, ["1:23 not valid YAML: more than "
                                                                "20 levels deep"]),
    ("braces", "a: " + "{a: " * 100_000, ["1:80 not valid YAML: more than 20 levels deep"]),
    ("dashes", "- " * 50_000, ["1:41 not valid YAML: more than 20 levels deep"]),
    ("indents", "\n".join(" " * i + "a:" for i in range(1000)), ["21:21 not valid YAML: more than "
                                                                 "20 levels deep"]),
    ("list as key", "? [a, b]\n: c\n", ["1:3 not valid YAML: a key must be text"]),
    ("python call", changed(('version: "1"', 'version: !!python/object/apply:os.mkdir ["made"]')),
     ['2:10 tags are not allowed: "tag:yaml.org,2002:python/object/apply:os…"', "2:10 version must be text, not a list"]),
    ("python name", changed(('"1"', "!!python/name:os.system 1")), ['2:10 tags are not allowed: "tag:yaml.org,2002:python/name:os.system"']),
    ("plain tag", changed(('"1"', "!!str 1")), ['2:10 tags are not allowed: '
                                                '"tag:yaml.org,2002:str"']),
    ("anchor", changed(('"1"', '&a "1"')), ["2:10 anchors and aliases (& and *) are not allowed"]),
    ("alias", changed(("name: tiny", "name: &a tiny"), ('"1"', "*a")),
     ["1:7 anchors and aliases (& and *) are not allowed", "2:10 anchors and aliases (& and *) "
                                                           "are not allowed"]),
    ("merge", changed(("    label: Sitting\n", "    label: Sitting\n    <<: {about: more}\n")),
     ['9:9 unknown key "<<"; allowed: label, role, states, bins, limits, answers, about, also, question, cost, persists, leaves, '
      'marginal, prior, leak, causes, table, observes, sensitivity, specificity']),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS]
)
def test_a_file_of_the_wrong_form_is_refused(
    folder: Path, content: str | bytes, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert refused(folder, content) == [f"n.yaml:{line}" for line in expected]
    assert not (folder / "made").exists()


@pytest.mark.parametrize("wing", [9, 100])
def test_an_alias_bomb_ends_at_once(folder: Path, wing: int) -> None:
    names = "abcdefghijklmnopqrst"
    bomb = f"a: &a [{'x,' * wing}]\n" + "".join(
        f"{b}: &{b} [{f'*{a},' * wing}]\n" for a, b in pairwise(names)
    )
    lines = refused(folder, bomb)
    assert "n.yaml:1:4 anchors and aliases (& and *) are not allowed" in lines
    assert len(lines) <= MOST_PROBLEMS + 2


def test_a_report_says_how_much_it_leaves_out(folder: Path) -> None:
    lines = refused(folder, TINY + "".join(f"x{i}: 1\n" for i in range(1000)))
    assert len(lines) == MOST_PROBLEMS + 1 and lines[-1] == "n.yaml: and 800 more problems"
    broken = refused(folder, "a: a\n" * 1000)
    assert (
        broken[-1].endswith("not valid YAML: too many problems; nothing was read beyond this place")
        or "more problems" in broken[-1]
    )


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + TINY.encode(), TINY.replace("\n", "\r\n"), TINY.replace("\n", "\r"), TINY + "...\n"],
                         ids=["BOM", "CRLF", "CR", "end mark"])  # fmt: skip
def test_other_ways_to_write_the_same_file(folder: Path, content: str | bytes) -> None:
    assert loaded(folder, content).columns == loaded(folder, TINY).columns


def test_every_scalar_is_text(folder: Path) -> None:
    (folder / "t.yaml").write_text(
        "{no: 0.9, yes: 0.1, on: 1, 1:20: ~, a: null, b: 0x1F, c: 2020-01-01}", encoding="utf-8"
    )
    data = read_yaml(folder / "t.yaml").data
    assert data == {
        "no": "0.9",
        "yes": "0.1",
        "on": "1",
        "1:20": "~",
        "a": "null",
        "b": "0x1F",
        "c": "2020-01-01",
    }


@pytest.mark.parametrize(
    ("name", "expected"), [("nope.yaml", "no such file or directory"), (".", "is a directory")]
)
def test_a_file_that_cannot_be_read(folder: Path, name: str, expected: str) -> None:
    with pytest.raises(bb.errors.FileProblem) as error:
        bb.load(folder / name)
    assert str(error.value) == f"{folder / name}: {expected}"


def test_odd_names_of_files_and_networks() -> None:
    with pytest.raises(bb.errors.FileProblem, match="no file can have this name"):
        bb.load("a\0b.yaml")
    with pytest.raises(bb.errors.FileProblem, match="file name too long"):
        bb.load("x" * 5000 + ".yaml")
    for odd in ("caar", "red_flags", "", "..", 5, None):
        with pytest.raises(bb.errors.UnknownName, match=f"allowed: {', '.join(shipped())}"):
            bb.load(odd)  # type: ignore[arg-type]
    with pytest.raises(bb.errors.UnknownName, match='did you mean "car"'):
        bb.load("caar")


def test_a_device_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(bb.errors.FileProblem, match="more than 2,000,000 bytes"):
        bb.load("/dev/zero")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0.7000004", "1.0000004"), ("0.6999995", "0.9999995"), ("0.70000001", "1.00000001")],
)
def test_rounded_rows_are_normalised_with_a_note(folder: Path, given: str, expected: str) -> None:
    network = loaded(folder, changed(("[0.7, 0.2, 0.1]", f"[{given}, 0.2, 0.1]")))
    row = network["grade"].distribution.rows[0]  # type: ignore[union-attr]
    assert abs(sum(number.p for number in row.numbers) - 1) < 1e-15
    assert all(number.low <= number.p <= number.high for number in row.numbers)
    assert network.notes == (
        f"the probabilities of grade given no summed to {expected} (rounded) and were normalised",
    )


def test_rows_further_off_are_refused(folder: Path) -> None:
    for given, total in (("0.7000011", "1.0000011"), ("0.6999989", "0.9999989")):
        lines = refused(folder, changed(("[0.7, 0.2, 0.1]", f"[{given}, 0.2, 0.1]")))
        assert lines == [f"n.yaml:27:11 probabilities of grade given no sum to {total}, not 1"]


def test_a_table_over_the_limit_is_refused_before_it_is_written_out(folder: Path) -> None:
    states = ", ".join(f"s{i}" for i in range(10))
    wide = "".join(f"  v{i}:\n    {{label: V, role: risk_factor, states: [{states}], prior: {{" + ", ".join(
        f"s{k}: {{p: 0.1, range: [0, 1], sources: [expert]}}" for k in range(10)) + "}}\n" for i in range(8))  # fmt: skip
    parents = ", ".join(f"v{i}" for i in range(8))
    text = changed(
        ("variables:\n", "variables:\n" + wide), ("parents: [sit]", f"parents: [{parents}]")
    )
    assert refused(folder, text) == [
        "n.yaml:40:5 the table of grade would have 300,000,000 cells; the limit is 4,194,304"
    ]
    condition = ", ".join(f"v{i}: s1" for i in range(8))
    text = changed(
        ("variables:\n", "variables:\n" + wide), ("when: {sit: yes}", f"when: {{{condition}}}")
    )
    assert refused(folder, text) == [
        "n.yaml:35:16 cause 1 of pain would need 200,000,000 cells; the limit is 4,194,304"
    ]


def test_two_circles_are_both_named(folder: Path) -> None:
    more = "".join(f"  {a}:\n    label: L\n    role: form\n    states: [no, yes]\n    leak: "
                   f"{{{CAUSE}}}\n    causes: [{{when: {{{b}: yes}}, {CAUSE}}}]\n"
                   for a, b in ("ab", "bc", "ca"))  # fmt: skip
    lines = refused(
        folder,
        changed(
            ("when: {sit: yes}", "when: {pain: yes}"), ("treatments:\n", f"{more}treatments:\n")
        ),
    )
    assert lines == [
        "n.yaml:19:23 pain is a cause of itself",
        "n.yaml:41:25 variables cause each other in a circle: a > c > b > a",
    ]


def test_a_long_chain_is_no_recursion(folder: Path) -> None:
    chain = "".join(
        f"  v{i}: {{label: V, role: form, states: [no, yes], leak: {{{CAUSE}}}, causes: [{{when: {{v{i + 1}: yes}}, {CAUSE}}}]}}\n"
        for i in range(2000)
    )
    network = loaded(
        folder,
        changed(
            ("  pain:\n", chain + "  pain:\n"),
            (
                "  pain:\n",
                f"  v2000: {{label: V, role: form, states: [no, yes], leak: {{{CAUSE}}}}}\n  "
                "pain:\n",
            ),
        ),
    )
    assert network.order[:4] == ("sit", "v2000", "v1999", "v1998")


CSV = [
    ("empty", "", "1:1 the first line names the columns, each once: id, kind, says, value, low, "
                  "high, unit, population, reference, doi, read (id, kind and says at least)"),
    ("header alone", "id,says\n", "1:1 the first line names the columns, each once: id, kind, "
                                  "says, value, low, high, unit, population, reference, doi, read "
                                  "(id, kind and says at least)"),
    ("column twice", ROWS.replace("read", "says"), "1:1 the first line names the columns, each "
                                                   "once: id, kind, says, value, low, high, unit, "
                                                   "population, reference, doi, read (id, kind "
                                                   "and says at least)"),
    ("unknown column", ROWS.replace("read", "grade"), "1:1 the first line names the columns, each "
                                                      "once: id, kind, says, value, low, high, "
                                                      "unit, population, reference, doi, read "
                                                      "(id, kind and says at least)"),
    ("too few", ROWS + "X-03,study\n", "5:1 a row needs 4 fields, as many as there are columns"),
    ("too many", ROWS + "X-03,study,a,A,b\n", "5:1 a row needs 4 fields, as many as there are "
                                              "columns"),
    ("twice", ROWS + "X-01,study,a,A\n", '5:1 source "X-01" is listed twice'),
    ("twice after a break", ROWS + 'X-03,study,"a\nb",A\nX-03,study,a\u2028b,A\n', '7:1 source "X-03" is listed twice'),
    ("kind", ROWS + "X-03,stdy,a,A\n", '5:1 kind "stdy" must be one of claim, study, cohort'),
    ("read", ROWS + "X-03,study,a,D\n", '5:1 read "D" must be A, B or C, or empty for a claim'),
    ("no id", ROWS + ",study,a,A\n", '5:1 a source cannot have the id ""'),
    ("expert", ROWS + "expert,study,a,A\n", '5:1 a source cannot have the id "expert"'),
    ("NUL", ROWS + "X-03,study,\0,A\n", "5:1 control characters are not allowed"),
    ("quote", ROWS + 'X-03,study,"a,A\n', "4:1 not valid CSV: unexpected end of data"),
    ("latin-1", (ROWS + "X-03,study,\xe9,A\n").encode("latin-1"), f"5:12 {NO_UTF8}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"), [case[1:] for case in CSV], ids=[case[0] for case in CSV]
)
def test_a_wrong_sources_file_is_told_beside_what_is_wrong_with_the_network(
    folder: Path, content: str | bytes, expected: str
) -> None:
    (folder / "sources.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    assert refused(folder, changed(("p: 0.2, r", "p: 1.2, r"))) == [
        "n.yaml:19:31 probability 1.2 is outside [0, 1]",
        f"sources.csv:{expected}",
    ]


def test_sources_are_read_as_they_stand(folder: Path) -> None:
    (folder / "sources.csv").write_bytes(
        b'\xef\xbb\xbfid,kind,says,value\r\nX,study,"a, ""b""",0.5\r\n\r\n'
    )
    assert [
        (s.id, s.kind, s.says, s.value, s.read)
        for s in read_sources(folder / "sources.csv").values()
    ] == [("X", "study", 'a, "b"', "0.5", "")]


@pytest.fixture
def base(folder: Path) -> Path:
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return folder


def strengths(network: bb.Network) -> tuple[float, list[tuple[dict[str, tuple[str, ...]], float]]]:
    model = network["pain"].distribution
    assert isinstance(model, NoisyOr)
    return model.leak.p, [
        (dict(mechanism.when), mechanism.number.p) for mechanism in model.mechanisms
    ]


def test_an_overlay_replaces_and_adds(base: Path) -> None:
    text = (
        OVERLAY
        + """\
variables:
  pain:
    leak: {p: 0.05, range: [0, 0.1], sources: [expert]}
    causes:
      - {when: {grade: [top, mid]}, p: 0.4, range: [0.1, 0.5], sources: [expert]}
      - {when: {sit: [yes]}, p: 0.6, range: [0.1, 0.7], sources: [expert]}
  sit: {prior: {yes: {p: 0.9, range: [0.2, 1], sources: [X-02]}}}
  press: {sensitivity: {p: 0.6, range: [0.5, 0.9], sources: [expert]}}
  scan: {label: Scan, role: test, states: [negative, positive], observes: pain,
         sensitivity: {p: 0.7, range: [0.6, 0.8], sources: [expert]}, specificity: {p: 0.7, range: [0.6, 0.8], sources: [expert]}}
treatments:
  walk: {label: Walk, targets: {sit: no}, success: {p: 0.1, range: [0, 0.2], sources: [expert]}}
advice:
  slowly: {kind: referral, text: Go., when: {pain: yes}, sources: [expert]}
"""
    )
    network, before = loaded(base, text, "over.yaml"), bb.load(base / "tiny.yaml")
    assert (network.name, network.version, network.outcome) == ("over", "1", "pain")
    assert strengths(network) == (
        0.05,
        [({"sit": ("yes",)}, 0.6), ({"grade": ("top", "mid")}, 0.4)],
    )
    assert list(network.variables) == ["sit", "pain", "grade", "press", "scan"] and set(
        network.treatments
    ) == {"stand", "walk"}
    assert [row.numbers[1].p for row in network["press"].distribution.rows] == [
        pytest.approx(0.1),
        0.6,
    ]  # type: ignore[union-attr]
    assert network["sit"].distribution.rows[0].numbers[1].p == 0.9  # type: ignore[union-attr]
    assert network["pain"].label == "Pain" and network["pain"].marginal == before["pain"].marginal
    assert network.advice["slowly"].kind == "referral" and set(network.sources) == {
        "S1",
        "X-01",
        "X-02",
    }
    assert strengths(before) == (0.1, [({"sit": ("yes",)}, 0.2)])


OVERLAYS = [
    ("range", "variables:\n  pain:\n    causes:\n      - "
              f"{{when: {{sit: yes}}, {CAUSE.replace('0.2', '0.8')}}}\n", ["over.yaml:7:43 range [0.1, 0.3] must lie in [0, 1] and around 0.8"]),
    ("parent", f"variables:\n  pain: {{causes: [{{when: {{sat: yes}}, {CAUSE}}}]}}\n", ['over.yaml:5:32 unknown parent of pain "sat"; did you mean "sit"? allowed: sit, grade, press']),
    ("same twice", "variables:\n  pain: "
                   f"{{causes: [{{when: {{sit: yes}}, {CAUSE}}}, {{when: {{sit: [yes]}}, {CAUSE}}}]}}\n", ["over.yaml:5:96 cause 2 of pain repeats the conditions of an earlier one"]),
    ("key", "variables:\n  pain: {laek: {p: 0.3, range: [0.2, 0.4], sources: [X-01]}}\n", ['over.yaml:5:16 unknown key "laek"; did you mean "leak"?']),
    ("half a new variable", "variables:\n  pian: {leak: {p: 0.3, range: [0.2, 0.4], sources: "
                            "[X-01]}}\n", ["over.yaml:5:9 label is missing", "over.yaml:5:9 states is missing"]),
    ("second distribution", "variables:\n  sit: {leak: {p: 0.3, range: [0.2, 0.4], sources: "
                            "[X-01]}}\n", ["tiny.yaml:7:3 sit needs exactly one of prior, leak "
                                           "(with causes), table, observes; it has prior and leak"]),
    ("causes a word", "variables:\n  pain: {causes: x}\n", ['over.yaml:5:18 causes must be a '
                                                            'list, not "x"']),
    ("variable a word", "variables:\n  pain: x\n", ['over.yaml:5:9 pain must be keys and values, '
                                                    'not "x"']),
    ("variables a list", "variables: [x]\n", ["over.yaml:4:12 variables must be keys and values, not a list"]),
    ("source", "variables:\n  pain: {leak: {p: 0.3, range: [0.2, 0.4], sources: [X-09]}}\n", ['over.yaml:5:54 unknown source "X-09"; did you mean "X-02"? allowed: S1, X-01, X-02, expert']),
    ("no such csv", "sources: own.csv\n", ["over.yaml:4:10 no such file beside the network: "
                                           "own.csv"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in OVERLAYS], ids=[case[0] for case in OVERLAYS]
)
def test_a_problem_of_an_overlay_points_into_it(base: Path, text: str, expected: list[str]) -> None:
    assert refused(base, OVERLAY + text, "over.yaml") == expected


def test_a_problem_of_the_base_points_into_the_base(base: Path) -> None:
    (base / "tiny.yaml").write_text(changed(("p: 0.2, r", "p: 1.2, r")), encoding="utf-8")
    assert refused(base, OVERLAY, "over.yaml") == [
        "tiny.yaml:19:31 probability 1.2 is outside [0, 1]"
    ]
    text = f"{OVERLAY}variables: {{pain: {{causes: [{{when: {{sit: yes}}, {CAUSE}}}]}}}}\n"
    assert strengths(loaded(base, text, "over.yaml")) == (0.1, [({"sit": ("yes",)}, 0.2)])


def test_an_overlay_has_a_name_and_version_of_its_own(base: Path) -> None:
    assert refused(base, "base: tiny\n", "over.yaml") == [
        "over.yaml:1:1 name is missing",
        "over.yaml:1:1 version is missing",
    ]


def test_sources_of_an_overlay_join_those_of_its_base(base: Path) -> None:
    text = (
        f"{OVERLAY}sources: own.csv\nvariables: "
        f"{{pain: {{leak: {{p: 0.3, range: [0.2, 0.4], sources: [O-1, X-01]}}}}}}\n"
    )
    (base / "own.csv").write_text(
        "id,kind,says,read\nO-1,study,ours,A\nX-01,study,a study,A\n", encoding="utf-8"
    )
    assert set(loaded(base, text, "over.yaml").sources) == {"S1", "X-01", "X-02", "O-1"}
    (base / "own.csv").write_text(
        "id,kind,says,read\nO-1,study,ours,A\nX-01,study,something else,A\n", encoding="utf-8"
    )
    assert refused(base, text, "over.yaml") == [
        'over.yaml:4:10 source "X-01" says something else in the base\'s sources; give yours an '
        "id of its own"
    ]


@pytest.mark.parametrize("name", ["../tiny", "sub/tiny", "..", "''", "/etc/passwd"])
def test_a_base_outside_its_folder_is_not_opened(base: Path, name: str) -> None:
    (base / "sub").mkdir()
    (base / "sub" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    shown = name.strip("'")
    expected = f'over.yaml:3:7 a base is named without a folder, not "{shown}"'
    assert refused(base, OVERLAY.replace("tiny", name), "over.yaml") == [
        expected.replace(f"{base}/", "")
    ]
    (base / "sub" / "over.yaml").write_text(OVERLAY.replace("tiny", "../tiny"), encoding="utf-8")
    with pytest.raises(bb.errors.FileProblem, match="without a folder"):
        bb.load(base / "sub" / "over.yaml")


def test_a_base_that_does_not_exist(base: Path) -> None:
    for name, shown, guess in (
        ("tyni", "tyni", '; did you mean "tiny"?'),
        ("q" * 300, "q" * 40 + "…", ";"),
    ):
        text = OVERLAY.replace("base: tiny", f"base: {name}")
        said = f'over.yaml:3:7 no such base network "{shown}"{guess} tried {name}.yaml and '
        assert refused(base, text, "over.yaml") == [f"{said}{SHIPPED / name}.yaml"]
    assert refused(base, OVERLAY.replace("base: tiny", "base: over"), "over.yaml") == [
        'over.yaml:3:7 "over" is this file itself; a network cannot be its own base'
    ]
    assert refused(base, OVERLAY.replace("base: tiny", "base: [tiny]"), "over.yaml") == [
        "over.yaml:3:7 base must be text, the name of a network"
    ]


@pytest.mark.parametrize("name", ["tiny.yaml", "small.yml"])
def test_a_base_beside_may_be_named_with_its_ending(base: Path, name: str) -> None:
    (base / "small.yml").write_text(TINY, encoding="utf-8")
    network = loaded(base, OVERLAY.replace("base: tiny", f"base: {name}"), "over.yaml")
    assert network.columns == bb.load(base / "tiny.yaml").columns


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "tyni.yaml",
            'no such base network "tyni.yaml"; did you mean "tiny.yaml"? tried tyni.yaml',
        ),
        ("over.yaml", '"over.yaml" is this file itself; a network cannot be its own base'),
        ("sub/tiny.yaml", 'a base is named without a folder, not "sub/tiny.yaml"'),
        ("car.yaml", 'no such base network "car.yaml"; did you mean "car"? tried car.yaml'),
    ],
)
def test_a_base_with_its_ending_lies_beside_the_overlay(base: Path, name: str, said: str) -> None:
    text = OVERLAY.replace("base: tiny", f"base: {name}")
    assert refused(base, text, "over.yaml") == [f"over.yaml:3:7 {said}"]


def test_an_overlay_of_an_overlay_is_refused(base: Path) -> None:
    (base / "first.yaml").write_text(OVERLAY, encoding="utf-8")
    expected = [
        "over.yaml:3:7 first.yaml is no network of its own (an overlay needs a base without a base)"
    ]
    assert refused(base, OVERLAY.replace("tiny", "first"), "over.yaml") == expected


def test_an_overlay_may_lie_anywhere_on_a_shipped_base(tmp_path: Path, car: bb.Network) -> None:
    text = (
        'name: mine\nversion: "1"\nbase: car\nvariables: {cold_night: {prior: {yes: '
        "{p: 0.5, range: [0.4, 0.6], sources: [expert]}}}}\n"
    )
    network = loaded(tmp_path, text, "car.yaml")
    assert bb.posterior(network)["cold_night"]["yes"] == pytest.approx(0.5)
    assert network.columns == car.columns


@pytest.mark.parametrize("name", shipped())
def test_shipped_networks_are_sound_and_loaded_once(name: str) -> None:
    assert bb.load(name) is bb.load(name)
    assert bb.load(SHIPPED / f"{name}.yaml").columns == bb.load(name).columns


# the schema for editors


STAND = "success: {p: 0.5, range: [0.2, 0.8], sources: [S1, expert]}"
TRIAL = f"{STAND}, trial: {{risk_ratio: 0.65, range: [0.5, 0.86], sources: [X-01]}}"


def test_a_trial_and_what_a_variable_leaves_behind_are_read(folder: Path) -> None:
    leaves = ("    label: Pain\n", "    label: Pain\n    leaves: {sit: yes}\n")
    relief = f"{TRIAL}, relief_trials: [X-01]"
    network = loaded(folder, changed((STAND, relief), leaves))
    assert network.treatments["stand"].relief_trials == ("X-01",)
    assert network.treatments["stand"].trial == Trial(0.65, 0.5, 0.86, ("X-01",))
    assert network["pain"].leaves == {"sit": "yes"} and network["sit"].leaves == {}


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        ((STAND, TRIAL.replace("0.65", "0.9")), "does not hold the risk ratio 0.9"),
        ((STAND, TRIAL.replace("[X-01]", "[X-99]")), 'unknown source "X-99"'),
        ((STAND, f"{STAND}, relief_trials: [X-99]"), 'unknown source "X-99"'),
        ((STAND, f"{STAND}, relief_trials: [S1]"), "S1 is a claim; a trial is a study"),
        (("    label: Pain\n", "    label: Pain\n    leaves: {sat: yes}\n"), 'did you mean "sit"'),
        (
            ("    label: Pain\n", "    label: Pain\n    leaves: {sit: often}\n"),
            'unknown state of sit "often"',
        ),
    ],
)
def test_wrong_trials_and_remains_are_told(
    folder: Path, swap: tuple[str, str], expected: str
) -> None:
    (line,) = refused(folder, changed(swap))
    assert expected in line


def test_the_schema_file_is_up_to_date() -> None:
    assert json.loads((SHIPPED / "schema.json").read_text(encoding="utf-8")) == json_schema(), (
        "write json_schema() to networks/schema.json"
    )


def agrees(data: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether data (all scalars text) fits a JSON Schema of the few keywords that ours uses."""
    if "$ref" in schema:
        return agrees(data, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return any(agrees(data, each, root) for each in schema["anyOf"])
    if "enum" in schema:
        return data in schema["enum"]
    if schema["type"] == "object":
        rest, known = schema.get("additionalProperties", True), schema.get("properties", {})
        rest = next(iter(schema.get("patternProperties", {"": rest}).values()))
        return isinstance(data, dict) and set(schema.get("required", ())) <= set(data) and all(
            agrees(value, known.get(key, rest), root) if key in known or rest else False for key, value in data.items())  # fmt: skip
    if schema["type"] == "array":
        return isinstance(data, list) and all(
            agrees(entry, schema["items"], root) for entry in data
        )
    if schema["type"] == "number":
        return isinstance(data, str) and data.lstrip("-").replace(".", "", 1).isdigit()
    return schema["type"] == "string" and isinstance(data, str)


@pytest.mark.parametrize("name", shipped())
def test_shipped_networks_agree_with_the_schema(name: str) -> None:
    assert agrees(read_yaml(SHIPPED / f"{name}.yaml").data, json_schema(), json_schema())


@pytest.mark.parametrize(("old", "new"), [("label: Sitting", "lable: Sitting"), ("p: 0.2, r", "p: high, r"), ("name: tiny\n", ""),
                                          ("kind: caution", "kind: x"), ("range: [0.1, 0.3]", "range: 0.1"), ("leak: {p: 0.1, ", "leak: {")])  # fmt: skip
def test_the_schema_refuses_what_the_loader_refuses(folder: Path, old: str, new: str) -> None:
    (folder / "n.yaml").write_text(TINY, encoding="utf-8")
    assert agrees(read_yaml(folder / "n.yaml").data, json_schema(), json_schema())
    assert refused(folder, changed((old, new)))
    assert not agrees(read_yaml(folder / "n.yaml").data, json_schema(), json_schema())


# case files


def test_cases_are_read_from_yaml_and_json(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "story: x\nfindings: {sore: yes, load: , tempo: {fast: 0.2, slow: often}}\nred_flags:\n",
        encoding="utf-8",
    )
    (tmp_path / "c.json").write_text(
        '{"findings": {"sore": "yes", "load": null}}', encoding="utf-8"
    )
    case = read_case(tmp_path / "c.yaml")
    assert case.story == "x"
    assert case.findings == {
        "sore": "yes",
        "load": None,
        "tempo": {"fast": 0.2, "slow": "often"},
    }
    assert case.red_flags == {}
    assert read_case(tmp_path / "c.json") == ({"sore": "yes", "load": None}, {}, "")


def test_a_written_case_reads_back(tmp_path: Path) -> None:
    findings = {"a": "yes", "b": {"no": 0.25, "yes": 1.0}, "c": None}
    write_case(tmp_path / "c.yaml", findings, {"fever": "no", "chills": None})
    case = read_case(tmp_path / "c.yaml")
    assert (case.findings, case.red_flags) == ({"a": "yes", "b": findings["b"]}, {"fever": "no"})


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("c.json", "{", "c.json:1:2 not valid JSON: Expecting property name enclosed in double quotes"),
    ("c.json", '{"a": 1, "a": 2}', 'c.json:1:1 key "a" is written twice'),
    ("c.json", "[" * 100_000, "c.json:1:1 nested too deeply, or a number with too many digits"),
    ("c.json", '{"findings": ' + "1" * 5000 + "}", "c.json:1:1 nested too deeply, or a number "
                                                   "with too many digits"),
    ("c.yaml", "finding: {a: b}", 'c.yaml:1:10 unknown key "finding"; did you mean "findings"? allowed: story, findings, red_flags'),
    ("c.yaml", "findings: [a]", "c.yaml:1:11 findings must be keys and values, not ['a']"),
    ("c.json", '{"red_flags": "fever"}', 'c.json:1:1 red_flags must be keys and values, not "fever"'),
    ("c.json", "[]", "c.json:1:1 a case file holds keys and values, such as `findings:`"),
    ("c.yaml", "", "c.yaml:1:1 the file is empty"),
    ("c.yaml", "findings: {a: b, a: c}", 'c.yaml:1:18 key "a" is written twice'),
    ("c.yaml", "- a", "c.yaml:1:1 a case file holds keys and values, such as `findings:`"),
    ("c.yaml", "findings: !!python/name:os.system x", 'c.yaml:1:11 tags are not allowed: '
                                                      '"tag:yaml.org,2002:python/name:os.system"'),
])  # fmt: skip
def test_case_files_of_the_wrong_form(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(bb.errors.FileProblem) as error:
        read_case(tmp_path / name)
    assert str(error.value) == f"{tmp_path}/{expected}"


def test_loading_and_asking_imports_nothing_heavy() -> None:
    code = (
        "import sys, backpain_bn as bb; bb.posterior(bb.load('car')); print(sorted({'pgmpy', "
        "'pandas', 'torch', 'pyarrow', 'networkx'} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
    code = (
        "import sys, backpain_bn; print(sorted({'pgmpy', 'pandas', 'llvmlite', 'torch'} & "
        "sys.modules.keys()))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )
