import { createHash } from 'node:crypto';
import type { SendOutcome } from '../core/sends.ts';
import { pairsToJson } from '../core/tags.ts';
import {
  beginSend,
  markOutcomeUnknown,
  eventsStored,
  findSentMessage,
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

/** Longer than the api λ may run (29 s): whoever began a send this long ago has ended. */
const IN_PROGRESS_MS = 30_000;
const REPLAYED = { 'idempotency-replayed': 'true' };
const FIELD = 'idempotency-key';

/** Of the body as it was understood: neither white space nor the order of names makes another one of it. */
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
    eventsStored: () => eventsStored(table, send),
    release: () => releaseKey(table, send),
    markOutcomeUnknown: () => markOutcomeUnknown(table, send),
  };
}

/**
 * Sends a mail once, however often it is asked for with this key within a day. The intent is stored before SES is asked;
 * what was sent and not answered is looked for by its tag, and never sent again.
 */
export async function sendOnce(deps: ApiDeps, mail: PlannedEmail, key: string): Promise<RouteResponse> {
  const send = { key, intent: mail.intent };
  const bodyHash = hashOf(mail.body);
  const found = await claimKey(deps, send, bodyHash);
  if (!found) return performSend(deps, mail, journalOf(deps, send));
  if (found.bodyHash !== bodyHash) {
    throw new ApiError('idempotency_conflict', 'The key was used for another body', { field: FIELD });
  }
  return replay(deps, { body: mail.body, intent: found.intent }, { key, found });
}

async function claimKey(deps: ApiDeps, send: KeyedSend, bodyHash: string): Promise<SendRecord | undefined> {
  try {
    return await beginSend(deps.table, send, { bodyHash, nowMs: deps.now() });
  } catch (error) {
    // It may have been written all the same, and nothing will be sent: at worst, a repeat is told that nobody knows.
    await releaseKey(deps.table, send).catch(() => {});
    throw error;
  }
}

async function replay(
  deps: ApiDeps,
  mail: PlannedEmail,
  { key, found }: { readonly key: string; readonly found: SendRecord },
): Promise<RouteResponse> {
  if (found.outcome && !found.eventsPending) return sendResponse(mail, found.outcome, { headers: REPLAYED });
  const outcome = found.outcome ?? (await findOutcome(deps, found));
  const journal = journalOf(deps, { key, intent: mail.intent });
  return concludeSend(deps, mail, { outcome, journal, headers: REPLAYED });
}

/** What became of a send whose outcome was not written down. */
async function findOutcome(
  deps: ApiDeps,
  { intent, outcomeUnknown: isInDoubt }: SendRecord,
): Promise<SendOutcome> {
  const leftMs = Date.parse(intent.created_at) + IN_PROGRESS_MS - deps.now();
  if (!isInDoubt && leftMs > 0) {
    throw new ApiError('idempotency_conflict', 'The first request with this key is still under way', {
      field: FIELD,
      retryAfterSeconds: Math.ceil(leftMs / 1000),
    });
  }
  // SES was not asked.
  if (intent.accepted.length === 0) return { message_id: intent.send_id };
  const messageId = await findSentMessage(deps.table, intent);
  if (messageId === undefined) throw outcomeUnknownError(OUTCOME_UNKNOWN_RETRY_SECONDS);
  return { message_id: messageId };
}
