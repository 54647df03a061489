"""What a long command does meanwhile: bars on the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(
    *names: str,
) -> Iterator[tuple[Callable[[object], None], Callable[[str, float], None]]]:
    """Give what prints a report on the console, and what moves the bars of these names there."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    # Where there is no terminal, bars that end leave an empty line before what is said next.
    hidden = not console.is_interactive
    bars = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*bars, console=console, transient=True, disable=hidden) as bar:
        tasks = {name: bar.add_task(name, total=1.0, visible=False) for name in names}

        def moved(name: str, share: float) -> None:
            bar.update(tasks[name], completed=share, visible=True)

        yield lambda report: console.print(str(report), markup=False, highlight=False), moved
