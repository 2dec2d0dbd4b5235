"""Wrong uses of bare signals, with the codes of mypy and the rules of pyright."""

from __future__ import annotations

import aldis
from aldis import NamedSignal, Namespace, Signal, signal


def receiver(sender: object) -> int:
    return 1


async def coroutine_receiver(sender: object) -> int:
    return 1


ready = Signal()
namespace = Namespace()

aldis.no_such_name()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
Signal(1)  # error: arg-type | reportArgumentType
NamedSignal()  # error: call-arg | reportCallIssue
signal()  # error: call-arg | reportCallIssue
namespace.signal()  # error: call-arg | reportCallIssue
namespace["name"] = ready  # error: assignment | reportArgumentType
print(namespace[1])  # error: index | reportArgumentType

ready.connect()  # error: call-arg | reportCallIssue
ready.connect(42)  # error: type-var | reportArgumentType
ready.connect(receiver, "sender", "weak")  # error: arg-type | reportArgumentType
ready.connect(receiver, strong=True)  # error: call-arg | reportCallIssue
ready.connect_via("sender")(42)  # error: type-var | reportArgumentType
ready.connect_via("sender", weak="yes")  # error: arg-type | reportArgumentType
ready.connected_to(42)  # error: arg-type | reportArgumentType
ready.disconnect()  # error: call-arg | reportCallIssue
ready.muted(True)  # error: call-arg | reportCallIssue

ready.send("sender", "another")  # error: arg-type call-arg | reportCallIssue
ready.send(_async_wrapper=42)  # error: arg-type | reportArgumentType
ready.send(_async_wrapper=receiver)  # error: arg-type | reportArgumentType
ready.has_receivers_for()  # error: call-arg | reportCallIssue
ready.is_muted = "yes"  # error: assignment | reportAttributeAccessIssue
ready.receivers = [receiver]  # error: assignment | reportAttributeAccessIssue
ready.no_such_name()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
ready.set_class = list  # error: assignment misc | reportAttributeAccessIssue
text: str = ready.has_receivers_for("sender")  # error: assignment | reportAssignmentType
name: int = NamedSignal("name").name  # error: assignment | reportAssignmentType


async def sending() -> None:
    ready.send_async("sender")  # error: unused-coroutine | reportUnusedCoroutine
    await ready.send("sender")  # error: misc | reportGeneralTypeIssues
    await ready.send_async("sender", "another")  # error: arg-type call-arg | reportCallIssue
    await ready.send_async("sender", _sync_wrapper=42)  # error: arg-type | reportArgumentType
    await ready.connect(receiver)(None)  # error: misc | reportGeneralTypeIssues
    await ready.connect(coroutine_receiver)(None)
