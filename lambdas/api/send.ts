import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import { bareAddress, canonicalAddress, mailboxHeader } from '../core/addresses.ts';
import { emailEventId } from '../core/event-ids.ts';
import type { EmailEvent, EventDetails } from '../core/events.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { storeEvents } from '../store/events.ts';
import { findSuppressions } from '../store/suppressions.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { route } from './route.ts';
import { noQuery } from './schemas/common.ts';
import { sendBody, sentJson, type SendBody } from './schemas/send.ts';
import { classifySendError } from './ses-errors.ts';

const WORKSPACE_TAG = 'ivymail_workspace';

type Field = 'to' | 'cc' | 'bcc';
const FIELDS: readonly Field[] = ['to', 'cc', 'bcc'];

/** The recipients of a field that are not to be left out. */
function kept(body: SendBody, field: Field, isSuppressed: (mailbox: string) => boolean): string[] {
  return body[field].filter((mailbox) => !isSuppressed(mailbox));
}

/** One for each address, however often and in whatever case it is named. */
function distinctAddresses(mailboxes: readonly string[]): readonly string[] {
  return [
    ...new Map(mailboxes.map(bareAddress).map((address) => [canonicalAddress(address), address])).values(),
  ];
}

function command(
  deps: ApiDeps,
  { workspaceId, body, to, cc, bcc }: { workspaceId: string; body: SendBody } & Record<Field, string[]>,
): SendEmailCommand {
  const utf8 = (Data: string): { Data: string; Charset: string } => ({ Data, Charset: 'UTF-8' });
  return new SendEmailCommand({
    FromEmailAddress: mailboxHeader(body.from),
    Destination: {
      ToAddresses: to.map(mailboxHeader),
      CcAddresses: cc.map(mailboxHeader),
      BccAddresses: bcc.map(mailboxHeader),
    },
    ...(body.reply_to.length > 0 && { ReplyToAddresses: body.reply_to.map(mailboxHeader) }),
    Content: {
      Simple: {
        Subject: utf8(body.subject),
        Body: {
          ...(body.text !== undefined && { Text: utf8(body.text) }),
          ...(body.html !== undefined && { Html: utf8(body.html) }),
        },
        ...(Object.keys(body.headers).length > 0 && {
          Headers: Object.entries(body.headers).map(([Name, Value]) => ({ Name, Value })),
        }),
      },
    },
    EmailTags: Object.entries({ ...body.tags, [WORKSPACE_TAG]: workspaceId }).map(([Name, Value]) => ({
      Name,
      Value,
    })),
    ConfigurationSetName: deps.configurationSet,
  });
}

/** An event of our own making: SES never says anything of it. */
function ownEvent(
  deps: ApiDeps,
  { workspaceId, body, messageId }: { workspaceId: string; body: SendBody; messageId: string },
  { event, to, details }: { event: 'suppressed' | 'failed'; to: string; details: EventDetails },
): EmailEvent {
  return {
    event_id: emailEventId({ messageId, event, to }),
    message_id: messageId,
    workspace_id: workspaceId,
    event,
    to,
    from: bareAddress(body.from),
    subject: body.subject,
    timestamp: formatTimestamp(deps.now()),
    ...(Object.keys(body.tags).length > 0 && { tags: body.tags }),
    details,
  };
}

export const send = route({
  method: 'POST',
  path: '/v1/send',
  scope: 'send',
  summary: 'Sends a mail through SES; suppressed recipients are left out',
  query: noQuery,
  body: sendBody,
  answers: { 202: sentJson },
  errors: [
    'identity_not_verified',
    'message_rejected',
    'sending_paused',
    'quota_exceeded',
    'outcome_unknown',
  ],
  async handle(deps, { caller, body }) {
    const { workspaceId } = caller;
    const all = distinctAddresses(FIELDS.flatMap((field) => body[field]));
    const listed = await findSuppressions(deps.table, workspaceId, all);
    const isSuppressed = (mailbox: string): boolean => listed.has(canonicalAddress(bareAddress(mailbox)));
    const suppressed = all.filter(isSuppressed);
    const accepted = all.filter((address) => !isSuppressed(address));
    const store = (events: readonly EmailEvent[]): Promise<void> =>
      storeEvents(deps.table, events, { retentionDays: deps.retentionDays, receivedAtMs: deps.now() });
    const suppressedEvents = (messageId: string): readonly EmailEvent[] =>
      suppressed.map((to) => {
        const reason = listed.get(canonicalAddress(to))?.reason ?? 'manual';
        const details = { suppression_reason: reason };
        return ownEvent(deps, { workspaceId, body, messageId }, { event: 'suppressed', to, details });
      });

    if (accepted.length === 0) {
      const messageId = randomId('ivm', deps.randomBytes);
      await store(suppressedEvents(messageId));
      return { status: 202, body: { message_id: messageId, accepted, suppressed } };
    }

    let messageId: string | undefined;
    try {
      const [to = [], cc = [], bcc = []] = FIELDS.map((field) => kept(body, field, isSuppressed));
      const answer = await deps.ses.send(command(deps, { workspaceId, body, to, cc, bcc }));
      messageId = answer.MessageId;
    } catch (error) {
      const failure = classifySendError(error);
      if (failure.kind === 'retry') {
        throw new ApiError('unavailable', 'SES takes no mail at the moment; nothing was sent', {
          retryAfterSeconds: failure.afterSeconds,
          cause: error,
        });
      }
      if (failure.kind === 'refused') {
        const refusedId = randomId('ivm', deps.randomBytes);
        const details = { error_code: failure.code, error_message: failure.message };
        const failed = accepted.map((to) =>
          ownEvent(deps, { workspaceId, body, messageId: refusedId }, { event: 'failed', to, details }),
        );
        await store([...failed, ...suppressedEvents(refusedId)]);
        throw new ApiError(failure.code, failure.message, { messageId: refusedId, cause: error });
      }
      throw new ApiError(
        'outcome_unknown',
        'SES did not say whether it took the mail; look it up before sending again',
        {
          cause: error,
        },
      );
    }
    if (messageId === undefined) throw new ApiError('outcome_unknown', 'SES took the mail and gave it no id');
    try {
      await store(suppressedEvents(messageId));
    } catch (cause) {
      throw new ApiError(
        'outcome_unknown',
        `SES took the mail as ${messageId}, but it could not be logged in full`,
        {
          cause,
        },
      );
    }
    return { status: 202, body: { message_id: messageId, accepted, suppressed } };
  },
});
