"""In-process signals with blinker's API, accelerated.

>>> import aldis
>>> ready = aldis.signal("ready")
>>> @ready.connect
... def on_ready(sender, **kwargs):
...     return f"{sender} is ready"
>>> ready.send("server")[0][1]
'server is ready'
"""

from __future__ import annotations

from ._blinker import install_as_blinker
from ._core import accelerated
from ._results import Call, Connection, ReceiverErrors
from ._trace import trace
from .signals import ANY, NamedSignal, Namespace, Signal, default_namespace, signal

__all__ = [
    "ANY",
    "Call",
    "Connection",
    "NamedSignal",
    "Namespace",
    "ReceiverErrors",
    "Signal",
    "accelerated",
    "default_namespace",
    "install_as_blinker",
    "signal",
    "trace",
]

__version__ = "1.0.0"
