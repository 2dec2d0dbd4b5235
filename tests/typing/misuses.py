"""Wrong uses: type checkers must object to each line that is marked, and to no other."""

from __future__ import annotations

import aldis
from aldis import NamedSignal, Namespace, Signal, signal


def receiver(sender: object) -> int:
    return 1


async def coroutine_receiver(sender: object) -> int:
    return 1


ready = Signal()
namespace = Namespace()

print(aldis.no_such_name)  # error
Signal(1)  # error
Signal("doc", "more")  # error
NamedSignal()  # error
NamedSignal(b"name")  # error
signal()  # error
signal("name", 1)  # error
namespace.signal()  # error
namespace["name"] = ready  # error
print(namespace[1])  # error

ready.connect()  # error
ready.connect(42)  # error
ready.connect(None)  # error
ready.connect(receiver, "sender", "weak")  # error
ready.connect(receiver, strong=True)  # error
ready.connect(receiver)("sender", 2)  # error
ready.connect_via()  # error
ready.connect_via("sender")(42)  # error
ready.connect_via("sender", weak="yes")  # error
ready.connected_to(42)  # error
ready.disconnect()  # error
ready.disconnect(42)  # error
ready.muted(True)  # error

ready.send("sender", "another")  # error
ready.send(_async_wrapper=42)  # error
ready.send(_async_wrapper=receiver)  # error
ready.has_receivers_for()  # error
ready.receivers_for()  # error
ready.is_muted = "yes"  # error
ready.receivers = [receiver]  # error
print(ready.no_such_name)  # error
ready.set_class = list  # error
text: str = ready.has_receivers_for("sender")  # error
name: int = NamedSignal("name").name  # error


async def sending() -> None:
    ready.send_async("sender")  # error
    await ready.send("sender")  # error
    await ready.send_async("sender", "another")  # error
    await ready.send_async("sender", _sync_wrapper=42)  # error
    await ready.connect(receiver)(None)  # error
    await ready.connect(coroutine_receiver)(None)
