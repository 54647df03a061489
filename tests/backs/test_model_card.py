"""The model card of the shipped network is what the command writes, and hides nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.display.citations import classes_words
from backpain_bn.formats.card_file import card_beside
from backpain_bn.formats.load import DEFAULT
from backpain_bn.uncertainty.evidence_audit import LISTED, EvidenceAudit, evidence_audit
from backpain_bn.uncertainty.model_card import model_card

CARD = Path(__file__).parents[2] / "docs" / "model_card.md"
TRIPOD_ITEMS, PROBAST_QUESTIONS = 52, 20
"""27 items, some in parts (Collins 2024); the signalling questions (Wolff 2019)."""


@pytest.fixture(scope="module")
def audit() -> EvidenceAudit:
    return evidence_audit(bb.load())


def test_the_committed_card_is_what_the_command_writes(audit: EvidenceAudit) -> None:
    assert CARD.read_text(encoding="utf-8") == model_card(audit, card_beside(DEFAULT)), (
        "run backpain-bn evidence --card docs/model_card.md"
    )


def test_the_readme_counts_numbers_as_the_audit_does(audit: EvidenceAudit) -> None:
    readme = " ".join((CARD.parents[1] / "README.md").read_text(encoding="utf-8").split())
    counted = classes_words(audit.network).replace("\N{NO-BREAK SPACE}", " ")
    assert f"{sum(audit.classes.values())} numbers: {counted}." in readme


def test_every_number_is_in_one_class_and_has_a_source(audit: EvidenceAudit) -> None:
    assert audit.classes["no source"] == 0
    assert audit.classes["published, times a judgement"] >= 5
    assert sum(audit.classes.values()) > 250


def test_most_published_figures_are_reproduced(audit: EvidenceAudit) -> None:
    inside = [row.inside for row in audit.reproduced]
    assert len(inside) >= 15 and sum(inside) >= 0.8 * len(inside)


def test_a_published_figure_that_is_missed_says_why(audit: EvidenceAudit) -> None:
    assert all(bool(row.figure.note) != row.inside for row in audit.reproduced)


def test_judgements_of_the_conversion_have_ranges(audit: EvidenceAudit) -> None:
    conversion = audit.network.conversion
    every = [conversion.scale, *conversion.designs.values()]
    assert all(one.low < one.high for one in every if one.p < 1)


def test_the_most_influential_judgements_are_the_ones_listed(audit: EvidenceAudit) -> None:
    assert len(audit.influences) > LISTED
    assert audit.influences[0].size > 0.1


def test_every_item_of_both_checklists_is_answered_and_unmet_ones_are_named() -> None:
    tripod, probast = card_beside(DEFAULT).checklists
    assert len(tripod.items) == TRIPOD_ITEMS and len(probast.items) == PROBAST_QUESTIONS
    unmet = {item.number for item in tripod.unmet}
    assert {"12e", "16", "19", "23a"} <= unmet, "no validation, no involvement of patients"
    assert {"4.1", "4.7"} <= {item.number for item in probast.unmet}


def test_files_that_the_card_names_exist() -> None:
    named = set(re.findall(r"\b(?:tests|networks)/[\w./]+\w", CARD.read_text(encoding="utf-8")))
    assert named and all((CARD.parents[1] / name).exists() for name in named)
