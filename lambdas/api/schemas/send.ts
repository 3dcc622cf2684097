import * as z from 'zod';
import { line, mailbox } from './common.ts';

/** SES: https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
export const MAX_RECIPIENTS = 50;
/** SES takes 50 tags; one of them is ours. */
const MAX_TAGS = 49;
const MAX_HEADERS = 15;

/** What SES makes itself from the other fields, or answers for. */
const RESERVED_HEADER =
  /^(?:x-ses-.*|from|to|cc|bcc|subject|reply-to|sender|return-path|date|message-id|mime-version|content-.*|dkim-signature|received)$/i;

const mailboxes = z.array(mailbox).max(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`);
const text = z.string().min(1, 'must not be empty');

const headerName = z
  .string()
  .regex(/^[!-9;-@A-~]{1,126}$/, 'must be the name of a header')
  .refine((name) => !RESERVED_HEADER.test(name), 'may not be set');
const headerValue = z
  .string()
  .regex(/^[\u0020-\u007e]{1,870}$/, 'must be 1 to 870 printable ASCII characters');

const tagName = z
  .string()
  .regex(/^(?:ses:.*|[A-Za-z0-9_-]{1,256})$/, 'must be letters, digits, _ and -')
  .refine((name) => !/^(?:ses:|ivymail_)/i.test(name), 'is reserved');
const tagValue = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ and -');

/** Body of POST /v1/send. */
export const sendBody = z
  .strictObject({
    from: mailbox,
    to: mailboxes.default([]),
    cc: mailboxes.default([]),
    bcc: mailboxes.default([]),
    reply_to: mailboxes.default([]),
    subject: line(998),
    html: text.optional(),
    text: text.optional(),
    headers: z
      .record(headerName, headerValue)
      .refine(
        (headers) => Object.keys(headers).length <= MAX_HEADERS,
        `must be at most ${MAX_HEADERS} headers`,
      )
      .default({}),
    tags: z
      .record(tagName, tagValue)
      .refine((tags) => Object.keys(tags).length <= MAX_TAGS, `must be at most ${MAX_TAGS} tags`)
      .default({}),
  })
  .superRefine((body, context) => {
    const recipients = body.to.length + body.cc.length + body.bcc.length;
    if (recipients === 0) {
      context.addIssue({ code: 'custom', path: ['to'], message: 'must have a recipient' });
    }
    if (recipients > MAX_RECIPIENTS) {
      const message = `must have at most ${MAX_RECIPIENTS} recipients, cc and bcc included`;
      context.addIssue({ code: 'custom', path: ['to'], message });
    }
    if (body.html === undefined && body.text === undefined) {
      context.addIssue({ code: 'custom', path: ['text'], message: 'must be given where html is not' });
    }
  });
export type SendBody = z.output<typeof sendBody>;
