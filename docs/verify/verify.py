import base64, hmac, re, time

def verify(secret, headers, raw_body, now=None):
    """True for a genuine webhook. headers: a mapping, such as request.headers. raw_body: the bytes as they
    arrived, before any JSON parser. now: in seconds."""
    if not isinstance(raw_body, (bytes, bytearray)):
        raise TypeError("raw_body must be the bytes as they arrived, not text or parsed JSON")
    if not hasattr(headers, "items"):
        raise TypeError("headers must be a mapping of names and values")
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get("webhook-timestamp", "")
    head = f"{lower.get('webhook-id', '')}.{timestamp}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    if len(key) < 24 or not re.fullmatch(r"\w+\.\d{10}", head, re.ASCII):
        return False
    if abs(int(time.time() if now is None else now) - int(timestamp)) > 300:
        return False
    digest = hmac.digest(key, head.encode() + b"." + raw_body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    signatures = lower.get("x-ivymail-signature", "").split(" ")
    return any(hmac.compare_digest(expected, signature.encode()) for signature in signatures)
