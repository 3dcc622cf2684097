import { bareAddress, canonicalAddress } from '../core/addresses.ts';
import { randomId } from '../core/ids.ts';
import type { SendIntent } from '../core/sends.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { findSuppressions } from '../store/suppressions.ts';
import type { ApiDeps } from './deps.ts';
import { sendOnce } from './idempotency.ts';
import { performSend } from './perform-send.ts';
import { route } from './route.ts';
import { findPause, respondWhilePaused } from './send-gate.ts';
import { noQuery } from './schemas/common.ts';
import { idempotencyKeyHeader, sendBody, sentJson, type SendBody } from './schemas/send.ts';

/** The distinct addresses. Two spellings of one address count once. */
function distinctAddresses(mailboxes: readonly string[]): readonly string[] {
  return [
    ...new Map(mailboxes.map(bareAddress).map((address) => [canonicalAddress(address), address])).values(),
  ];
}

/** Decides which recipients get the email, by the current suppression list of the workspace. */
async function planSend(deps: ApiDeps, workspaceId: string, body: SendBody): Promise<SendIntent> {
  const all = distinctAddresses([...body.to, ...body.cc, ...body.bcc]);
  const suppressions = await findSuppressions(deps.table, workspaceId, all);
  const planned = all.map((address) => ({
    address,
    reason: suppressions.get(canonicalAddress(address))?.reason,
  }));
  return {
    workspace_id: workspaceId,
    send_id: randomId('ivm', deps.randomBytes),
    accepted: planned.flatMap(({ address, reason }) => (reason === undefined ? [address] : [])),
    suppressed: planned.flatMap(({ address, reason }) => (reason === undefined ? [] : [{ address, reason }])),
    created_at: formatTimestamp(deps.now()),
  };
}

export const send = route({
  method: 'POST',
  path: '/v1/send',
  operationId: 'sendEmail',
  scope: 'send',
  summary: 'Send an email',
  description:
    'Sends an email through Amazon SES. Recipients on the suppression list of the workspace get no email and are listed in `suppressed`. With an `Idempotency-Key` header, a repeated request within 24 hours returns the first response and sends nothing. While the reputation guard has paused the workspace or the configuration set, every new email is refused with 409 `reputation_paused`, and its `Idempotency-Key` stays free.',
  query: noQuery,
  headers: { 'idempotency-key': idempotencyKeyHeader },
  body: sendBody,
  responses: { 202: sentJson },
  errors: [
    'identity_not_verified',
    'message_rejected',
    'sending_paused',
    'quota_exceeded',
    'idempotency_conflict',
    'reputation_paused',
    'outcome_unknown',
  ],
  async handle(deps, { caller, headers, body }) {
    const { workspaceId } = caller;
    const [intent, pause] = await Promise.all([
      planSend(deps, workspaceId, body),
      findPause(deps, workspaceId),
    ]);
    const email = { body, intent };
    const key = headers['idempotency-key'];
    if (pause) return respondWhilePaused(deps, email, { pause, key });
    return key === undefined ? performSend(deps, email) : sendOnce(deps, email, key);
  },
});
