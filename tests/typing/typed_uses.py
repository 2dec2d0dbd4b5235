"""Right uses of typed signals, and the types that checkers must infer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, assert_type, cast

from aldis import NamedSignal, Namespace, Signal, signal


class User:
    pass


class App:
    def on_saved(self, sender: App, user: User, created: bool) -> None:
        pass

    async def on_loaded(self, sender: App, *, key: str) -> int:
        return 1

    def __call__(self, sender: App, **kwargs: object) -> None:
        pass


class Saved(Protocol):
    def __call__(self, sender: App, /, *, user: User, created: bool) -> object: ...


class Asked(Protocol):
    def __call__(self, sender: App | None, /, *, user: User, limit: int = 10) -> str | None: ...


class Loaded(Protocol):
    async def __call__(self, sender: App, /, *, key: str) -> int: ...


class Started(Protocol):
    def __call__(self, sender: App, /) -> None: ...


app, user = App(), User()
namespace = Namespace()
Results = list[tuple[Callable[..., Any], Any]]

# Making typed signals
saved: NamedSignal[Saved] = namespace.signal("saved")
asked = Signal[Asked]("Sent to ask.")
loaded: Signal[Loaded] = Signal()
started = NamedSignal[Started]("started")
anything: Signal[Callable[..., str]] = Signal()
assert_type(saved, NamedSignal[Saved])
assert_type(asked, Signal[Asked])
assert_type(loaded, Signal[Loaded])
assert_type(Signal[Saved](doc=None), Signal[Saved])
assert_type(saved.name, str)
bare: Signal = Signal()
assert_type(bare, Signal[object])


# Connecting
@saved.connect
def audit(sender: App, user: User, **kwargs: object) -> None:
    pass


@saved.connect_via(app)
def audit_one(sender: App, /, *, user: User, created: bool, level: int = 0) -> None:
    pass


@saved.connect
async def audit_later(sender: App, user: User, created: bool) -> None:
    pass


@asked.connect
def answer(sender: App | None, user: object, limit: float = 5) -> str:
    return ""


@loaded.connect
async def load(sender: App, key: str) -> int:
    return 1


saved.connect(audit, app, weak=False)
saved.connect(app)
saved.connect(app.on_saved)
started.connect(lambda sender: None)
loaded.connect(app.on_loaded)
anything.connect(str)
anything.connect("".join, weak=False)
assert_type(audit(app, user=user, created=True), object)
assert_type(answer(None, user=user), str | None)
with saved.connected_to(audit) as given:
    assert_type(given, None)
with saved.connected_to(app.on_saved, sender=app), saved.muted(), saved.captured(app):
    pass
saved.disconnect(audit)
saved.disconnect(app.on_saved, sender=app)

# Sending
assert_type(saved.send(app, user=user, created=True), list[tuple[Callable[..., Any], object]])
assert_type(saved.emit(app, user=user, created=True), None)
assert_type(asked.send(None, user=user), list[tuple[Callable[..., Any], str | None]])
assert_type(asked.send_all(app, user=user, limit=3), list[tuple[Callable[..., Any], str | None]])
assert_type(started.send(app), list[tuple[Callable[..., Any], None]])
assert_type(anything.send(1, two=2), list[tuple[Callable[..., Any], str]])
send: Callable[[App], object] = started.send


async def sending() -> None:
    assert_type(await loaded.send_async(app, key="a"), list[tuple[Callable[..., Any], int]])
    assert_type(await loaded.send_all_async(app, key="a"), list[tuple[Callable[..., Any], int]])
    assert_type(await saved.send_async(app, user=user, created=True), Results)
    assert_type(await saved.send_all_async(app, user=user, created=True), Results)


# Asking
assert_type(saved.has_receivers_for(app), bool)
assert_type(saved.receivers_for(app), Generator[Callable[..., Any], None, None])
assert_type(saved.receiver_connected, Signal)
assert_type([connection.where for connection in saved.connections()], list[str | None])


# Passing signals on
def muted(any_signal: Signal[Any]) -> Signal[Any]:
    any_signal.is_muted = True
    any_signal.connect(audit)
    assert_type(any_signal.send(app, whatever=1), Results)
    assert_type(any_signal.send(app, _async_wrapper=None), Results)
    return any_signal


muted(saved)
muted(bare)
saved_or_bare: list[Signal[Saved]] = [saved, bare, signal("saved")]
cast("Signal[Any]", saved).send(app, user=user, created=True, _async_wrapper=None)


# Subclasses
class Audited(NamedSignal[Saved]):
    def saved(self, user: User) -> None:
        assert_type(self.send(app, user=user, created=False), list[tuple[Callable[..., Any], object]])


assert_type(Audited("audited").emit(app, user=user, created=True), None)
