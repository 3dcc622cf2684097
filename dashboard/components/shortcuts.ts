import { useEffect } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { shortcutsEnabled } from '../state/preferences.ts';

/** The views in the navigation, each with its icon and the letter that opens it after `g`. */
export const NAVIGATION = [
  { path: '/', name: 'Overview', letter: 'o', icon: 'overview', group: 'email' },
  { path: '/logs', name: 'Logs', letter: 'l', icon: 'logs', group: 'email' },
  { path: '/deliverability', name: 'Deliverability', letter: 'd', icon: 'deliverability', group: 'email' },
  { path: '/webhooks', name: 'Webhooks', letter: 'w', icon: 'webhooks', group: 'email' },
  { path: '/suppressions', name: 'Suppressions', letter: 's', icon: 'suppressions', group: 'email' },
  { path: '/api-keys', name: 'API keys', letter: 'k', icon: 'api-keys', group: 'workspace' },
  { path: '/settings', name: 'Settings', letter: 'e', icon: 'settings', group: 'workspace' },
] as const;

/** Whether the focused element accepts text, so that letters are not shortcuts there. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}

/** Moves the focus to the next or previous table row. If no row has the focus, the first row gets it. */
function moveRowFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('a[data-row]')];
  const index = rows.findIndex((row) => row === document.activeElement);
  const target = index === -1 ? 0 : Math.min(Math.max(index + step, 0), rows.length - 1);
  rows[target]?.focus();
  rows[target]?.closest('tr')?.scrollIntoView({ block: 'nearest' });
}

/** How long after `g` the second key of a shortcut may follow. */
const PREFIX_TIMEOUT_MS = 1_200;

/**
 * Handles single-key shortcuts, `g` followed by a letter, Ctrl-K or Cmd-K, and ↓ in a search box. Single keys are ignored while the user
 * types, and all keys while a dialog is open.
 */
export function useShortcuts(showHelp: () => void, showPalette: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let prefixAt = -Infinity;
    function onKey(event: KeyboardEvent): void {
      const { key, target } = event;
      if (key === 'k' && event.ctrlKey !== event.metaKey && !document.querySelector('dialog[open]')) {
        event.preventDefault();
        showPalette();
        return;
      }
      // From the search box to the results, where j and k work again.
      if (key === 'ArrowDown' && target instanceof HTMLElement && target.matches('[data-search]')) {
        event.preventDefault();
        moveRowFocus(1);
        return;
      }
      if (!shortcutsEnabled.value || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(target)) return;
      if (document.querySelector('dialog[open]')) return;
      const hasPrefix = event.timeStamp - prefixAt < PREFIX_TIMEOUT_MS;
      prefixAt = -Infinity;
      const view = hasPrefix ? NAVIGATION.find(({ letter }) => letter === key) : undefined;
      if (view) navigate(view.path);
      else if (key === 'g') prefixAt = event.timeStamp;
      else if (key === 'j') moveRowFocus(1);
      else if (key === 'k') moveRowFocus(-1);
      else if (key === '?') showHelp();
      else if (key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else return;
      event.preventDefault();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, showHelp, showPalette]);
}
