"""Wrong uses of typed signals, with the codes of mypy and the rules of pyright."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from aldis import NamedSignal, Namespace, Signal


class User:
    pass


class App:
    def on_saved(self, sender: App, user: User) -> None:
        pass

    def __call__(self, sender: App) -> None:
        pass


class Saved(Protocol):
    def __call__(self, sender: App, /, *, user: User, created: bool) -> object: ...


class Asked(Protocol):
    def __call__(self, sender: App, /, *, user: User, limit: int = 10) -> str | None: ...


class Loaded(Protocol):
    async def __call__(self, sender: App, /, *, key: str) -> int: ...


class Started(Protocol):
    def __call__(self, sender: App, /) -> None: ...


app, user = App(), User()
saved: NamedSignal[Saved] = Namespace().signal("saved")
asked = Signal[Asked]()
loaded = Signal[Loaded]()
started = Signal[Started]()

# Making typed signals
Signal[Saved, Asked]()  # error: misc | reportInvalidTypeArguments
named: NamedSignal[Saved] = Signal[Saved]()  # error: assignment | reportAssignmentType
another: Signal[Asked] = saved  # error: assignment | reportAssignmentType


def takes_bare(given: Signal) -> None: ...
def takes_asked(given: Signal[Asked]) -> None: ...


takes_bare(saved)  # error: arg-type | reportArgumentType
takes_asked(saved)  # error: arg-type | reportArgumentType


# Receivers
def right(sender: App, user: User, created: bool) -> None: ...
def lacks_created(sender: App, user: User) -> None: ...
def wants_more(sender: App, user: User, created: bool, level: int) -> None: ...
def wants_int(sender: App, user: int, **kwargs: object) -> None: ...
def returns_object(sender: App, user: User, limit: int = 1) -> object: ...
def not_coroutine(sender: App, key: str) -> None: ...


saved.connect(42)  # error: arg-type | reportArgumentType
saved.connect(lacks_created)  # error: arg-type | reportArgumentType
saved.connect(wants_more)  # error: arg-type | reportArgumentType
saved.connect(wants_int)  # error: arg-type | reportArgumentType
saved.connect(app)  # error: arg-type | reportArgumentType
saved.connect(partial(right, user=1))  # error: arg-type | reportArgumentType
asked.connect(returns_object)  # error: arg-type | reportArgumentType
loaded.connect(not_coroutine)  # error: arg-type | reportArgumentType
started.connect(lambda: None)  # error: arg-type misc | reportArgumentType
saved.connect(right)(app, user=user)  # error: call-arg | reportCallIssue
saved.connect_via(app)(lacks_created)  # error: arg-type | reportArgumentType
saved.connected_to(lacks_created)  # error: arg-type | reportArgumentType
saved.disconnect(lacks_created)  # error: arg-type | reportArgumentType


@saved.connect  # error: arg-type | reportArgumentType
def decorated(sender: App, user: User) -> None: ...


# Sending
saved.send(app)  # error: call-arg | reportCallIssue
saved.send(user, user=user, created=True)  # error: arg-type | reportArgumentType
saved.send(app, user, True)  # error: call-arg | reportCallIssue
saved.send(app, user=user)  # error: call-arg | reportCallIssue
saved.send(app, user=user, created="yes")  # error: arg-type | reportArgumentType
saved.send(app, user=user, created=True, level=1)  # error: call-arg | reportCallIssue
saved.send(app, user=user, created=True, _async_wrapper=None)  # error: call-arg | reportCallIssue
saved.send_all(app, user=user)  # error: call-arg | reportCallIssue
saved.emit(app, user=user)  # error: call-arg | reportCallIssue
asked.send(app, user=user)[0][1].upper()  # error: union-attr | reportOptionalMemberAccess
results: list[Any] = asked.emit(app, user=user)  # error: assignment | reportAssignmentType


async def sending() -> None:
    loaded.send_async(app, key="a")  # error: unused-coroutine | reportUnusedCoroutine
    await loaded.send_async(app)  # error: call-arg | reportCallIssue
    await loaded.send_async(app, key=1)  # error: arg-type | reportArgumentType
    await loaded.send_all_async(app)  # error: call-arg | reportCallIssue
    await saved.send_async(app, user=user)  # error: call-arg | reportCallIssue
    await asked.send_async(app, user=user)  # error: misc | reportAttributeAccessIssue reportUnknownMemberType
    await started.send_all_async(app)  # error: misc | reportAttributeAccessIssue reportUnknownMemberType


# Asking
with saved.captured() as calls:
    calls[0].user()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
for connection in saved.connections():
    connection.strong()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
