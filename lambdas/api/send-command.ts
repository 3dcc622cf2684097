import { SendEmailCommand, type Attachment } from '@aws-sdk/client-sesv2';
import { bareAddress, canonicalAddress, mailboxHeader } from '../core/addresses.ts';
import { SEND_TAG, type SendIntent } from '../core/sends.ts';
import type { Pairs } from '../core/tags.ts';
import type { SendBody } from './schemas/send.ts';

const WORKSPACE_TAG = 'ivymail_workspace';

/** An email to send: the request body, and which recipients get the email. */
export interface PlannedEmail {
  readonly body: SendBody;
  readonly intent: SendIntent;
}

/** The mailboxes of a field without suppressed recipients, in the form of a header. */
function acceptedMailboxes({ intent }: PlannedEmail, mailboxes: readonly string[]): string[] {
  const suppressed = new Set(intent.suppressed.map(({ address }) => canonicalAddress(address)));
  return mailboxes
    .filter((mailbox) => !suppressed.has(canonicalAddress(bareAddress(mailbox))))
    .map(mailboxHeader);
}

function attachmentOf(attachment: SendBody['attachments'][number]): Attachment {
  return {
    FileName: attachment.filename,
    RawContent: Buffer.from(attachment.content, 'base64'),
    ContentDisposition: attachment.disposition === 'inline' ? 'INLINE' : 'ATTACHMENT',
    ContentTransferEncoding: 'BASE64',
    ...(attachment.content_type !== undefined && { ContentType: attachment.content_type }),
    ...(attachment.content_id !== undefined && { ContentId: attachment.content_id }),
  };
}

/** The SendEmail command. With `tagged`, the email has the id of the send as a message tag, so that a repeated request can find the email. The tag costs bytes in each event. */
export function sendCommand(
  email: PlannedEmail,
  options: { readonly configurationSet: string; readonly tagged: boolean },
): SendEmailCommand {
  const { body, intent } = email;
  const utf8 = (Data: string): { Data: string; Charset: string } => ({ Data, Charset: 'UTF-8' });
  const tags: Pairs = [
    ...body.tags,
    [WORKSPACE_TAG, intent.workspace_id],
    ...(options.tagged ? [[SEND_TAG, intent.send_id] as const] : []),
  ];
  return new SendEmailCommand({
    FromEmailAddress: mailboxHeader(body.from),
    Destination: {
      ToAddresses: acceptedMailboxes(email, body.to),
      CcAddresses: acceptedMailboxes(email, body.cc),
      BccAddresses: acceptedMailboxes(email, body.bcc),
    },
    ...(body.reply_to.length > 0 && { ReplyToAddresses: body.reply_to.map(mailboxHeader) }),
    Content: {
      Simple: {
        Subject: utf8(body.subject),
        Body: {
          ...(body.text !== undefined && { Text: utf8(body.text) }),
          ...(body.html !== undefined && { Html: utf8(body.html) }),
        },
        ...(body.headers.length > 0 && {
          Headers: body.headers.map(([Name, Value]) => ({ Name, Value })),
        }),
        ...(body.attachments.length > 0 && { Attachments: body.attachments.map(attachmentOf) }),
      },
    },
    EmailTags: tags.map(([Name, Value]) => ({ Name, Value })),
    ConfigurationSetName: options.configurationSet,
  });
}
