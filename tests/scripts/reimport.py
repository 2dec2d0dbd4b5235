"""Import aldis again after its modules were removed from ``sys.modules``, as some test suites and reloaders do."""

import sys

import aldis

before = aldis
signal = before.Signal()


def receiver(sender: object) -> object:
    return sender


signal.connect(receiver)
for name in [name for name in sys.modules if name.partition(".")[0] == "aldis"]:
    del sys.modules[name]

import aldis  # noqa: E402

again = aldis.Signal()
again.connect(receiver)
assert signal.send(1) == again.send(1) == [(receiver, 1)]
assert aldis is not before
print(aldis.accelerated)
