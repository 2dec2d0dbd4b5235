"""Wrong uses of what aldis adds to blinker, with the codes of mypy and the rules of pyright."""

from __future__ import annotations

from aldis import Call, Connection, ReceiverErrors, Signal, trace


def receiver(sender: object) -> int:
    return 1


def hook(signal: Signal) -> None:
    pass


def counting_hook(signal: object, receiver: object, sender: object, kwargs: object) -> int:
    return 1


ready = Signal()

ready.send_all("sender", "another")  # error: arg-type call-arg | reportCallIssue
ready.send_all(_async_wrapper=42)  # error: arg-type | reportArgumentType
ready.emit("sender", "another")  # error: arg-type call-arg | reportCallIssue
ready.emit(_async_wrapper=receiver)  # error: arg-type | reportArgumentType
ready.emit().append(1)  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
ready.connections("sender")  # error: call-arg | reportCallIssue
ready.connections().send()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
ready.connections()[0].id()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
ready.connections()[0].weak = True  # error: misc | reportAttributeAccessIssue
ready.captured("sender", "another")  # error: call-arg | reportCallIssue
ready.captured().append(1)  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
with ready.captured() as calls:
    calls[0].args()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType
    calls[0].kwargs = {}  # error: misc | reportAttributeAccessIssue
Connection(receiver, "sender", True)  # error: call-arg | reportCallIssue
Connection(42, "sender", True, None)  # error: arg-type | reportArgumentType
Call("sender")  # error: call-arg | reportCallIssue
Call("sender", 42)  # error: arg-type | reportArgumentType
ReceiverErrors("message", [KeyboardInterrupt()])  # error: list-item | reportArgumentType
ReceiverErrors("", []).errors()  # error: attr-defined | reportAttributeAccessIssue reportUnknownMemberType

trace()  # error: call-arg | reportCallIssue
trace(42)  # error: arg-type | reportArgumentType
trace(hook)  # error: arg-type | reportArgumentType
trace(counting_hook)  # error: arg-type | reportArgumentType
trace(lambda signal, receiver, sender, kwargs: None)(1)  # error: call-arg | reportCallIssue


async def sending() -> None:
    ready.send_all_async("sender")  # error: unused-coroutine | reportUnusedCoroutine
    await ready.send_all("sender")  # error: misc | reportGeneralTypeIssues
    await ready.send_all_async("sender", "another")  # error: arg-type call-arg | reportCallIssue
    await ready.send_all_async(_sync_wrapper=42)  # error: arg-type | reportArgumentType
