"""A ``send_async`` that is cancelled or closed."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest
from support.helpers import assert_untouched

from aldis import ANY


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("swallowed", [False, True])
def test_cancellation_reaches_the_awaited_receiver(signals: ModuleType, position: int, swallowed: bool) -> None:
    signal, called, cancelled = signals.Signal(), [], []

    def make(number: int) -> Any:
        async def receiver(sender: Any) -> int:
            called.append(number)
            try:
                await asyncio.sleep(60 if number == position else 0)
            except asyncio.CancelledError:
                cancelled.append(number)
                if not swallowed:
                    raise
            return number

        return receiver

    async def main() -> list[int]:
        sending = asyncio.ensure_future(signal.send_async("sender"))
        while len(called) <= position:
            await asyncio.sleep(0)
        sending.cancel()
        return [result for _, result in await sending]

    receivers = [make(number) for number in range(4)]
    for number, receiver in enumerate(receivers):
        signal.connect(receiver, (ANY, "sender")[number % 2])
    if swallowed:
        assert asyncio.run(main()) == list(range(4))
    else:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main())
    assert called == list(range(4 if swallowed else position + 1))
    assert cancelled == [position]
    assert list(signal.receivers_for("sender")) == receivers
    for receiver in receivers:
        signal.disconnect(receiver)
    assert_untouched(signal, "sender")
