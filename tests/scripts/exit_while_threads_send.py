"""Exit while daemon threads are busy. ARGUMENT: how."""

import os
import sys
import time

import busy

busy.start(3)
time.sleep(0.1)
print("end", flush=True)
if sys.argv[1] == "sys.exit":
    sys.exit(3)
if sys.argv[1] == "os._exit":
    os._exit(3)
