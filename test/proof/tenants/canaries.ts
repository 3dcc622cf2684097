/**
 * Canaries: values that no log line may contain. They stand for personal data of a customer or a recipient, and for secrets.
 * Each value contains this word.
 */
const CANARY_WORD = 'canary';

export const CANARY = {
  recipient: 'ann.canary@mailbox.example',
  suppressed: 'bob.canary@mailbox.example',
  sender: 'desk.canary@shop.example',
  subject: 'Your canary no. 4711',
  text: 'Dear Ann, the canary has arrived',
  html: '<p>Dear Ann, the canary has arrived</p>',
  tag: 'canary_tag',
  attachment: Buffer.from('canary in a file, canary in a file').toString('base64'),
  diagnostic: 'smtp; 550 5.1.1 <ann.canary@mailbox.example>: no canary here',
  idempotencyKey: 'canary-order-4711',
  token: 'canary-token-5f1c',
  host: 'canary-host.invalid',
  responseText: 'canary said by the receiver',
  description: 'the canary hook',
  key: `ivy_live_canary${'0'.repeat(30)}`,
} as const;

export const EMAIL = {
  from: `Desk <${CANARY.sender}>`,
  to: [`Ann <${CANARY.recipient}>`],
  subject: CANARY.subject,
  text: CANARY.text,
  html: CANARY.html,
  tags: { campaign: CANARY.tag },
  attachments: [{ filename: 'canary.txt', content: CANARY.attachment }],
};

/** The forms in which a log line can contain a text: plain, percent-encoded, as bytes, or inside a longer text in base64. */
function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  // Base64 encodes groups of three bytes, so the result depends on the text before it. The characters at both ends can differ.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : shift + 1, -2),
  );
  return [text, encodeURIComponent(text), bytes.toString('hex'), bytes.join(','), ...shifted];
}

/** The lines that contain a canary or one of the texts, in any form. */
export function linesContaining(lines: readonly string[], texts: readonly string[]): readonly string[] {
  const forms = [CANARY_WORD, ...texts].flatMap(formsOf).map((form) => form.toLowerCase());
  return lines.filter((line) => forms.some((form) => line.toLowerCase().includes(form)));
}
