import { formatLocalTime } from '../text/format.ts';

/** A time in the local zone; the exact one in UTC shows on hover, and can be copied from there. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at.replace('T', ' ').replace('Z', ' UTC')}>
      {formatLocalTime(at)}
    </time>
  );
}
