"""The types of ``aldis.signals``.

``Signal`` is generic in the protocol that it calls. A bare ``Signal`` is ``Signal[object]`` and is assignable to every
``Signal[Proto]``. The first overload of each method has blinker's signature and matches bare signals only. The others
match typed signals only, so an error message names one signature.
"""

# pyright: reportInvalidTypeVarUse=false

from collections.abc import Callable, Coroutine, Generator, Hashable, Mapping
from contextlib import AbstractContextManager, _GeneratorContextManager
from typing import Any, ClassVar, Generic, Never, ParamSpec, Protocol, Self, TypeAlias, overload, type_check_only
from weakref import ref

from typing_extensions import TypeVar

from ._identity import ANY as ANY
from ._identity import ANY_ID as ANY_ID
from ._identity import Symbol as Symbol
from ._identity import make_id as make_id
from ._identity import make_ref as make_ref
from ._results import Call, Connection

_P = ParamSpec("_P")
_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_T_contra = TypeVar("_T_contra", contravariant=True)
_F = TypeVar("_F", bound=Callable[..., Any])
_Proto = TypeVar("_Proto", contravariant=True, default=object)
_NewProto = TypeVar("_NewProto", default=object)

_Results: TypeAlias = list[tuple[Callable[..., Any], _T]]
_AsyncWrapper: TypeAlias = Callable[[Callable[..., Coroutine[Any, Any, Any]]], Callable[..., Any]]
_SyncWrapper: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Coroutine[Any, Any, Any]]]

# A signal as its methods see it, by the protocol that it calls. The property is covariant and gives type checkers the
# parameters and the result of the protocol. The method is contravariant and keeps them from widening the result.
@type_check_only
class _Typed(Protocol[_T_co, _T_contra]):
    @property
    def _protocol(self) -> _T_co: ...
    def _takes(self, receiver: _T_contra, /) -> None: ...

_Calls: TypeAlias = _Typed[Callable[_P, _T], Callable[..., _T]]
_Awaits: TypeAlias = _Typed[Callable[_P, Coroutine[Any, Any, _T]], Never]

# The annotation solves _NewProto in `saved: NamedSignal[Saved] = signal("saved")`. pyright would narrow `saved` to
# NamedSignal[object] if the result had that type.
class _PNamespaceSignal(Protocol):
    def __call__(self, name: str, doc: str | None = None) -> NamedSignal[_NewProto]: ...

class Signal(Generic[_Proto]):
    ANY: ClassVar[Symbol]
    set_class: ClassVar[type[set[Any]]]
    receivers: dict[Hashable, Callable[..., Any] | ref[Callable[..., Any]]]
    is_muted: bool
    receiver_connected: Signal
    receiver_disconnected: Signal

    def __init__(self, doc: str | None = None) -> None: ...
    @property
    def _protocol(self) -> _Proto: ...  # type: ignore[misc]
    def _takes(self, receiver: _Proto, /) -> None: ...

    # Connecting

    @overload
    def connect(self: Signal[object], receiver: _F, sender: Any = ANY, weak: bool = True) -> _F: ...
    @overload
    def connect(
        self: _Calls[_P, _T], receiver: Callable[_P, _T], sender: Any = ANY, weak: bool = True
    ) -> Callable[_P, _T]: ...
    @overload
    def connect_via(self: Signal[object], sender: Any, weak: bool = False) -> Callable[[_F], _F]: ...
    @overload
    def connect_via(
        self: _Calls[_P, _T], sender: Any, weak: bool = False
    ) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]: ...
    @overload
    def connected_to(
        self: Signal[object], receiver: Callable[..., Any], sender: Any = ANY
    ) -> _GeneratorContextManager[None]: ...
    @overload
    def connected_to(
        self: _Calls[_P, _T], receiver: Callable[_P, _T], sender: Any = ANY
    ) -> _GeneratorContextManager[None]: ...
    @overload
    def disconnect(self: Signal[object], receiver: Callable[..., Any], sender: Any = ANY) -> None: ...
    @overload
    def disconnect(self: _Calls[_P, _T], receiver: Callable[_P, _T], sender: Any = ANY) -> None: ...
    def muted(self) -> _GeneratorContextManager[None]: ...

    # Sending

    @overload
    def send(
        self: Signal[object], sender: Any = None, /, *, _async_wrapper: _AsyncWrapper | None = None, **kwargs: Any
    ) -> _Results[Any]: ...
    @overload
    def send(self: _Calls[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _Results[_T]: ...
    @overload
    def send_all(
        self: Signal[object], sender: Any = None, /, *, _async_wrapper: _AsyncWrapper | None = None, **kwargs: Any
    ) -> _Results[Any]: ...
    @overload
    def send_all(self: _Calls[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _Results[_T]: ...
    @overload
    def emit(
        self: Signal[object], sender: Any = None, /, *, _async_wrapper: _AsyncWrapper | None = None, **kwargs: Any
    ) -> None: ...
    @overload
    def emit(self: _Calls[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> None: ...
    @overload
    async def send_async(
        self: Signal[object], sender: Any = None, /, *, _sync_wrapper: _SyncWrapper | None = None, **kwargs: Any
    ) -> _Results[Any]: ...
    @overload
    async def send_async(self: _Awaits[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _Results[_T]: ...
    @overload
    async def send_async(self: _Calls[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> _Results[Any]: ...
    @overload
    async def send_all_async(
        self: Signal[object], sender: Any = None, /, *, _sync_wrapper: _SyncWrapper | None = None, **kwargs: Any
    ) -> _Results[Any]: ...
    @overload
    async def send_all_async(self: _Awaits[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _Results[_T]: ...
    @overload
    async def send_all_async(self: _Calls[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> _Results[Any]: ...

    # Asking

    def has_receivers_for(self, sender: Any) -> bool: ...
    def receivers_for(self, sender: Any) -> Generator[Callable[..., Any]]: ...
    def connections(self) -> list[Connection]: ...
    def captured(self, sender: Any = ANY) -> AbstractContextManager[list[Call]]: ...

    # What some programs reach for

    @property
    def _by_receiver(self) -> Mapping[Hashable, set[Hashable]]: ...
    @property
    def _by_sender(self) -> Mapping[Hashable, set[Hashable]]: ...
    @property
    def _weak_senders(self) -> Mapping[Hashable, ref[Any]]: ...
    def _disconnect(self, receiver_id: Hashable, sender_id: Hashable) -> None: ...
    def _clear_state(self) -> None: ...
    def _cleanup_bookkeeping(self) -> None: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Self: ...
    def __class_getitem__(cls, protocol: Any) -> type[Self]: ...

class NamedSignal(Signal[_Proto]):
    name: str

    def __init__(self, name: str, doc: str | None = None) -> None: ...

class Namespace(dict[str, NamedSignal]):
    def signal(self, name: str, doc: str | None = None) -> NamedSignal[_NewProto]: ...

default_namespace: Namespace
signal: _PNamespaceSignal
