/**
 * SES puts `Message-ID: <id@email.amazonses.com>` into an email (us-east-1), or `<id@region.amazonses.com>`. Its events,
 * and this API, know the id alone.
 */
const IN_EMAIL = /^([^<>@\s]+)@(?:[a-z0-9-]+\.)+$/i;
const SES_DOMAIN = 'amazonses.com';

/** The SES message id in a pasted `Message-ID` header value, with or without angle brackets. Any other id is returned as given. */
export function bareMessageId(given: string): string {
  const trimmed = given.trim();
  const bracketed = trimmed.startsWith('<') && trimmed.endsWith('>');
  const inner = bracketed ? trimmed.slice(1, -1) : trimmed;
  if (!inner.toLowerCase().endsWith(SES_DOMAIN)) return given;
  return IN_EMAIL.exec(inner.slice(0, -SES_DOMAIN.length))?.[1] ?? given;
}
