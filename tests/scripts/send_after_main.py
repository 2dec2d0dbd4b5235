"""Send from a thread after the main thread has ended."""

import threading

import aldis

signal, sent = aldis.Signal(), []


def receiver(sender: object) -> None:
    sent.append(sender)


def work() -> None:
    threading.main_thread().join()
    for number in range(1000):
        with signal.connected_to(receiver, number):
            signal.send(number)
    print(sent == list(range(1000)))


threading.Thread(target=work).start()
