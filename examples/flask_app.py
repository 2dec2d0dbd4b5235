"""A shop that listens to itself, and an office that reads what the shop has heard.

An ordinary Flask application, which imports blinker and knows nothing of aldis. Run it with aldis in blinker's place:

    python -m aldis examples/flask_app.py 5000
    python -m aldis -m flask --app examples/flask_app.py:shop run

and then, for example:

    curl -d user=ada http://127.0.0.1:5000/login     # signal, greeting, a line in logins.log
    curl -X POST http://127.0.0.1:5000/checkout      # goes wrong, and sends all ten of Flask's signals
    curl http://127.0.0.1:5000/office/diary          # in which order?
"""

from __future__ import annotations

import gc
import logging
import sys

import blinker
import flask
from flask import Flask, flash, render_template_string, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

shop = Flask("shop")
shop.secret_key = "for the flashed messages"
shop.config["LOGIN_LOG"] = "logins.log"
shop.config.from_prefixed_env("SHOP")  # SHOP_LOGIN_LOG=/var/log/logins.log puts it elsewhere

office = Flask("office")  # a second application in the same process
shop.wsgi_app = DispatcherMiddleware(shop.wsgi_app, {"/office": office})  # type: ignore[method-assign]

# A signal of one's own, in a namespace of one's own: who sends it need not know who listens.

accounts = blinker.Namespace()
logged_in = accounts.signal("logged-in", doc="Sent by the application when somebody has logged in, with ``user``.")

login_log = logging.FileHandler(shop.config["LOGIN_LOG"])
login_log.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
logins = logging.getLogger("shop.logins")
logins.setLevel(logging.INFO)
logins.addHandler(login_log)


@logged_in.connect
def write_down(sender: Flask, user: str, **extra: object) -> None:
    logins.info("%s %s", request.remote_addr, user)


@shop.post("/login")
def login() -> str:
    answers = logged_in.send(shop, user=request.form["user"])
    return "".join(f"{answer}\n" for receiver, answer in answers if answer)


# The well-known mistake. A signal holds its receivers weakly, so that they can go when the rest of the program is
# done with them. A function defined within another is gone as soon as that returns, and nobody greets.


def greet_by_mistake() -> None:
    def greet(sender: Flask, user: str, **extra: object) -> str:
        return f"Hello {user}, you will never read this."

    logged_in.connect(greet)


# The cure: let the signal keep it. (So does the decorator connect_via, by default.)


def greet_lastingly() -> None:
    def greet(sender: Flask, user: str, **extra: object) -> str:
        return f"Welcome, {user}!"

    logged_in.connect(greet, weak=False)


greet_by_mistake()
greet_lastingly()
gc.collect()  # for Pythons that do not let things go at once

# A receiver for one application only: what goes on in the office is no visit.

visits = 0


@flask.request_finished.connect_via(shop)
def count(sender: Flask, **extra: object) -> None:
    global visits
    visits += 1


# A diary of the shop: all of Flask's signals, and the hooks among which they are sent.

diary: list[str] = []


def keep_diary_of(signal: blinker.NamedSignal) -> None:
    signal.connect(lambda sender, **extra: diary.append(signal.name), sender=shop, weak=False)


for signal in (
    flask.template_rendered,
    flask.before_render_template,
    flask.request_started,
    flask.request_finished,
    flask.request_tearing_down,
    flask.got_request_exception,
    flask.appcontext_pushed,
    flask.appcontext_tearing_down,
    flask.appcontext_popped,
    flask.message_flashed,
):
    keep_diary_of(signal)


@shop.before_request
def before() -> None:
    diary.append("before_request hook")


@shop.after_request
def after(response: flask.Response) -> flask.Response:
    diary.append("after_request hook")
    return response


@shop.teardown_request
def teardown(error: BaseException | None) -> None:
    diary.append("teardown_request hook")


@shop.post("/checkout")
def checkout() -> str:
    flash("Your basket is safe.")
    raise RuntimeError("the till is jammed")


@shop.errorhandler(500)
def sorry(error: Exception) -> tuple[str, int]:
    return render_template_string("Sorry. {{ get_flashed_messages()[0] }}") + "\n", 500


@shop.get("/")
def front_page() -> str:
    return "Everything must go.\n"


@office.get("/diary")
def read_diary() -> list[str]:
    """The pages since it was read last."""
    pages = diary.copy()
    diary.clear()
    return pages


@office.get("/visits")
def count_visits() -> dict[str, object]:
    return {"visits": visits, "signals by": blinker.__name__}


if __name__ == "__main__":
    shop.run(port=int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
