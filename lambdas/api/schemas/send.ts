import * as z from 'zod/mini';
import { mailbox } from './addresses.ts';
import { asSent, line, wellFormedText } from './common.ts';
import { documented, named } from './documented.ts';
import { messageId } from './events.ts';
import { namedValues } from './named-values.ts';

/** SES: https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
export const MAX_RECIPIENTS = 50;
/** SES takes 50 tags; two of them are ours. */
const MAX_TAGS = 48;
const MAX_HEADERS = 15;
/** SES counts only bytes; a mail of 4 MiB with more files than this is a mistake. */
const MAX_ATTACHMENTS = 50;

/** What SES makes itself from the other fields, or answers for. */
const RESERVED_HEADER =
  /^(?:x-ses-.*|from|to|cc|bcc|subject|reply-to|sender|return-path|date|message-id|mime-version|content-.*|dkim-signature|received)$/i;

/** A list of mailboxes, or one mailbox as a string. */
const mailboxes = z._default(
  z.pipe(
    z.union([
      mailbox,
      z.array(mailbox).check(z.maxLength(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`)),
    ]),
    z.transform((given): readonly string[] => [given].flat()),
  ),
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

/**
 * Beside control characters, no separators of paths, no quotation mark (the name is quoted in a header of SES's making),
 * and no marks that turn the direction of reading, by which `exe.pdf` is shown for `fdp.exe`.
 */
const fileName = line(255).check(
  z.regex(
    /^[^"/\\\u0080-\u009f\u2028-\u202e\u2066-\u2069]*$/,
    'must be the name of a file, without path or quotation marks',
  ),
  z.refine((name) => !/^\.{1,2}$/.test(name), 'must be the name of a file'),
);

/** MIME breaks base64 into lines (RFC 2045, 6.8). Split and trim take linear time, which an expression for it would not. */
function unfolded(content: string): string {
  return content
    .split(/[\r\n]+/)
    .map((each) => each.trim())
    .join('');
}

/** Base64, also in lines. `Buffer` ignores characters that are not base64, so the decoded content is encoded again and compared. */
const base64 = z.pipe(
  z.string().check(
    z.refine((content) => unfolded(content) !== '', 'must not be empty'),
    z.refine((content) => {
      const whole = unfolded(content);
      return Buffer.from(whole, 'base64').toString('base64') === whole;
    }, 'must be base64'),
  ),
  z.transform(unfolded),
);
asSent.add(base64, { type: 'string', minLength: 1, contentEncoding: 'base64' });

const TOKEN = String.raw`[A-Za-z0-9!#$&^_.+-]+`;
const MEDIA_TYPE = new RegExp(`^(?=.{1,78}$)${TOKEN}/${TOKEN}(?:; ?${TOKEN}=${TOKEN})*$`);

/** Lengths: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html */
const attachment = named(
  'Attachment',
  z.strictObject({
    filename: fileName,
    content: documented(base64, 'The file, in base64. Line breaks are allowed.'),
    content_type: z.optional(z.string().check(z.regex(MEDIA_TYPE, 'must be a media type as in image/png'))),
    content_id: documented(
      z.optional(
        z
          .string()
          .check(
            z.regex(/^[A-Za-z0-9._%+=@-]{1,78}$/, 'must be 1 to 78 letters, digits and any of . _ % + = @ -'),
          ),
      ),
      'The id of `cid:` URLs in `html`.',
    ),
    disposition: z._default(z.enum(['attachment', 'inline']), 'attachment'),
  }),
);

/** Body of POST /v1/send. */
export const sendBody = named(
  'SendRequest',
  z
    .strictObject({
      from: documented(
        mailbox,
        'Sender: an identity that Amazon SES has verified.',
        'You <you@yourdomain.com>',
      ),
      to: documented(
        mailboxes,
        'Recipients: one, or a list. Each is an address, or a name with an address in angle brackets.',
        ['Ann <ann@example.com>'],
      ),
      cc: documented(mailboxes, 'Recipients of a copy.'),
      bcc: documented(mailboxes, 'Recipients of a copy that the other recipients do not see.'),
      reply_to: documented(mailboxes, 'Addresses that replies are sent to.'),
      subject: documented(line(998), 'Subject of the email.', 'Hello'),
      html: documented(z.optional(text), 'Body of the email as HTML.', '<p>Hello.</p>'),
      text: documented(z.optional(text), 'Body of the email as plain text.', 'Hello.'),
      headers: documented(
        z._default(namedValues(headerName, headerValue, { most: MAX_HEADERS, what: 'headers' }), []),
        'More headers of the email, by name.',
        { 'X-Order': '1234' },
      ),
      tags: documented(
        z._default(namedValues(tagName, tagValue, { most: MAX_TAGS, what: 'tags' }), []),
        'Message tags, by name. They appear in the log and in webhooks.',
        { campaign: 'spring' },
      ),
      attachments: documented(
        z._default(
          z.array(attachment).check(z.maxLength(MAX_ATTACHMENTS, `must be at most ${MAX_ATTACHMENTS} files`)),
          [],
        ),
        'Attached files.',
      ),
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
    ),
);
export type SendBody = z.output<typeof sendBody>;

/** Header of POST /v1/send: a key of the caller's own making, good for a day. */
export const idempotencyKeyHeader = documented(
  z.optional(
    z.string().check(z.regex(/^[\u0020-\u007e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')),
  ),
  'A key that the client chooses. A request with the same key and the same body within 24 hours returns the first response and sends nothing.',
  'order-1234-receipt',
);

/** The answer of POST /v1/send: bare addresses. */
export const sentJson = named(
  'SendResult',
  z.strictObject({
    message_id: messageId,
    accepted: documented(z.array(z.string()), 'Recipients to whom the email is sent.'),
    suppressed: documented(
      z.array(z.string()),
      'Recipients on the suppression list: nothing is sent to them.',
    ),
  }),
  { description: 'An accepted email.' },
);
