import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { timeDisplay } from '../state/preferences.ts';
import { describeTime, formatTime } from '../text/format.ts';

/** How often relative times are updated. */
const UPDATE_MS = 10_000;

const now = signal(Date.now());
let timer: ReturnType<typeof setInterval> | undefined;
/** How many relative times are on the page. One timer updates all of them. */
let watchers = 0;

function watchNow(): () => void {
  watchers += 1;
  now.value = Date.now();
  timer ??= setInterval(() => {
    now.value = Date.now();
  }, UPDATE_MS);
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A time in the form that the user has chosen: exact or relative, local or UTC. On hover, it is exact in both zones. */
export function Time({ at }: { readonly at: string }) {
  const display = timeDisplay.value;
  const isRelative = display.style === 'relative';
  useEffect(() => (isRelative ? watchNow() : undefined), [isRelative]);
  return (
    <time dateTime={at} title={describeTime(at)}>
      {formatTime(at, display, isRelative ? now.value : Date.now())}
    </time>
  );
}
