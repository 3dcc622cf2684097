# Runs MiniStack until the process that started it ends. stdin is a pipe from that process. When the pipe closes, the
# process has ended, and this process group is killed too, including its Lambda workers.
import os
import re
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
from ministack.services import dynamodb, lambda_svc  # noqa: E402
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

# MiniStack parses the key condition of a query again for each item of the partition. Two weeks of counters are a partition of
# thousands of items, and tally queries it once for each hour. So an item outside the range is refused before the condition is parsed.
KEY_RANGE = re.compile(r"\bAND (\w+) BETWEEN (:\w+) AND (:\w+)$")
KEY_PREFIX = re.compile(r"\bAND begins_with\((\w+), (:\w+)\)$")
evaluate_condition = dynamodb._evaluate_condition


def is_outside_range(expr, item, values):
    def text_of(source, name):
        return source.get(name, {}).get("S", "")

    found = KEY_PREFIX.search(expr)
    if found:
        return not text_of(item, found[1]).startswith(text_of(values, found[2]))
    found = KEY_RANGE.search(expr)
    if found:
        return not text_of(values, found[2]) <= text_of(item, found[1]) <= text_of(values, found[3])
    return False


def evaluate_in_range(expr, item, values, names, slot="ConditionExpression"):
    if slot == "KeyConditionExpression" and is_outside_range(expr, item, values):
        return False
    return evaluate_condition(expr, item, values, names, slot)


dynamodb._evaluate_condition = evaluate_in_range

main()
