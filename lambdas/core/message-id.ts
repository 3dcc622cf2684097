/**
 * The `Message-ID` header that SES adds is `<id@email.amazonses.com>` in us-east-1, and `<id@region.amazonses.com>` elsewhere.
 * SES's events and this API use only the id.
 */
const IN_EMAIL = /^([^<>@\s]+)@(?:[a-z0-9-]+\.)+$/i;
const SES_DOMAIN = 'amazonses.com';

/**
 * Extracts the SES message id from a pasted `Message-ID` header value, with or without angle brackets. Any other text is
 * returned unchanged.
 */
export function bareMessageId(text: string): string {
  const trimmed = text.trim();
  const bracketed = trimmed.startsWith('<') && trimmed.endsWith('>');
  const inner = bracketed ? trimmed.slice(1, -1) : trimmed;
  if (!inner.toLowerCase().endsWith(SES_DOMAIN)) return text;
  return IN_EMAIL.exec(inner.slice(0, -SES_DOMAIN.length))?.[1] ?? text;
}
