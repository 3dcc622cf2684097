import { bareAddress, canonicalAddress } from '../core/addresses.ts';
import { InternalError } from '../core/errors.ts';
import type { SendOutcome } from '../core/sends.ts';
import { storeUnpublishedEvents } from '../store/events.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, type ErrorCode, type ErrorExtras } from './errors.ts';
import type { RouteResponse } from './route.ts';
import { sendCommand, type PlannedEmail } from './send-command.ts';
import { eventsOfSend } from './unpublished-events.ts';
import { classifySendError, redactedSesError } from './ses-errors.ts';

/** Records the progress of a send with an idempotency key, so that a repeated request can continue from there. */
export interface SendJournal {
  settle(outcome: SendOutcome, eventsPending: boolean): Promise<void>;
  eventsStored(): Promise<void>;
  /** Nothing was sent. The key becomes free, as if the request had never been made. */
  release(): Promise<void>;
  /** It is unknown whether SES accepted the email. */
  markOutcomeUnknown(): Promise<void>;
}

/** SES publishes the first event of an email within seconds, so a repeated request can find the email after this wait. */
export const OUTCOME_UNKNOWN_RETRY_SECONDS = 10;
/** The wait after which a repeated request stores the missing events. */
const NOT_LOGGED_RETRY_SECONDS = 5;

/** Sends an email unless all its recipients are suppressed. Calls SES at most once, whatever happens. */
export async function performSend(
  deps: ApiDeps,
  email: PlannedEmail,
  journal?: SendJournal,
): Promise<RouteResponse> {
  return concludeSend(deps, email, {
    outcome: await callSes(deps, email, journal),
    ...(journal && { journal }),
  });
}

async function callSes(
  deps: ApiDeps,
  email: PlannedEmail,
  journal: SendJournal | undefined,
): Promise<SendOutcome> {
  const { intent } = email;
  if (intent.accepted.length === 0) return { message_id: intent.send_id };
  let messageId: string | undefined;
  let cause: unknown;
  try {
    const command = sendCommand(email, {
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
  // If this write fails too, no outcome is stored. A repeated request then gets `outcome_unknown` after half a minute.
  await rejectionOf(journal?.markOutcomeUnknown());
  throw outcomeUnknownError(journal ? OUTCOME_UNKNOWN_RETRY_SECONDS : undefined, cause);
}

/** The error for an email with unknown outcome. SES may have accepted it, so it is never sent again. */
export function outcomeUnknownError(retryAfterSeconds: number | undefined, cause?: unknown): ApiError {
  return new ApiError(
    'outcome_unknown',
    retryAfterSeconds === undefined
      ? 'It is unknown whether Amazon SES accepted the email. Search the log before you send it again'
      : 'It is not known yet whether Amazon SES accepted the email. Repeat the request with the same idempotency key: the email is not sent twice',
    { ...(retryAfterSeconds !== undefined && { retryAfterSeconds }), ...(cause !== undefined && { cause }) },
  );
}

async function unavailableError(
  retryAfterSeconds: number,
  error: unknown,
  journal: SendJournal | undefined,
): Promise<ApiError> {
  const loggedError = await rejectionOf(journal?.release());
  const message = 'Amazon SES is not accepting emails at the moment. Nothing was sent';
  if (loggedError === undefined)
    return new ApiError('unavailable', message, { retryAfterSeconds, cause: error });
  return new ApiError(
    'unavailable',
    `${message}. This idempotency key cannot be used again: retry with a new key`,
    {
      retryAfterSeconds,
      // The message already describes the failure of SES. The log shows only one cause, so it shows our own error.
      cause: new InternalError('An idempotency key was not released', { cause: loggedError }),
    },
  );
}

/** The error of a rejected promise. Undefined if it was fulfilled. */
async function rejectionOf(work: Promise<void> | undefined): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Stores the outcome of an email and its events, then responds. The outcome comes first. After a crash, the events of a stored
 * outcome may be missing, and a repeated request stores them. Events without a stored outcome would be worse, because a
 * repeated request could store other events. Throws a refusal as an ApiError, and `outcome_unknown` if the email was accepted
 * but could not be logged completely.
 */
export async function concludeSend(
  deps: ApiDeps,
  email: PlannedEmail,
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
  const events = eventsOfSend(email, outcome, deps.configurationSet);
  const unsettled = await rejectionOf(journal?.settle(outcome, events.length > 0));
  let unlogged: unknown;
  if (events.length > 0) {
    const receivedAtMs = Date.parse(email.intent.created_at);
    unlogged = await rejectionOf(
      storeUnpublishedEvents(deps.table, events, { retentionDays: deps.retentionDays, receivedAtMs }),
    );
  }
  if (unlogged !== undefined)
    throw notLoggedError(email, outcome, { cause: unlogged, keyed: journal !== undefined });
  // If this write fails, a repeated request stores the same events again, which changes nothing.
  if (events.length > 0 && unsettled === undefined) await rejectionOf(journal?.eventsStored());
  return sendResponse(email, outcome, { unsettled, ...(headers && { headers }) });
}

/** The invalid field of a refusal. Only the message of SES contains the unverified address. In the sandbox, this can be the address of a recipient. */
function fieldOf(
  { body }: PlannedEmail,
  { code, message }: NonNullable<SendOutcome['refusal']>,
): ErrorExtras {
  const words = message.split(/[\s,<>]+/).map(canonicalAddress);
  const unverified =
    code === 'identity_not_verified' && words.includes(canonicalAddress(bareAddress(body.from)));
  return unverified ? { field: 'from' } : {};
}

/** The error if not all events could be stored. A refused email keeps its error code, and the message adds that the log is incomplete. */
function notLoggedError(
  email: PlannedEmail,
  { message_id: messageId, refusal }: SendOutcome,
  { cause, keyed }: { readonly cause: unknown; readonly keyed: boolean },
): ApiError {
  if (refusal) {
    const message = `${refusal.message} (the log is incomplete: an event could not be stored)`;
    return new ApiError(refusal.code as ErrorCode, message, { ...fieldOf(email, refusal), messageId, cause });
  }
  const result =
    email.intent.accepted.length === 0
      ? 'All recipients are suppressed'
      : `Amazon SES accepted the email as ${messageId}`;
  return new ApiError(
    'outcome_unknown',
    `${result}, but the log is incomplete: an event could not be stored`,
    {
      ...(keyed && { retryAfterSeconds: NOT_LOGGED_RETRY_SECONDS }),
      cause,
    },
  );
}

/** The response for an email whose outcome and events are stored. Throws a refusal as an ApiError. */
export function sendResponse(
  email: PlannedEmail,
  { message_id: messageId, refusal }: SendOutcome,
  {
    headers = {},
    unsettled,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly unsettled?: unknown } = {},
): RouteResponse {
  const loggedError =
    unsettled === undefined
      ? undefined
      : new InternalError('The outcome of a send was not stored', { cause: unsettled });
  if (refusal) {
    throw new ApiError(refusal.code as ErrorCode, refusal.message, {
      ...fieldOf(email, refusal),
      messageId,
      headers,
      ...(loggedError && { cause: loggedError }),
    });
  }
  const { accepted } = email.intent;
  const suppressed = email.intent.suppressed.map(({ address }) => address);
  return {
    status: 202,
    body: { message_id: messageId, accepted, suppressed },
    headers,
    ...(loggedError && { loggedError }),
  };
}
