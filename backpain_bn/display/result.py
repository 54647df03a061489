"""What every answer to a question is: something with views, that prints and shows itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import needs
from .blocks import View
from .html import to_html
from .text import to_text

if TYPE_CHECKING:
    import pandas

Row = TypeVar("Row")


class Result(ABC):
    """An answer: it prints itself as sections of text, and gives its rows as plain data."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # IPython takes a dataclass's own repr before a method that it inherits.
        cls._repr_pretty_ = Result._repr_pretty_  # type: ignore[method-assign]

    @abstractmethod
    def views(self) -> list[View]:
        """Return the answer as sections."""

    @abstractmethod
    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row."""

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a pandas table; raises `BackpainError` where pandas is not
        installed.
        """
        needs("pandas", "to_frame", "pandas")
        import pandas

        return pandas.DataFrame(self.to_dicts())

    def __str__(self) -> str:
        return to_text(self.views())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return to_html(self.views(), folded=True)


class Rows(Result, Generic[Row]):
    """An answer in rows, which can be walked through, counted and indexed."""

    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]
