import json, os
import uvicorn
from fastapi import FastAPI, Request, Response
from verify import verify

secret = os.environ["IVYMAIL_WEBHOOK_SECRET"]
seen = set()  # In production: a table with a unique key on webhook-id.
app = FastAPI()

@app.post("/webhooks/ivymail")
async def webhook(request: Request):
    body = await request.body()
    if not verify(secret, request.headers, body):
        return Response(status_code=401)
    if request.headers["webhook-id"] not in seen:
        seen.add(request.headers["webhook-id"])
        event = json.loads(body)
        print(event["event"], event.get("to"), flush=True)
    return Response(status_code=204)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
