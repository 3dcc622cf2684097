import base64, hmac, re, time

def verify(secret, headers, raw_body, now=None):
    """headers: a dict with lower-case names; raw_body: the body as it came, as bytes; now: in seconds."""
    timestamp = headers.get("webhook-timestamp", "")
    head = f"{headers.get('webhook-id', '')}.{timestamp}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    if len(key) < 24 or not re.fullmatch(r"\w+\.\d{10}", head, re.ASCII):
        return False
    if abs(int(time.time() if now is None else now) - int(timestamp)) > 300:
        return False
    digest = hmac.digest(key, head.encode() + b"." + raw_body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("x-ivymail-signature", "").split(" ")
    return any(hmac.compare_digest(expected, each.encode()) for each in given)
