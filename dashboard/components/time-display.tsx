import { timeDisplay } from '../state/preferences.ts';
import type { TimeDisplay } from '../text/format.ts';

const STYLES = [
  ['exact', 'Exact'],
  ['relative', 'Relative'],
] as const;
const ZONES = [
  ['local', 'Local'],
  ['utc', 'UTC'],
] as const;

/** Two small switches: exact or relative times, and the time zone of exact times. The choice applies to every page. */
export function TimeDisplayPicker() {
  const display = timeDisplay.value;
  const change = (changes: Partial<TimeDisplay>): void => {
    timeDisplay.value = { ...display, ...changes };
  };
  return (
    <div class="time-display">
      <div class="segments small" role="group" aria-label="Times">
        {STYLES.map(([style, label]) => (
          <button
            key={style}
            type="button"
            aria-pressed={style === display.style}
            onClick={() => change({ style })}
          >
            {label}
          </button>
        ))}
      </div>
      <div class="segments small" role="group" aria-label="Time zone">
        {ZONES.map(([zone, label]) => (
          <button
            key={zone}
            type="button"
            aria-pressed={zone === display.zone}
            onClick={() => change({ zone })}
          >
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
