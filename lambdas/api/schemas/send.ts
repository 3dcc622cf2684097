import * as z from 'zod/mini';
import { line, mailbox, wellFormedText } from './common.ts';

/** SES: https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
export const MAX_RECIPIENTS = 50;
/** SES takes 50 tags; one of them is ours. */
const MAX_TAGS = 49;
const MAX_HEADERS = 15;

/** What SES makes itself from the other fields, or answers for. */
const RESERVED_HEADER =
  /^(?:x-ses-.*|from|to|cc|bcc|subject|reply-to|sender|return-path|date|message-id|mime-version|content-.*|dkim-signature|received)$/i;

const mailboxes = z._default(
  z.array(mailbox).check(z.maxLength(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`)),
  [],
);
const text = z.string().check(z.minLength(1, 'must not be empty'), wellFormedText);

const headerName = z.string().check(
  z.regex(/^[!-9;-@A-~]{1,126}$/, 'must be the name of a header'),
  z.refine((name) => !RESERVED_HEADER.test(name), 'may not be set'),
);
const headerValue = z
  .string()
  .check(z.regex(/^[\u0020-\u007e]{1,870}$/, 'must be 1 to 870 printable ASCII characters'));

const tagName = z.string().check(
  z.regex(/^(?:ses:.*|[A-Za-z0-9_-]{1,256})$/, 'must be letters, digits, _ and -'),
  z.refine((name) => !/^(?:ses:|ivymail_)/i.test(name), 'is reserved'),
);
const tagValue = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ and -'));

/** A JSON object with at most so many members. */
function atMost<T extends Record<string, string>>(members: number, what: string): z.core.$ZodCheck<T> {
  return z.refine((map) => Object.keys(map).length <= members, `must be at most ${members} ${what}`);
}

/** Body of POST /v1/send. */
export const sendBody = z
  .strictObject({
    from: mailbox,
    to: mailboxes,
    cc: mailboxes,
    bcc: mailboxes,
    reply_to: mailboxes,
    subject: line(998),
    html: z.optional(text),
    text: z.optional(text),
    headers: z._default(z.record(headerName, headerValue).check(atMost(MAX_HEADERS, 'headers')), {}),
    tags: z._default(z.record(tagName, tagValue).check(atMost(MAX_TAGS, 'tags')), {}),
  })
  .check(
    z.refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length > 0, {
      path: ['to'],
      error: 'must have a recipient',
    }),
    z.refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length <= MAX_RECIPIENTS, {
      path: ['to'],
      error: `must have at most ${MAX_RECIPIENTS} recipients, cc and bcc included`,
    }),
    z.refine(({ html, text: plain }) => html !== undefined || plain !== undefined, {
      path: ['text'],
      error: 'must be given where html is not',
    }),
  );
export type SendBody = z.output<typeof sendBody>;

/** The answer of POST /v1/send: bare addresses. */
export const sentJson = z.strictObject({
  message_id: z.string(),
  accepted: z.array(z.string()),
  suppressed: z.array(z.string()),
});
