"""A program that uses the generated client for every part of the API: no cast, and no `type: ignore`."""

import json
import os
import time
from collections.abc import Callable
from typing import TypeVar

from client import AuthenticatedClient
from client.api.api_keys import create_api_key, delete_api_key, list_api_keys
from client.api.deliveries import get_delivery
from client.api.email import send_email
from client.api.logs import export_logs, get_message, list_logs
from client.api.statistics import get_stats
from client.api.suppressions import create_suppression, delete_suppression_by_query, get_suppression
from client.api.webhooks import (
    create_webhook,
    delete_webhook,
    get_webhook,
    get_webhook_secret,
    list_deliveries,
    list_webhook_changes,
    list_webhooks,
    recover_webhook,
    rotate_webhook_secret,
    test_webhook,
    update_webhook,
)
from client.api.workspace import get_workspace
from client.models import (
    ApiKeyScope,
    BouncedEvent,
    ClickedEvent,
    CreateApiKeyRequest,
    CreateSuppressionRequest,
    CreateWebhookRequest,
    DeliveredEventName,
    Delivery,
    DeliveryStatus,
    EndpointAction,
    ErrorResponse,
    EventFilter,
    ExportLogsFormat,
    GetStatsInterval,
    LogEntry,
    LogType,
    RecoverRequest,
    RotateSecretRequest,
    SendRequest,
    Tags,
    TestWebhookRequest,
    TestWebhookRequestEvent,
    UpdateWebhookRequest,
    UpdateWebhookRequestStatus,
)
from client.models.send_request_tags import SendRequestTags
from client.types import UNSET, Unset

T = TypeVar("T")


def data_of(response: T | ErrorResponse | None) -> T:
    """Returns the data of a response. An error response raises an error with the code and message of the API."""
    if isinstance(response, ErrorResponse):
        raise RuntimeError(f"{response.error.code}: {response.error.message} ({response.request_id})")
    if response is None:
        raise RuntimeError("No body")
    return response


def wait_for(description: str, find: Callable[[], T | None]) -> T:
    for _ in range(600):
        found = find()
        if found is not None:
            return found
        time.sleep(0.2)
    raise RuntimeError(f"Timed out waiting for {description}")


def known(value: T | Unset) -> T | None:
    return None if isinstance(value, Unset) else value


client = AuthenticatedClient(
    base_url=os.environ["BASE_URL"],
    token=os.environ["API_KEY"],
    raise_on_unexpected_status=True,
)

workspace = data_of(get_workspace.sync(client=client))

created = data_of(
    create_webhook.sync(
        client=client,
        body=CreateWebhookRequest(url=os.environ["HOOK_URL"], events=[EventFilter("*")]),
    )
)
test = data_of(
    test_webhook.sync(created.id, client=client, body=TestWebhookRequest(event=TestWebhookRequestEvent.CLICKED))
)
assert isinstance(test.payload, ClickedEvent)

tags = SendRequestTags()
tags["campaign"] = "spring"
sent = data_of(
    send_email.sync(
        client=client,
        idempotency_key=f"example-{created.id}",
        body=SendRequest(
            from_=os.environ["FROM"],
            to=["bounce@simulator.amazonses.com"],
            subject="Hello",
            text="Hello.",
            tags=tags,
        ),
    )
)


def find_bounce() -> LogEntry | None:
    page = data_of(list_logs.sync(client=client, message_id=sent.message_id, type_=LogType.BOUNCE, limit=100))
    return next(iter(page.data), None)


bounce = wait_for("the bounce in the log", find_bounce)

def find_statuses() -> list[str] | None:
    """Returns the statuses of the message, read page by page, or None before there are two."""
    statuses: list[str] = []
    cursor: str | Unset = UNSET
    while True:
        page = data_of(list_logs.sync(client=client, message_id=sent.message_id, limit=1, cursor=cursor))
        statuses.extend(entry.status.value for entry in page.data)
        if page.next_cursor is None:
            return statuses if len(statuses) > 1 else None
        cursor = page.next_cursor


statuses = wait_for("both entries of the message", find_statuses)

csv = data_of(export_logs.sync(client=client, format_=ExportLogsFormat.CSV, message_id=sent.message_id))

timeline = data_of(get_message.sync(sent.message_id, client=client, raw=True))


def find_delivery() -> Delivery | None:
    page = data_of(list_deliveries.sync(created.id, client=client, status=DeliveryStatus.DELIVERED))
    return next((each for each in page.data if each.event is DeliveredEventName.BOUNCED), None)


delivered = wait_for("a delivered webhook about the bounce", find_delivery)
delivery = data_of(get_delivery.sync(delivered.id, client=client))
# A receiver parses the body of a webhook in the same way.
assert isinstance(delivery.payload, BouncedEvent)
event = BouncedEvent.from_dict(json.loads(json.dumps(delivery.payload.to_dict())))
assert event == delivery.payload

missed = data_of(
    recover_webhook.sync(created.id, client=client, body=RecoverRequest(since=created.created_at, dry_run=True))
)
rotated = data_of(rotate_webhook_secret.sync(created.id, client=client, body=RotateSecretRequest(overlap_seconds=60)))
secret = data_of(get_webhook_secret.sync(created.id, client=client))
paused = data_of(
    update_webhook.sync(
        created.id,
        client=client,
        body=UpdateWebhookRequest(status=UpdateWebhookRequestStatus.PAUSED, description=None),
    )
)
changes = data_of(list_webhook_changes.sync(created.id, client=client))
endpoints = data_of(list_webhooks.sync(client=client))
delete_webhook.sync_detailed(created.id, client=client)
gone = get_webhook.sync(created.id, client=client)

address = "ann+news@example.com"
suppressed = data_of(create_suppression.sync(client=client, body=CreateSuppressionRequest(address=address)))
found = data_of(get_suppression.sync(address, client=client))
removed = delete_suppression_by_query.sync_detailed(client=client, address=address)

key = data_of(
    create_api_key.sync(client=client, body=CreateApiKeyRequest(name="Example", scopes=[ApiKeyScope.READ]))
)
keys = data_of(list_api_keys.sync(client=client))
delete_api_key.sync_detailed(key.id, client=client)

stats = data_of(get_stats.sync(client=client, interval=GetStatsInterval.DAY))

print(
    json.dumps(
        {
            "workspace": workspace.id,
            "test": [test.attempt.status_code, f"clicked: {known(test.payload.link)}"],
            "accepted": sent.accepted,
            "bounce": [
                bounce.status.value,
                None if isinstance(bounce.error, Unset) else known(bounce.error.bounce_type),
                bounce.tags["campaign"] if isinstance(bounce.tags, Tags) else None,
            ],
            "statuses": sorted(statuses),
            "lines": len(csv.strip().split("\r\n")),
            "timeline": [[each.to, None if each.status is None else each.status.value] for each in timeline.recipients],
            "raw": not isinstance(timeline.raw_events, Unset) and len(timeline.raw_events) > 0,
            "delivery": [delivery.status.value, delivery.attempts[0].status_code],
            "payload": f"bounced: {known(event.bounce_type)}, {known(event.diagnostic_code)}",
            "missed": [missed.recovery_id, missed.exact],
            "rotated": rotated.secret == secret.secret and rotated.secret != created.secret,
            "paused": [paused.status.value, paused.description],
            "changed": any(
                each.action is EndpointAction.PAUSED and each.by == workspace.key.id for each in changes.data
            ),
            "endpoints": len(endpoints.data),
            "gone": gone.error.code.value if isinstance(gone, ErrorResponse) else None,
            "suppression": [suppressed.reason.value, found.address, removed.status_code.value],
            "key": any(each.id == key.id and ApiKeyScope.READ in each.scopes for each in keys.data),
            "stats": stats.interval.value if stats.totals.bounced >= 0 else None,
        }
    )
)
