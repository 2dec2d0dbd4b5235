"""The ways to copy an object."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def pickled(protocol: int, obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle protocol {protocol}": partial(pickled, protocol) for protocol in PROTOCOLS},
}
every_copy = pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
