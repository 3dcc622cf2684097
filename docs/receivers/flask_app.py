import json, os
from flask import Flask, request
from verify import verify

secret = os.environ["IVYMAIL_WEBHOOK_SECRET"]
seen = set()  # In production: a table with a unique key on webhook-id.
app = Flask(__name__)

@app.post("/webhooks/ivymail")
def webhook():
    body = request.get_data()
    if not verify(secret, request.headers, body):
        return "", 401
    if request.headers["webhook-id"] not in seen:
        seen.add(request.headers["webhook-id"])
        event = json.loads(body)
        print(event["event"], event.get("to"), flush=True)
    return "", 204

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
