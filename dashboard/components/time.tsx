import { formatLocalTime } from '../text/format.ts';

/** A time in the local time zone. The exact UTC time is shown on hover. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at.replace('T', ' ').replace('Z', ' UTC')}>
      {formatLocalTime(at)}
    </time>
  );
}
