import * as z from 'zod';
import type { AcceptedEmail } from './events.ts';

const addresses = z.array(z.string()).default([]);
const part = z.object({ Data: z.string() });
/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html */
const attachment = z.object({
  RawContent: z.base64().min(1),
  FileName: z.string().min(1).max(255),
  ContentType: z.string().min(1).max(78).optional(),
  ContentId: z.string().min(1).max(78).optional(),
  ContentDisposition: z.enum(['ATTACHMENT', 'INLINE']).optional(),
  ContentTransferEncoding: z.enum(['BASE64', 'QUOTED_PRINTABLE', 'SEVEN_BIT']).optional(),
});

/** The fields of a SendEmail request that determine the events of the email. */
export const sendEmailRequest = z.object({
  FromEmailAddress: z.string().optional(),
  Destination: z
    .object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses })
    .optional(),
  Content: z.object({
    Simple: z
      .object({
        Subject: part,
        Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
        Attachments: z.array(attachment).default([]),
      })
      .optional(),
    Raw: z.object({ Data: z.base64() }).optional(),
  }),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  ConfigurationSetName: z.string().optional(),
});

export type SendEmailRequest = z.infer<typeof sendEmailRequest>;

type Envelope = Omit<AcceptedEmail, 'messageId' | 'acceptedAtMs' | 'configurationSet'> & {
  readonly configurationSet: string | undefined;
  /** The text that the virus scanner reads. */
  readonly content: string;
};

/** Reads the email of a request with Simple or Raw content. Returns undefined for other content, which is not simulated. */
export function parseEnvelope(request: SendEmailRequest): Envelope | undefined {
  const { Simple, Raw } = request.Content;
  const tags = Object.fromEntries(request.EmailTags.map(({ Name, Value }) => [Name, Value]));
  if (Simple !== undefined)
    return {
      source: request.FromEmailAddress ?? '',
      ...destination(request),
      subject: Simple.Subject.Data,
      headers: Simple.Headers.map(({ Name, Value }) => ({ name: Name, value: Value })),
      tags,
      configurationSet: request.ConfigurationSetName,
      operation: 'SendEmail',
      content: Simple.Attachments.map(({ RawContent }) => decode(RawContent)).join('\n'),
    };
  if (Raw === undefined) return undefined;
  const content = decode(Raw.Data);
  const headers = headersOf(content);
  const addressesIn = (name: string): string[] => splitAddresses(headers.get(name) ?? '');
  const subject = headers.get('subject');
  return {
    source: request.FromEmailAddress ?? headers.get('from') ?? '',
    ...(request.Destination
      ? destination(request)
      : { to: addressesIn('to'), cc: addressesIn('cc'), bcc: addressesIn('bcc') }),
    ...(subject !== undefined && { subject }),
    tags,
    configurationSet: request.ConfigurationSetName ?? headers.get('x-ses-configuration-set'),
    operation: 'SendRawEmail',
    content,
  };
}

function destination({ Destination }: SendEmailRequest) {
  return {
    to: Destination?.ToAddresses ?? [],
    cc: Destination?.CcAddresses ?? [],
    bcc: Destination?.BccAddresses ?? [],
  };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** The headers of a MIME message by lower-case name. Folded lines are joined. */
function headersOf(mime: string): Map<string, string> {
  const head = mime.split(/\r?\n\r?\n/, 1)[0] ?? '';
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** Splits a list of addresses at commas outside quoted display names. */
function splitAddresses(text: string): string[] {
  return text
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
