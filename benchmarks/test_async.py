"""``send_async``: what it costs to await receivers that have nothing to wait for."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import LOOP, Contestant
from .receivers import Log, Sender, count, make
from .turns import Effort, Figures, Operation, in_turns

AS_QUART = ", _sync_wrapper=wrapper"  # Quart never sends without it; the loop is spared it
REPEATED = 100


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("the coroutine waits")


@dataclass(frozen=True, kw_only=True)
class SendAsync(Cell):
    """A send to ``many`` coroutine functions."""

    many: int
    keywords: int = 0
    quart: bool = False

    @property
    def title(self) -> str:
        title = count(self.many, "coroutines") + (f", {self.keywords} keywords" if self.keywords else "")
        return f"as Quart sends, {title}" if self.quart else title

    @property
    def info(self) -> dict[str, Any]:
        return {"many": self.many, "keywords": self.keywords, "quart": self.quart}

    def takes(self, contestant: Contestant) -> bool:
        return contestant.Signal is not None or contestant.name == LOOP

    def operation(self, contestant: Contestant, receivers: list[Any], sender: Any, repeated: int) -> Operation:
        target = contestant.connected(receivers, [None] * self.many, True)
        names = {"target": target, "sender": sender, "wrapper": make, "receivers": receivers, "run": run}
        call = contestant.sending(self.keywords, AS_QUART if self.quart else "").replace(".send(", ".send_async(")
        # the loop stands inside a coroutine, as an await does in a program
        exec(f"async def sends():\n for _ in range({repeated}):\n  await {call}", names)
        return Operation("run(sends())", names, each=repeated)

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        sender, receivers = Sender(), make("coroutines", self.many)
        operations = {}
        for contestant in contestants:
            self.check(contestant)
            operations[contestant.name] = self.operation(contestant, receivers, sender, REPEATED)
        return in_turns(operations, effort)

    def check(self, contestant: Contestant) -> None:
        """Prove that a send awaits every receiver once, with the sender."""
        log: Log = []
        sender = Sender()
        run(self.operation(contestant, make("coroutines", self.many, log), sender, 1).names["sends"]())
        expected = [(index, sender) for index in range(self.many)]
        assert sorted(log, key=lambda entry: entry[0]) == expected, (
            f"{contestant.name} does not await every receiver once"
        )


CELLS = [
    *(SendAsync(many=many, keywords=keywords) for many in (0, 1, 10, 100) for keywords in (0, 2)),
    *(SendAsync(many=many, quart=True) for many in (0, 1, 5)),
]


def test_async(turn: Turn) -> None:
    turn()
