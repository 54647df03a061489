"""What every answer to a question is: something with views, that prints and shows itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ..errors import needs
from ..red_flags.withheld import Withholding, why_withheld
from .blocks import View
from .flags import flag_view
from .html import to_html
from .text import to_text

if TYPE_CHECKING:
    import pandas

    from ..red_flags.answered import RedFlags

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(Withholding, ABC):
    """An answer: it prints itself as sections of text, and gives its rows as plain data.

    `withheld` is None, or the red flags that forbid every answer. Then it says these and what to
    do, has no rows, and whatever else is asked of it raises `AnswerWithheld`.
    """

    withheld: RedFlags | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # IPython takes a dataclass's own repr before a method that it inherits.
        cls._repr_pretty_ = Result._repr_pretty_  # type: ignore[method-assign]

    @classmethod
    def withhold(cls, red_flags: RedFlags, /, **held: object) -> Self:
        """Return the answer that is not given: it has the red flags, and no rows."""
        rows: dict[str, object] = {"rows": ()} if "rows" in cls.__dataclass_fields__ else {}
        return super().withhold(red_flags, **rows, **held)

    def views(self) -> list[View]:
        """Return the answer as sections; the red flags alone while they forbid it."""
        return self.sections() if self.withheld is None else [flag_view(self.withheld)]

    @abstractmethod
    def sections(self) -> list[View]:
        """Return the sections of an answer that is given."""

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
        if self.withheld is not None:
            raise why_withheld(index, self.withheld)
        return self.rows[index]
