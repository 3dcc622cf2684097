import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const NAME = 'ivymail.preferences';

interface Kept {
  readonly theme?: Theme;
  readonly shortcuts?: boolean;
  readonly live?: boolean;
  readonly from?: string;
}

function read(): Kept {
  try {
    return (JSON.parse(localStorage.getItem(NAME) ?? '{}') as Kept | null) ?? {};
  } catch {
    return {};
  }
}

const kept = read();

export const theme = signal<Theme>(
  THEMES.includes(kept.theme ?? 'system') ? (kept.theme ?? 'system') : 'system',
);
/** Single letters do something; who dictates or types by switch may turn them off (WCAG 2.1.4). */
export const shortcuts = signal(kept.shortcuts ?? true);
/** Views update themselves; who is disturbed by it may stop them (WCAG 2.2.2). */
export const live = signal(kept.live ?? true);
/** The sender of the last test mail. */
export const lastFrom = signal(kept.from ?? '');

const wide = matchMedia('(prefers-color-scheme: dark)');
/** Whether the page is dark now, whoever decided. */
export const darkMode = signal(false);
const systemDark = signal(wide.matches);
wide.addEventListener('change', () => {
  systemDark.value = wide.matches;
});

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  darkMode.value = theme.value === 'dark' || (theme.value === 'system' && systemDark.value);
});
effect(() => {
  const all: Kept = {
    theme: theme.value,
    shortcuts: shortcuts.value,
    live: live.value,
    from: lastFrom.value,
  };
  localStorage.setItem(NAME, JSON.stringify(all));
});
