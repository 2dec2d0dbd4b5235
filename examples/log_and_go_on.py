"""Call every receiver, and log the errors of those that fail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import aldis

log = logging.getLogger(__name__)


def send_and_log(
    signal: aldis.Signal[Any], sender: object = None, /, **kwargs: Any
) -> list[tuple[Callable[..., Any], Any]]:
    try:
        return signal.send_all(sender, **kwargs)
    except aldis.ReceiverErrors as errors:
        for error in errors.exceptions:
            log.error("A receiver of %r failed", signal, exc_info=error)
        return errors.results


# An example

user_created = aldis.signal("user-created")


@user_created.connect
def send_welcome(sender: str, **extra: object) -> str:
    raise ConnectionError("no mail server")


@user_created.connect
def create_folder(sender: str, **extra: object) -> str:
    return "folder created"


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    for _, result in send_and_log(user_created, "app"):
        print(result)
