import { useEffect } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { shortcuts } from '../state/preferences.ts';

/** The views of the navigation, and the letter that follows `g`. */
export const NAVIGATION = [
  { path: '/', name: 'Overview', letter: 'o' },
  { path: '/logs', name: 'Logs', letter: 'l' },
  { path: '/webhooks', name: 'Webhooks', letter: 'w' },
  { path: '/suppressions', name: 'Suppressions', letter: 's' },
  { path: '/api-keys', name: 'API keys', letter: 'k' },
  { path: '/settings', name: 'Settings', letter: 'e' },
] as const;

/** Whether letters are text there. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

/** Moves the focus by so many rows of the table in view; from none to the first. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('a[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[to]?.focus();
  rows[to]?.closest('tr')?.scrollIntoView({ block: 'nearest' });
}

const LEAD_MS = 1_200;

/** Single letters, and two after `g`; none of them while somebody types, or where a dialog is open. */
export function useShortcuts(showHelp: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let leadAt = -Infinity;
    function onKey(event: KeyboardEvent): void {
      const { key, target } = event;
      if (!shortcuts.value || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(target)) return;
      if (document.querySelector('dialog[open]')) return;
      const led = event.timeStamp - leadAt < LEAD_MS;
      leadAt = -Infinity;
      const view = led ? NAVIGATION.find(({ letter }) => letter === key) : undefined;
      if (view) navigate(view.path);
      else if (key === 'g') leadAt = event.timeStamp;
      else if (key === 'j') moveRow(1);
      else if (key === 'k') moveRow(-1);
      else if (key === '?') showHelp();
      else if (key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else return;
      event.preventDefault();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, showHelp]);
}
