"""Run async receivers at the same time. ``send_async`` awaits one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

import aldis


async def gather(
    signal: aldis.Signal[Any], sender: object = None, /, **kwargs: Any
) -> list[tuple[Callable[..., Any], Any]]:
    async with asyncio.TaskGroup() as group:
        tasks = []
        for receiver in signal.receivers_for(sender):
            task = group.create_task(receiver(sender, **kwargs))
            tasks.append((receiver, task))
    return [(receiver, task.result()) for receiver, task in tasks]


# An example

page_wanted = aldis.signal("page-wanted")


@page_wanted.connect
async def from_the_cache(sender: str, **extra: object) -> str:
    await asyncio.sleep(0.1)
    return "cache"


@page_wanted.connect
async def from_the_disk(sender: str, **extra: object) -> str:
    await asyncio.sleep(0.1)
    return "disk"


async def main() -> None:
    begin = perf_counter()
    answers = await gather(page_wanted, "browser")
    seconds = perf_counter() - begin
    print(*(answer for receiver, answer in answers))
    print("at the same time" if seconds < 0.2 else "one after another")


if __name__ == "__main__":
    asyncio.run(main())
