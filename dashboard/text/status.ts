/**
 * A status as words: `Soft bounced` for `soft_bounced`. The dashboard shows a status that something has now in words, and
 * the name of an event, such as in an event filter, as code in the spelling of the API.
 */
export function statusLabel(status: string): string {
  const words = status.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
