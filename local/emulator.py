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
from ministack.services.cloudformation import provisioners  # noqa: E402

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

# MiniStack refuses an alarm that computes a value from several metrics. No metric of the local AWS rings an alarm, so it stores such
# an alarm with the first of its metrics. Otherwise, it could deploy no app that contains the construct.
store_alarm = provisioners._cw_metric_alarm_record


def store_computed_alarm(name, props):
    metrics = [each["MetricStat"] for each in props.get("Metrics") or [] if "MetricStat" in each]
    if not metrics:
        return store_alarm(name, props)
    metric = metrics[0]["Metric"]
    single = {key: value for key, value in props.items() if key != "Metrics"}
    period = metrics[0].get("Period", 60)
    statistic = metrics[0].get("Stat", "Sum")
    return store_alarm(name, {**single, **metric, "Period": period, "Statistic": statistic})


provisioners._cw_metric_alarm_record = store_computed_alarm

main()
