# Runs MiniStack until the process that started it ends. stdin is a pipe from that process. When the pipe closes, the
# process has ended, and this process group is killed too, including its Lambda workers.
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
