import { createHash } from 'node:crypto';
import type { SendOutcome } from '../core/sends.ts';
import { pairsToJson } from '../core/tags.ts';
import {
  beginSend,
  findSend,
  markOutcomeUnknown,
  markEventsStored,
  findSentMessageId,
  releaseKey,
  settleSend,
  type KeyedSend,
  type SendRecord,
} from '../store/idempotency.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import {
  sendResponse,
  concludeSend,
  outcomeUnknownError,
  OUTCOME_UNKNOWN_RETRY_SECONDS,
  performSend,
  type SendJournal,
} from './perform-send.ts';
import type { RouteResponse } from './route.ts';
import type { SendBody } from './schemas/send.ts';
import type { PlannedEmail } from './send-command.ts';

/** The api function runs for at most 29 s. A send that began longer ago than this is no longer in progress. */
const IN_PROGRESS_MS = 30_000;
const REPLAYED = { 'idempotency-replayed': 'true' };
const FIELD = 'idempotency-key';

/** A hash of the parsed body. White space and the order of fields do not change the hash. */
function hashOf(body: SendBody): string {
  const sorted = (_name: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value;
  const named = { ...body, tags: pairsToJson(body.tags), headers: pairsToJson(body.headers) };
  return createHash('sha256').update(JSON.stringify(named, sorted)).digest('hex');
}

function journalOf({ table }: ApiDeps, send: KeyedSend): SendJournal {
  return {
    settle: (outcome, eventsPending) => settleSend(table, send, { outcome, eventsPending }),
    eventsStored: () => markEventsStored(table, send),
    release: () => releaseKey(table, send),
    markOutcomeUnknown: () => markOutcomeUnknown(table, send),
  };
}

/**
 * Sends an email once, even if the request is repeated with the same key within 24 hours. The intent is stored before SES is
 * called. If the outcome of the call is unknown, a repeated request searches for the email by its tag and never sends it again.
 */
export async function sendOnce(deps: ApiDeps, email: PlannedEmail, key: string): Promise<RouteResponse> {
  const send = { key, intent: email.intent };
  const bodyHash = hashOf(email.body);
  const found = await claimKey(deps, send, bodyHash);
  if (!found) return performSend(deps, email, journalOf(deps, send));
  return respondAgain(deps, email, { key, found, bodyHash });
}

/**
 * Responds to a request whose key was used before, and sends nothing. Returns undefined if the key is free, and leaves the key
 * free. So a send that is refused before it begins can be repeated with the same key.
 */
export async function respondIfRepeated(
  deps: ApiDeps,
  email: PlannedEmail,
  key: string,
): Promise<RouteResponse | undefined> {
  const workspaceId = email.intent.workspace_id;
  const found = await findSend(deps.table, { workspaceId, key }, deps.now());
  return found && respondAgain(deps, email, { key, found, bodyHash: hashOf(email.body) });
}

/** Responds to a request with the key of an earlier send. Throws if its body is another one. */
async function respondAgain(
  deps: ApiDeps,
  email: PlannedEmail,
  { key, found, bodyHash }: { readonly key: string; readonly found: SendRecord; readonly bodyHash: string },
): Promise<RouteResponse> {
  if (found.bodyHash !== bodyHash) {
    throw new ApiError(
      'idempotency_conflict',
      'This idempotency key was already used with a different body',
      { field: FIELD },
    );
  }
  return replay(deps, { body: email.body, intent: found.intent }, { key, found });
}

async function claimKey(deps: ApiDeps, send: KeyedSend, bodyHash: string): Promise<SendRecord | undefined> {
  try {
    return await beginSend(deps.table, send, { bodyHash, nowMs: deps.now() });
  } catch (error) {
    // The write may have succeeded although it reports an error. Nothing is sent, so the key is released. If that fails too, a repeated request gets `outcome_unknown`.
    await releaseKey(deps.table, send).catch(() => {});
    throw error;
  }
}

async function replay(
  deps: ApiDeps,
  email: PlannedEmail,
  { key, found }: { readonly key: string; readonly found: SendRecord },
): Promise<RouteResponse> {
  if (found.outcome && !found.eventsPending) return sendResponse(email, found.outcome, { headers: REPLAYED });
  const outcome = found.outcome ?? (await findOutcome(deps, found));
  const journal = journalOf(deps, { key, intent: email.intent });
  return concludeSend(deps, email, { outcome, journal, headers: REPLAYED });
}

/** Finds the outcome of a send for which no outcome is stored. Throws if the send is in progress or its outcome is unknown. */
async function findOutcome(deps: ApiDeps, { intent, outcomeUnknown }: SendRecord): Promise<SendOutcome> {
  const leftMs = Date.parse(intent.created_at) + IN_PROGRESS_MS - deps.now();
  if (!outcomeUnknown && leftMs > 0) {
    throw new ApiError(
      'idempotency_conflict',
      'The first request with this idempotency key is still in progress',
      {
        field: FIELD,
        retryAfterSeconds: Math.ceil(leftMs / 1000),
      },
    );
  }
  // All recipients were suppressed, so SES was not called.
  if (intent.accepted.length === 0) return { message_id: intent.send_id };
  const messageId = await findSentMessageId(deps.table, intent);
  if (messageId === undefined) throw outcomeUnknownError(OUTCOME_UNKNOWN_RETRY_SECONDS);
  return { message_id: messageId };
}
