# Runs MiniStack for as long as whoever started it lives: stdin is a pipe from there, and its end means that they are
# gone, however they went. Then this whole process group goes too, Lambda workers included.
import os
import signal
import sys
import threading


def end_with_parent():
    while sys.stdin.buffer.raw.read(1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402

main()
