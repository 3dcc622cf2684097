# Runs MiniStack until the process that started it ends. stdin is a pipe from that process. When the pipe closes, the
# process has ended, and this process group is killed too, including its Lambda workers.
import os
import signal
import sys
import threading
import time


def end_with_parent():
    while sys.stdin.buffer.raw.read(1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402
from ministack.services import lambda_svc  # noqa: E402

# Lambda reads a shard of a stream four times a second. MiniStack reads it without a pause, between two batches of the queue. A
# burst of events would so become many small batches, with an execution per endpoint for each of them.
STREAM_READ_SECONDS = 0.25
read_streams = lambda_svc._poll_dynamodb_streams
next_read = 0.0
wake = None


def read_streams_at_intervals():
    global next_read, wake
    if time.monotonic() >= next_read:
        if not read_streams():
            return False
        next_read = time.monotonic() + STREAM_READ_SECONDS
    # The poll loop sleeps until it is woken, and records may be waiting.
    if wake is None or not wake.is_alive():
        wake = threading.Timer(next_read - time.monotonic(), lambda_svc._esm_wake.set)
        wake.daemon = True
        wake.start()
    return False


lambda_svc._poll_dynamodb_streams = read_streams_at_intervals

main()
