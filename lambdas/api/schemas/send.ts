import * as z from 'zod/mini';
import { mailbox } from './addresses.ts';
import { asSent, line, wellFormedText } from './common.ts';
import { documented, named } from './documented.ts';
import { messageId } from './events.ts';
import { namedValues } from './named-values.ts';

/** Limit of SES: https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
export const MAX_RECIPIENTS = 50;
/** SES accepts 50 tags, and IvyMail Events adds two. */
const MAX_TAGS = 48;
const MAX_HEADERS = 15;
/** SES limits only the size in bytes. With at most 4 MiB, more files than this are probably a mistake of the client. */
const MAX_ATTACHMENTS = 50;

/** Headers that SES writes itself or that other fields of the request set. */
const RESERVED_HEADER =
  /^(?:x-ses-.*|from|to|cc|bcc|subject|reply-to|sender|return-path|date|message-id|mime-version|content-.*|dkim-signature|received)$/i;

/** A list of mailboxes, or one mailbox as a string. */
const mailboxes = z._default(
  z.pipe(
    z.union([
      mailbox,
      z.array(mailbox).check(z.maxLength(MAX_RECIPIENTS, `must have at most ${MAX_RECIPIENTS} recipients`)),
    ]),
    z.transform((value): readonly string[] => [value].flat()),
  ),
  [],
);
const text = z.string().check(z.minLength(1, 'must not be empty'), wellFormedText);

const headerName = z.string().check(
  z.regex(/^[!-9;-@A-~]{1,126}$/, 'must be a header name'),
  z.refine(
    (name) => !RESERVED_HEADER.test(name),
    'cannot be set here, because Amazon SES or another field of the request sets this header',
  ),
);
const headerValue = z
  .string()
  .check(z.regex(/^[\u0020-\u007e]{1,870}$/, 'must be 1 to 870 printable ASCII characters'));

const tagName = z.string().check(
  z.regex(/^(?:ses:.*|[A-Za-z0-9_-]{1,256})$/, 'must contain only letters, digits, _ and -'),
  z.refine((name) => !/^(?:ses:|ivymail_)/i.test(name), 'must not begin with ses: or ivymail_'),
);
const tagValue = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ and -'));

/**
 * A file name without control characters, path separators and quotation marks, because SES writes the name in quotes into a
 * header. Characters that change the direction of text are refused too, because they can make `fdp.exe` look like `exe.pdf`.
 */
const fileName = line(255).check(
  z.regex(
    /^[^"/\\\u0080-\u009f\u2028-\u202e\u2066-\u2069]*$/,
    'must be a file name without a path and without quotation marks',
  ),
  z.refine((name) => !/^\.{1,2}$/.test(name), 'must be a file name'),
);

/** Joins the lines of base64, because MIME allows line breaks (RFC 2045, 6.8). Split and trim take linear time. A regular expression would not. */
function unfolded(content: string): string {
  return content
    .split(/[\r\n]+/)
    .map((each) => each.trim())
    .join('');
}

/** Base64, also in several lines. `Buffer` ignores invalid characters, so the decoded content is encoded again and compared. */
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
    content_type: z.optional(z.string().check(z.regex(MEDIA_TYPE, 'must be a media type such as image/png'))),
    content_id: documented(
      z.optional(
        z
          .string()
          .check(
            z.regex(/^[A-Za-z0-9._%+=@-]{1,78}$/, 'must be 1 to 78 letters, digits and any of . _ % + = @ -'),
          ),
      ),
      'The content id, to refer to this file from `html` with a `cid:` URL.',
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
        'Sender. Its address or domain must be a verified identity in Amazon SES.',
        'You <you@yourdomain.com>',
      ),
      to: documented(
        mailboxes,
        'One recipient or a list of recipients. Each is an address, or a name with an address in angle brackets.',
        ['Ann <ann@example.com>'],
      ),
      cc: documented(mailboxes, 'Recipients of a copy.'),
      bcc: documented(mailboxes, 'Recipients of a copy that the other recipients do not see.'),
      reply_to: documented(mailboxes, 'Addresses to which replies are sent.'),
      subject: documented(line(998), 'Subject of the email.', 'Hello'),
      html: documented(z.optional(text), 'Body of the email as HTML.', '<p>Hello.</p>'),
      text: documented(z.optional(text), 'Body of the email as plain text.', 'Hello.'),
      headers: documented(
        z._default(namedValues(headerName, headerValue, { max: MAX_HEADERS, noun: 'headers' }), []),
        'Additional headers of the email, by name.',
        { 'X-Order': '1234' },
      ),
      tags: documented(
        z._default(namedValues(tagName, tagValue, { max: MAX_TAGS, noun: 'tags' }), []),
        'Message tags, by name. They appear in the log and in webhooks.',
        { campaign: 'spring' },
      ),
      attachments: documented(
        z._default(
          z
            .array(attachment)
            .check(z.maxLength(MAX_ATTACHMENTS, `must contain at most ${MAX_ATTACHMENTS} files`)),
          [],
        ),
        'Attached files.',
      ),
    })
    .check(
      z.refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length > 0, {
        path: ['to'],
        error: 'must contain a recipient, unless cc or bcc contains one',
      }),
      z.refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length <= MAX_RECIPIENTS, {
        path: ['to'],
        error: `must have at most ${MAX_RECIPIENTS} recipients, cc and bcc included`,
      }),
      z.refine(({ html, text: plain }) => html !== undefined || plain !== undefined, {
        path: ['text'],
        error: 'is required if there is no html',
      }),
    ),
);
export type SendBody = z.output<typeof sendBody>;

/** The header `Idempotency-Key` of POST /v1/send. The client chooses the key, which is valid for 24 hours. */
export const idempotencyKeyHeader = documented(
  z.optional(
    z.string().check(z.regex(/^[\u0020-\u007e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')),
  ),
  'A key that the client chooses. A request with the same key and the same body within 24 hours returns the first response and sends nothing.',
  'order-1234-receipt',
);

/** The response of POST /v1/send. It contains bare addresses, without display names. */
export const sentJson = named(
  'SendResult',
  z.strictObject({
    message_id: messageId,
    accepted: documented(z.array(z.string()), 'Recipients to which Amazon SES sends the email.'),
    suppressed: documented(
      z.array(z.string()),
      'Recipients on the suppression list. No email is sent to them.',
    ),
  }),
  { description: 'The id and the recipients of an accepted email.' },
);
