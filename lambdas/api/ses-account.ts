import { GetAccountCommand, type SESv2Client } from '@aws-sdk/client-sesv2';
import { InternalError } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { redactedSesError } from './ses-errors.ts';

/** The status of the SES account in this region. A field is null if SES did not return it. */
export interface SesAccountStatus {
  readonly enforcement_status: string | null;
  readonly sending_enabled: boolean | null;
  readonly production_access: boolean | null;
  readonly max_24_hour_send: number | null;
  readonly sent_last_24_hours: number | null;
  /** RFC 3339. */
  readonly checked_at: string;
}

export interface SesAccountResult {
  /** Null if SES did not return the account. */
  readonly status: SesAccountStatus | null;
  readonly error?: InternalError;
}

export type SesAccountReader = () => Promise<SesAccountResult>;

/** SES allows one GetAccount request per second and account, and several containers ask. */
const CACHED_MS = 60_000;
/** The rest of the response is complete without SES, so it does not wait longer. */
const TIMEOUT_MS = 3_000;

async function readAccount(ses: Pick<SESv2Client, 'send'>, nowMs: number): Promise<SesAccountResult> {
  try {
    const account = await ses.send(new GetAccountCommand({}), {
      abortSignal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { SendQuota: quota = {} } = account;
    return {
      status: {
        enforcement_status: account.EnforcementStatus ?? null,
        sending_enabled: account.SendingEnabled ?? null,
        production_access: account.ProductionAccessEnabled ?? null,
        max_24_hour_send: quota.Max24HourSend ?? null,
        sent_last_24_hours: quota.SentLast24Hours ?? null,
        checked_at: formatTimestamp(nowMs),
      },
    };
  } catch (error) {
    const cause = redactedSesError(error);
    return { status: null, error: new InternalError('The SES account could not be read', { cause }) };
  }
}

/**
 * Returns a function that reads the SES account at most once a minute. It never rejects. A failure is also kept for a minute, so
 * that a missing permission does not cost a request each time. `now` returns epoch milliseconds.
 */
export function createSesAccountReader(ses: Pick<SESv2Client, 'send'>, now: () => number): SesAccountReader {
  let kept: { readonly atMs: number; readonly result: Promise<SesAccountResult> } | undefined;
  return () => {
    const nowMs = now();
    if (kept === undefined || nowMs - kept.atMs >= CACHED_MS)
      kept = { atMs: nowMs, result: readAccount(ses, nowMs) };
    return kept.result;
  };
}
