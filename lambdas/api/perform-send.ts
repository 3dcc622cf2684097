import { bareAddress, canonicalAddress } from '../core/addresses.ts';
import { InternalError } from '../core/errors.ts';
import type { SendOutcome } from '../core/sends.ts';
import { storeEvents } from '../store/events.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, type ErrorCode, type ErrorExtras } from './errors.ts';
import type { RouteResponse } from './route.ts';
import { sendCommand, type PlannedEmail } from './send-command.ts';
import { eventsOfSend } from './send-events.ts';
import { classifySendError, redactedSesError } from './ses-errors.ts';

/** Where a send with a key writes down how far it came, so that a repeat can go on from there. */
export interface SendJournal {
  settle(outcome: SendOutcome, eventsPending: boolean): Promise<void>;
  eventsStored(): Promise<void>;
  /** Nothing was sent: as if it had never been asked. */
  release(): Promise<void>;
  /** Nobody knows whether SES took it. */
  markOutcomeUnknown(): Promise<void>;
}

/** SES tells of a mail within seconds: a repeat may find it by then. */
export const OUTCOME_UNKNOWN_RETRY_SECONDS = 10;
/** A repeat stores again what could not be stored. */
const NOT_LOGGED_RETRY_SECONDS = 5;

/** Sends a mail, or finds that nobody is left to send it to; at most one call to SES, whatever befalls. */
export async function performSend(
  deps: ApiDeps,
  mail: PlannedEmail,
  journal?: SendJournal,
): Promise<RouteResponse> {
  return concludeSend(deps, mail, {
    outcome: await callSes(deps, mail, journal),
    ...(journal && { journal }),
  });
}

async function callSes(
  deps: ApiDeps,
  mail: PlannedEmail,
  journal: SendJournal | undefined,
): Promise<SendOutcome> {
  const { intent } = mail;
  if (intent.accepted.length === 0) return { message_id: intent.send_id };
  let messageId: string | undefined;
  let cause: unknown;
  try {
    const command = sendCommand(mail, {
      configurationSet: deps.configurationSet,
      tagged: journal !== undefined,
    });
    messageId = (await deps.ses.send(command)).MessageId;
  } catch (error) {
    const failure = classifySendError(error);
    if (failure.kind === 'retry')
      throw await unavailableError(failure.afterSeconds, redactedSesError(error), journal);
    if (failure.kind === 'refused') {
      return { message_id: intent.send_id, refusal: { code: failure.code, message: failure.message } };
    }
    cause = redactedSesError(error);
  }
  if (messageId !== undefined) return { message_id: messageId };
  // If this is not written down either, a repeat finds out by itself, half a minute later.
  await rejectionOf(journal?.markOutcomeUnknown());
  throw outcomeUnknownError(journal ? OUTCOME_UNKNOWN_RETRY_SECONDS : undefined, cause);
}

/** Whether SES took the mail is not known, and it is never sent again. */
export function outcomeUnknownError(retryAfterSeconds: number | undefined, cause?: unknown): ApiError {
  return new ApiError(
    'outcome_unknown',
    retryAfterSeconds === undefined
      ? 'SES did not say whether it took the mail; look it up before sending again'
      : 'It is not known yet whether SES took the mail; it is not sent again: repeat the request with the same key',
    { ...(retryAfterSeconds !== undefined && { retryAfterSeconds }), ...(cause !== undefined && { cause }) },
  );
}

async function unavailableError(
  retryAfterSeconds: number,
  error: unknown,
  journal: SendJournal | undefined,
): Promise<ApiError> {
  const loggedError = await rejectionOf(journal?.release());
  const message = 'SES takes no mail at the moment; nothing was sent';
  if (loggedError === undefined) return new ApiError('unavailable', message, { retryAfterSeconds, cause: error });
  return new ApiError('unavailable', `${message}. The idempotency key is spent: try again with another`, {
    retryAfterSeconds,
    // The message tells of SES; the log has room for one cause, and this one is ours.
    cause: new InternalError('A key was not released', { cause: loggedError }),
  });
}

/** What a promise was rejected with. */
async function rejectionOf(work: Promise<void> | undefined): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Writes down what became of a mail, then answers. The order decides what a crash can leave: an outcome without its
 * events, which a repeat stores; never events under a key that knows no outcome of them. Throws the refusal as an
 * ApiError, and `outcome_unknown` where SES took the mail and not all could be logged.
 */
export async function concludeSend(
  deps: ApiDeps,
  mail: PlannedEmail,
  {
    outcome,
    journal,
    headers,
  }: {
    readonly outcome: SendOutcome;
    readonly journal?: SendJournal;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<RouteResponse> {
  const events = eventsOfSend(mail, outcome);
  const unsettled = await rejectionOf(journal?.settle(outcome, events.length > 0));
  let unlogged: unknown;
  if (events.length > 0) {
    const receivedAtMs = Date.parse(mail.intent.created_at);
    unlogged = await rejectionOf(
      storeEvents(deps.table, events, { retentionDays: deps.retentionDays, receivedAtMs }),
    );
  }
  if (unlogged !== undefined)
    throw notLoggedError(mail, outcome, { cause: unlogged, keyed: journal !== undefined });
  // Left undone, a repeat stores the same events once more.
  if (events.length > 0 && unsettled === undefined) await rejectionOf(journal?.eventsStored());
  return sendResponse(mail, outcome, { unsettled, ...(headers && { headers }) });
}

/** SES says whom it has not verified in words only; in its sandbox that may be a recipient as well. */
function fieldOf(
  { body }: PlannedEmail,
  { code, message }: NonNullable<SendOutcome['refusal']>,
): ErrorExtras {
  const named = message.split(/[\s,<>]+/).map(canonicalAddress);
  const unverified =
    code === 'identity_not_verified' && named.includes(canonicalAddress(bareAddress(body.from)));
  return unverified ? { field: 'from' } : {};
}

/** A refusal stays one: what is not in the log is said, not hidden. */
function notLoggedError(
  mail: PlannedEmail,
  { message_id: messageId, refusal }: SendOutcome,
  { cause, keyed }: { readonly cause: unknown; readonly keyed: boolean },
): ApiError {
  if (refusal) {
    const message = `${refusal.message} (the log does not hold all of it: it could not be stored)`;
    return new ApiError(refusal.code as ErrorCode, message, { ...fieldOf(mail, refusal), messageId, cause });
  }
  const what =
    mail.intent.accepted.length === 0 ? 'All recipients are suppressed' : `SES took the mail as ${messageId}`;
  return new ApiError('outcome_unknown', `${what}, but this could not be logged in full`, {
    ...(keyed && { retryAfterSeconds: NOT_LOGGED_RETRY_SECONDS }),
    cause,
  });
}

/** The answer to a mail of which all is known. Throws the refusal. */
export function sendResponse(
  mail: PlannedEmail,
  { message_id: messageId, refusal }: SendOutcome,
  {
    headers = {},
    unsettled,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly unsettled?: unknown } = {},
): RouteResponse {
  const loggedError =
    unsettled === undefined ? undefined : new InternalError('An outcome was not kept', { cause: unsettled });
  if (refusal) {
    throw new ApiError(refusal.code as ErrorCode, refusal.message, {
      ...fieldOf(mail, refusal),
      messageId,
      headers,
      ...(loggedError && { cause: loggedError }),
    });
  }
  const { accepted } = mail.intent;
  const suppressed = mail.intent.suppressed.map(({ address }) => address);
  return {
    status: 202,
    body: { message_id: messageId, accepted, suppressed },
    headers,
    ...(loggedError && { loggedError }),
  };
}
