/** Runs every parser of a text on long texts. A parser with quadratic time would not end in time. */
import * as z from 'zod/mini';
import { formatOf } from '../../../lambdas/api/export.ts';
import { parseJson } from '../../../lambdas/api/json.ts';
import {
  addressPrefix,
  lookupAddress,
  mailbox,
  suppressibleAddress,
} from '../../../lambdas/api/schemas/addresses.ts';
import { line, rfc3339 } from '../../../lambdas/api/schemas/common.ts';
import { sendBody } from '../../../lambdas/api/schemas/send.ts';
import { ApiError } from '../../../lambdas/api/errors.ts';
import { addressForms, bareAddress, hasBareSpace, mailboxHeader } from '../../../lambdas/core/addresses.ts';
import { isWellFormedApiKey } from '../../../lambdas/core/api-key.ts';
import { openCursor } from '../../../lambdas/core/cursor.ts';
import { UnreadableMessage } from '../../../lambdas/core/errors.ts';
import { normalize } from '../../../lambdas/ingest/normalize.ts';
import { parseRetryAfter } from '../../../lambdas/core/retry-schedule.ts';
import { parseSesMessage } from '../../../lambdas/ingest/ses-message.ts';
import { parseSesTimestamp } from '../../../lambdas/ingest/ses-timestamps.ts';
import { SAMPLES } from '../../../sim/ses/samples.ts';
import { assertThat } from './parser.ts';

const LENGTH = 40_000;

/** The units that are repeated, and the beginnings. Both match parts of the parsers' regular expressions. */
const UNITS = '< <> " \\" ( (a) ) [ {"a": "a":1, , ; : % =? a a@ . a. - 0 2026- +00 é @é é. <a@b.c>'
  .split(' ')
  .concat(' ', '\ud800', '\u0000')
  // 5,000 different characters, because punycode reads the text once for each different character.
  .concat(Array.from({ length: 5_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(''));
const BEGINNINGS = ['', '"', '<', 'a@', '{"eventType":"'];

function emailBodies(text: string): readonly unknown[] {
  const attachment = { filename: text, content: text, content_type: text, content_id: text };
  return [
    { from: text, to: [text], subject: text, html: text },
    {
      from: 'a@b.de',
      to: ['a@b.de'],
      subject: 'x',
      text: 'x',
      headers: { [text]: text },
      tags: { [text]: text },
    },
    { from: 'a@b.de', to: ['a@b.de'], subject: 'x', text: 'x', attachments: [attachment] },
  ];
}

export const LONG_TEXT_READERS: readonly (readonly [string, (text: string) => unknown])[] = [
  ['SES message', parseSesMessage],
  [
    'SES event',
    (text) =>
      normalize({
        ...SAMPLES.bounce,
        mail: {
          ...SAMPLES.bounce.mail,
          timestamp: text,
          source: text,
          destination: [text],
          tags: { [text]: [text] },
        },
        bounce: { bounceSubType: text, bouncedRecipients: [{ emailAddress: text }], timestamp: '2026-02-25' },
      }),
  ],
  ['SES timestamp', parseSesTimestamp],
  ['Retry-After', (text) => parseRetryAfter(text, 0)],
  ['address', bareAddress],
  ['forms of an address', addressForms],
  ['space in an address', hasBareSpace],
  ['mailbox', mailboxHeader],
  ['API key', isWellFormedApiKey],
  ['cursor', (text) => openCursor(text, { workspaceId: '', route: '', filters: {} }, Buffer.alloc(32))],
  ['Accept header', formatOf],
  ['JSON body', parseJson],
  ['email body', (text) => emailBodies(text).map((body) => sendBody.safeParse(body).success)],
  [
    'query parameter',
    (text) =>
      [rfc3339, lookupAddress, addressPrefix, suppressibleAddress, mailbox, line(256)].map(
        (schema: z.ZodMiniType) => schema.safeParse(text),
      ),
  ],
];

/** Parses one text for each beginning and unit: the beginning, the unit repeated to the full length, and an end that never matches. */
export function readLongTexts(read: (text: string) => unknown): number {
  const texts = BEGINNINGS.flatMap((start) =>
    UNITS.map((unit) => `${start}${unit.repeat(Math.ceil(LENGTH / unit.length))}!`),
  );
  for (const text of texts) {
    try {
      read(text);
    } catch (error) {
      assertThat(error instanceof ApiError || error instanceof UnreadableMessage, String(error));
    }
  }
  return texts.length;
}
