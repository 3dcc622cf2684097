import base64, hashlib, hmac, time

def verify(secret, headers, raw_body):
    """headers: a dict with lower-case names; raw_body: the body as it came, as text."""
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.{raw_body}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("x-ivymail-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{expected}".encode(), each.encode()) for each in given)
