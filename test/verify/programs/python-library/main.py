import base64, datetime, sys
import standardwebhooks.webhooks as library

NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature"]

def read(field):
    return None if field == "-" else base64.b64decode(field[1:])

def verify(secret, headers, body, now):
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    library.datetime = Clock
    try:
        library.Webhook(secret).verify(body, headers, json_parse=False)
        return "true"
    except Exception:
        return "false"

for line in sys.stdin:
    secret, now, *headers, body = map(read, line.split())
    received = {name: value.decode() for name, value in zip(NAMES, headers) if value is not None}
    print(verify(secret.decode(), received, body, int(now)))
