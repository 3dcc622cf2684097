import base64, sys
from verify import verify

NAMES = ["webhook-id", "webhook-timestamp", "x-ivymail-signature"]

def read(field):
    return None if field == "-" else base64.b64decode(field[1:])

for line in sys.stdin:
    secret, now, *headers, body = map(read, line.split())
    received = {name: value.decode() for name, value in zip(NAMES, headers) if value is not None}
    print(str(verify(secret.decode(), received, body, int(now))).lower())
