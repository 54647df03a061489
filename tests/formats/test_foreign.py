"""What all formats share: spoilt files, limits, and that nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.errors import FileProblem
from backpain_bn.formats.foreign import FORMATS
from backpain_bn.formats.load import load
from backpain_bn.model.network import Network
from tests.oracles.foreign_files import public, read, refused
from tests.oracles.networks import asia

TEXTS = {ending: form.write(asia()) for ending, form in FORMATS.items()}
MARKS = ["", "}", "0", '"', " ", ";", "<", ">", "a", "\n", "//", "(no)", "|", "&", "%", "9" * 400]


@settings(max_examples=300, deadline=None)
@given(data=st.data(), ending=st.sampled_from(list(TEXTS)))
def test_spoilt_files_are_refused_in_words_or_read(data: st.DataObject, ending: str) -> None:
    text = TEXTS[ending]
    start = data.draw(st.integers(0, len(text) - 1))
    stop = start + data.draw(st.integers(0, 12))
    spoilt = text[:start] + data.draw(st.sampled_from(MARKS)) + text[stop:]
    try:
        assert isinstance(read(spoilt, ending), Network)
    except FileProblem as problem:
        assert all(line.startswith(f"some{ending}:") for line in problem.lines)
        assert all(len(line) < 2000 for line in problem.lines)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60), ending=st.sampled_from(list(FORMATS)))
def test_other_texts_are_refused_in_words(text: str, ending: str) -> None:
    assert refused(text, ending)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("mark", ["(", "{", "<a>", '"', "9", "/*", "a", "9 ", "&a;", "\0"])
def test_a_mark_a_million_times_is_refused(mark: str, ending: str) -> None:
    text = TEXTS[ending]
    for place in (0, text.index("0.99"), len(text)):
        found = refused(text[:place] + mark * 10**6 + " " + text[place:], ending)
        assert len(found) < 100_000


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_nearly_a_number_is_refused_at_once(ending: str) -> None:
    start = time.process_time()
    assert refused(TEXTS[ending].replace("0.99", "9" * 10**5 + "x"), ending)
    assert time.process_time() - start < 2


def test_a_network_is_loaded_without_pgmpy_and_pydantic(tmp_path: Path) -> None:
    path = tmp_path / "asia.bif"
    path.write_text(public("asia"), encoding="utf-8")
    code = (
        "import sys; from backpain_bn.formats.load import load; load(sys.argv[1]); "
        "print([each for each in ('pgmpy', 'pydantic', 'pandas', 'llvmlite') if each in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_byte_order_marks_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "n.bif"
    path.write_bytes(b"\xef\xbb\xbf" + TEXTS[".bif"].replace("\n", "\r\n").encode())
    assert load(path).table("dysp").tolist() == asia().table("dysp").tolist()


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_xml_may_declare_another_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "n.xdsl"
    text = TEXTS[".xdsl"]
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    text = head + text[text.index("<smile") :].replace("<name>asia</name>", "<name>Été</name>")
    path.write_bytes(text.encode(encoding))
    assert load(path)["asia"].label == "Été"


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "n.xdsl"
    path.write_bytes(TEXTS[".xdsl"].replace("asia", "\xe4").encode("latin-1"))
    with pytest.raises(FileProblem, match=r"n\.xdsl:4:10 the file is not UTF-8"):
        load(path)
