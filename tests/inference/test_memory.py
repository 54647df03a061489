"""What is taken to be free where the system does not say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backpain_bn.inference import memory


@pytest.mark.parametrize(
    ("pages", "free"), [(-1, memory.UNKNOWN), (0, memory.UNKNOWN), (1000, 1000 * 4096)]
)
def test_a_system_that_does_not_know_its_pages_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, pages: int, free: int
) -> None:
    answers = {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(Path, "exists", lambda _: False)
    monkeypatch.setattr(os, "sysconf", answers.__getitem__)
    assert memory.allowed_bytes() == memory.SHARE * free
