"""The explorer in a notebook: the page's own graph and scripts, with a case that Python reads and
sets; or the page in a frame.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from ..display.html import image
from ..display.svg import Picture
from ..display.words import plain
from ..errors import BackpainError, unknown
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings, Told, findings_of, numbers_told
from ..model.network import Network
from ..red_flags.answered import RedFlags, check
from ..red_flags.implied import implied
from ..red_flags.rules import NOT_ASKED
from ..temporal.put_right import check_put_right, put_right
from . import graph, page
from .picked import picked, ranked_paths

EXTRA = "pip install 'backpain_bn[notebook]'"
TRAITS = ("case", "red_flags", "does", "treats", "voice")
"""What the reader and Python both set."""
HEIGHT = 1060
"""How high the frame is in pixels; a page in a sandbox cannot ask for more."""

UNROLLED = (
    ".jp-CodeCell.jp-mod-outputsScrolled:has(.bp) .jp-Cell-outputArea"
    "{max-height:none;height:auto!important;overflow:visible;resize:none}"
    ".jp-CodeCell.jp-mod-outputsScrolled:has(.bp) .jp-Cell-outputArea::after{content:none}"
)
"""Notebook 7 rolls up outputs that are so high."""


class PageFrame:
    """The standalone page in a frame that may run its own scripts and nothing else: for notebooks
    that cannot show widgets.
    """

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text

    def __repr__(self) -> str:
        return "the explorer in a frame (to be seen in a notebook)"

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" title="{escape(self.title)}" '
            f'srcdoc="{escape(self.text)}" '
            f'style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
        )


def explore(
    network: Network, findings: Findings, red_flags: RedFlags, *, kernel: bool = True
) -> Any:
    """Return the interactive graph for a notebook cell: a widget, or with `kernel=False` a
    `PageFrame` that works without Python.

    The widget's traits `case` ({variable: state or {state: likelihood}}), `red_flags` ({question:
    yes or no}), `does` ({variable: state that is set whatever its causes}), `treats` ([variables
    that are put right, all else of the case being as it is]) and `voice` follow every click, and
    setting them from Python changes the picture; `marginals` are Python's own for that case. Raises
    `BackpainError` where anywidget is missing, and as `page.model` and `posterior` do.
    """
    if kernel:
        return _widget_class()(network, findings, red_flags)
    title = f"Explorer of {plain(network.name)}"
    return PageFrame(title, page.standalone(network, findings, red_flags))


class WidgetCase:
    """What the widget does in Python: check a case, answer it, and keep the picture beside the
    widget up to date.
    """

    network: Network
    voices: Mapping[str, Network]
    case: dict[str, Any]
    red_flags: dict[str, str]
    does: dict[str, str]
    treats: list[str]
    voice: str
    _follows: dict[str, str]
    _numbers: Mapping[str, float]
    _twin: str
    _shown = False

    def __repr__(self) -> str:
        return f"Explorer({self.network.name!r}, {len(self.case)} findings)"

    @property
    def _changed(self) -> Network:
        """The network in the voice that is chosen, with what is set in place of its causes."""
        return self.voices[self.voice].do(**self.does)

    @property
    def posterior(self) -> Posterior:
        """P(variable = state | case, do(does)), by Python's own engine, in the chosen voice;
        withheld under an urgent red flag, as are `marginals` and `put_right`.
        """
        flags = self._flags
        return Posterior.withhold(flags, network=self.network) if flags.urgent else self._now

    @property
    def _now(self) -> Posterior:
        return posterior(self._changed, self._told)

    @property
    def _told(self) -> dict[str, Any]:
        """The case as states and likelihoods, also where it was changed in place and unchecked."""
        return page.plain_findings(findings_of(self.network, self.case))

    @property
    def marginals(self) -> dict[str, dict[str, float]]:
        """The same as plain data, {variable: {state: probability}}."""
        now = self.posterior
        return {name: dict(now[name]) for name in now}

    @property
    def put_right(self) -> Posterior:
        """P(variable = state | case, do(does)) had what is in `treats` been healthy (see
        `temporal.put_right`).
        """
        flags = self._flags
        if flags.urgent:
            return Posterior.withhold(flags, network=self.network)
        return put_right(self._changed, self._told, self.treats)

    def svg(self) -> str:
        """Return the picture as it stands, as SVG; without probabilities while an urgent red flag
        is set.
        """
        network, told = self._changed, self._told
        now, urgent = self._now, self._flags.urgent
        paths = [] if urgent else ranked_paths(network, told, now)
        healthy = {name: network[name].healthy for name in self.treats}
        said = {**told, **self.does, **healthy}
        shown = picked(network, said, now, paths, withheld=urgent)
        seen, before = self._seen(now)
        return graph.svg(network, seen, before, told, shown, self._acts, withheld=urgent)

    @property
    def _acts(self) -> graph.Acts:
        return graph.Acts(self.does, tuple(self.treats))

    def _seen(self, now: Posterior) -> tuple[Posterior, Posterior]:
        """Return what the boxes show, and what their ticks do: today and before any answer, or,
        where something is put right, the other world and today.
        """
        if self.treats and not self._flags.urgent:
            return self.put_right, now
        return now, posterior(self._changed)

    @property
    def _flags(self) -> RedFlags:
        rules = self.network.red_flags
        follows = implied(rules, self._told, self._numbers_in(self.case))
        return check(rules, self.red_flags, follows)

    def _picture(self) -> dict[str, str]:
        """Return what shows where the widget does not live, in saved, exported and untrusted
        notebooks: an image, and its words.
        """
        network, urgent = self._changed, self._flags.urgent
        seen, before = self._seen(self._now)
        alt = graph.alternative(network, seen, before, self._told, self._acts, withheld=urgent)
        looks = {"class": self._twin, "style": "max-width:100%"}
        return {"text/html": image(Picture(self.svg(), alt), looks), "text/plain": alt}

    def _ipython_display_(self) -> None:
        """Show the widget, and below it its picture, which one style rule of the living widget
        hides.
        """
        from IPython.display import display

        found: Any = super()._repr_mimebundle_()  # type: ignore[misc]
        data, metadata = found if isinstance(found, tuple) else (found, {})
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
        display(self._picture(), raw=True, display_id=self._twin)  # type: ignore[no-untyped-call]
        self._shown = True

    def _redraw(self, _: object = None) -> None:
        if self._shown:
            from IPython.display import update_display

            update_display(self._picture(), raw=True, display_id=self._twin)  # type: ignore[no-untyped-call]

    def _checked_case(self, case: Told) -> dict[str, Any]:
        told = page.plain_findings(findings_of(self.network, case))
        posterior(self._changed, told)
        self._numbers = self._numbers_in(case)
        self._follows = implied(self.network.red_flags, {}, self._numbers)
        return told

    def _numbers_in(self, case: Told) -> dict[str, float]:
        """Return the numbers that a case tells, and those told before whose states it tells: the
        page tells states only, and a number holds as long as the state that it stands for.
        """
        told = findings_of(self.network, case)
        kept = {
            name: number
            for name, number in self._numbers.items()
            if told.get(name) == self.network[name].state_of(number)
        }
        return kept | numbers_told(self.network, case)

    def _checked_red_flags(self, flags: Mapping[str, str | None]) -> dict[str, str]:
        answers = check(self.network.red_flags, flags).answers
        return {name: answer for name, answer in answers.items() if answer != NOT_ASKED}

    def _checked_does(self, does: Mapping[str, str]) -> dict[str, str]:
        posterior(self.voices[self.voice].do(**does), self.case)
        return dict(does)

    def _checked_treats(self, treats: Sequence[str]) -> list[str]:
        found = list(dict.fromkeys(treats))
        check_put_right(self.network, found)
        return found

    def _checked_voice(self, voice: str) -> str:
        if voice not in self.voices:
            raise unknown("voice", voice, self.voices)
        posterior(self.voices[voice].do(**self.does), self.case)
        return voice


def _needs_notebook() -> None:
    """Raise `BackpainError` where the libraries of widgets are not installed."""
    try:
        import anywidget  # noqa: F401
        import traitlets  # noqa: F401
    except ImportError as error:
        raise BackpainError(
            f"explore() needs the extra `notebook`, for {error.name} is not installed: {EXTRA}; "
            "explore(kernel=False) does without"
        ) from error


@lru_cache(maxsize=1)
def _widget_class() -> Any:
    """Return the widget's class; anywidget is imported only when a widget is wanted."""
    _needs_notebook()
    import anywidget
    import traitlets

    class Explorer(WidgetCase, anywidget.AnyWidget):
        """The widget: `case`, `red_flags`, `does`, `treats` and `voice` go both ways, what begins
        with _ only to the browser.
        """

        _esm = f"{page.script_text()}\n{graph.web('widget.js')}"
        _model = traitlets.Dict().tag(sync=True)
        _page = traitlets.Unicode().tag(sync=True)
        _hides = traitlets.Unicode().tag(sync=True)
        voice = traitlets.Unicode().tag(sync=True)
        red_flags = traitlets.Dict().tag(sync=True)
        does = traitlets.Dict().tag(sync=True)
        treats: Any = traitlets.List().tag(sync=True)
        _follows = traitlets.Dict().tag(sync=True)
        case = traitlets.Dict().tag(sync=True)

        def __init__(self, network: Network, findings: Findings, red_flags: RedFlags) -> None:
            self.network = network
            self.voices = page.voices(network)
            self._numbers = {}
            self._twin = f"bp-twin-{uuid.uuid4().hex[:12]}"
            super().__init__(**_traits(network, findings, red_flags, self._twin))
            self.observe(self._redraw, names=[*TRAITS, "_follows"])

        @traitlets.validate(*TRAITS)
        def _valid(self, proposal: Any) -> Any:
            return getattr(self, f"_checked_{proposal['trait'].name}")(proposal["value"])

    return Explorer


def _traits(
    network: Network, findings: Findings, red_flags: RedFlags, twin: str
) -> dict[str, object]:
    """Return what a widget starts with."""
    given = page.case(findings, red_flags)
    return {
        "_model": page.model(network),
        # No figure of one case that a notebook would keep when the case is another one.
        "_page": page.frame(network, graph.blank(network)),
        "_hides": _hides(twin),
        "voice": network.name,
        "case": given["case"],
        "red_flags": given["flags"],
        "does": {},
        "treats": [],
    }


def _hides(twin: str) -> str:
    """The style by which a living widget hides the picture beside it."""
    image = f"img.{twin}"
    outputs = f".jp-OutputArea-child:has({image}),.output_area:has({image})"
    return f"{outputs},{image}{{display:none}}{UNROLLED}"
