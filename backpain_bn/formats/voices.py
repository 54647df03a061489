"""The voices of a network: others that speak of the same, beside its file or among the shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import unknown
from ..model.vocabulary import Vocabulary
from .text_files import SHIPPED, is_file, shown_path
from .yaml_document import Document

OURS = (".yaml", ".yml")
FOREIGN = (".bif", ".xml", ".xmlbif", ".xdsl", ".net", ".uai")
"""The endings of files that a network is read from: ours, and those of other programs."""


def file_named(name: str, folder: Path) -> Path | None:
    """Return the file of a network that is named without folder and ending: in a folder, or else
    among the shipped ones; None where there is none.
    """
    if Path(name).name != name or name in ("", ".", ".."):
        return None
    tried = [
        place / f"{name}{ending}" for place in (folder, SHIPPED) for ending in (*OURS, *FOREIGN)
    ]
    return next((path for path in tried if is_file(path)), None)


def with_voices(document: Document, vocabulary: Vocabulary, name: str) -> Vocabulary:
    """Return the vocabulary of the network `name` with the folder in which its voices lie, and a
    word for each of several voices; what is wrong with them is noted in the document.
    """
    if not vocabulary.voices:
        return vocabulary
    folder = document.path.parent
    known = dict.fromkeys((name, *vocabulary.voices))
    for voice in vocabulary.voices:
        if voice != name and file_named(voice, folder) is None:
            tried = " and ".join(shown_path(place / f"{voice}.yaml") for place in (folder, SHIPPED))
            why = f"no such network: a voice is the name of a file; tried {tried}"
            document.complain(("vocabulary", "voices", voice), why)
    for speaker in vocabulary.speakers:
        if speaker not in known:
            why = str(unknown("voice", speaker, known))
            document.complain(("vocabulary", "speakers", speaker), why)
    speakers = dict(vocabulary.speakers)
    if len(known) > 1:
        speakers |= {voice: voice for voice in known if voice not in speakers}
    return replace(vocabulary, folder=str(folder), speakers=speakers)
