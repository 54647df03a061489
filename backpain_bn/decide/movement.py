"""How far answers are expected to move what is to blame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..explain.share_updates import share_updates
from ..inference.beliefs import Array
from ..model.network import Network
from .budget import asked_outright
from .value_of_information import Outcomes

TALK = 0.02
"""Where no question that can be asked outright moves the shares by as much in all, talk alone
cannot tell.
"""


@dataclass(frozen=True, eq=False)
class Movement:
    """The shares of the causes `now` (causes,) and `after` each of m answers (m, causes), given
    that the outcome is present; `chance` (m,) of an answer given that too, and of its absence.
    """

    asked: Outcomes
    causes: tuple[str, ...]
    now: Array
    after: Array
    chance: Array
    absent: float

    @property
    def values(self) -> Array:
        """Return what each question is expected to move: sum over x of P(x | e, Y) sum over c of
        |share_c(e, x) - share_c(e)|; an outcome that is absent takes all shares away.
        """
        moved = np.abs(self.after - self.now).sum(axis=1)
        found = self.asked.summed(self.chance * moved)
        outcome = self.asked.network.outcome
        if outcome in self.asked.names:
            found[self.asked.names.index(outcome)] += self.absent * self.now.sum()
        return found

    @property
    def talk_tells(self) -> bool:
        """Whether a question that can be asked outright moves the shares by 2 points in all."""
        network = self.asked.network
        outright = [asked_outright(network, cost) for cost in self.asked.costs]
        return bool((self.values[outright] >= TALK).any())

    @property
    def decisions(self) -> tuple[str, ...]:
        """Return what one can work on with the largest share, now and after each answer."""
        names = self.asked.network.workable
        columns = [self.causes.index(name) for name in names]
        best = np.concatenate([self.now[None], self.after])[:, columns].argmax(axis=1)
        return tuple(names[index] for index in best)

    def most(self, answer: int) -> tuple[str, float, float]:
        """Return the cause whose share an answer moves most, and that share before and after."""
        index = int(np.abs(self.after[answer] - self.now).argmax())
        return self.causes[index], float(self.now[index]), float(self.after[answer, index])


def movement(network: Network, asked: Outcomes) -> Movement:
    """Return how far each answer moves the shares of the network's causes; raises as
    `share_updates` does.
    """
    found = share_updates(network, asked.row[None], network.causes, asked.names)
    absent = float(asked.now[network.slices[network.outcome].start])
    return Movement(
        asked,
        network.causes,
        found.now,
        found.after[asked.column],
        found.chance[asked.column],
        absent,
    )
