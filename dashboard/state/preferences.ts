import { effect, signal } from '@preact/signals';
import type { TimeDisplay } from '../text/format.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = 'ivymail.preferences';

interface StoredPreferences {
  readonly theme?: Theme;
  readonly shortcuts?: boolean;
  readonly live?: boolean;
  readonly from?: string;
  readonly firstSteps?: Readonly<Record<string, FirstSteps>>;
  readonly timeStyle?: string;
  readonly timeZone?: string;
}

/** `hidden` if the user dismissed the first steps or has completed them, `shown` if the user asked for them again. */
export type FirstSteps = 'hidden' | 'shown';

function readPreferences(): StoredPreferences {
  try {
    return (JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as StoredPreferences | null) ?? {};
  } catch {
    return {};
  }
}

const stored = readPreferences();

export const theme = signal<Theme>(
  THEMES.includes(stored.theme ?? 'system') ? (stored.theme ?? 'system') : 'system',
);
/** Single-key shortcuts. Users of speech input or a switch device can turn them off (WCAG 2.1.4). */
export const shortcutsEnabled = signal(stored.shortcuts ?? true);
/** Automatic refresh of the views. Users can turn it off (WCAG 2.2.2). */
export const liveUpdates = signal(stored.live ?? true);
/** The sender of the last test email. */
export const lastFrom = signal(stored.from ?? '');

/** Whether the Overview page shows the first steps, by workspace ID. A workspace without a value shows them until they are done. */
export const firstSteps = signal<Readonly<Record<string, FirstSteps>>>(stored.firstSteps ?? {});
/** Whether times are relative to now or exact, and in which time zone exact times are. */
export const timeDisplay = signal<TimeDisplay>({
  style: stored.timeStyle === 'relative' ? 'relative' : 'exact',
  zone: stored.timeZone === 'utc' ? 'utc' : 'local',
});

const darkQuery = matchMedia('(prefers-color-scheme: dark)');
/** Whether the page is dark now, by the user's choice or by the system setting. */
export const darkMode = signal(false);
const systemDark = signal(darkQuery.matches);
darkQuery.addEventListener('change', () => {
  systemDark.value = darkQuery.matches;
});

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  darkMode.value = theme.value === 'dark' || (theme.value === 'system' && systemDark.value);
});
effect(() => {
  const preferences: StoredPreferences = {
    theme: theme.value,
    shortcuts: shortcutsEnabled.value,
    live: liveUpdates.value,
    from: lastFrom.value,
    firstSteps: firstSteps.value,
    timeStyle: timeDisplay.value.style,
    timeZone: timeDisplay.value.zone,
  };
  localStorage.setItem(STORAGE_KEY, JSON.stringify(preferences));
});

/** Saves whether the Overview page shows the first steps of a workspace. */
export function setFirstSteps(workspaceId: string, value: FirstSteps): void {
  firstSteps.value = { ...firstSteps.value, [workspaceId]: value };
}
