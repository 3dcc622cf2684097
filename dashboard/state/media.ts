import { signal, type ReadonlySignal } from '@preact/signals';

function matches(query: string): ReadonlySignal<boolean> {
  const list = matchMedia(query);
  const result = signal(list.matches);
  list.addEventListener('change', () => {
    result.value = list.matches;
  });
  return result;
}

/** Whether there is no room for the side navigation. The same width is in styles/layout.css. */
export const withoutSidebar = matches('(max-width: 59.99rem)');
/** Whether actions beside the main one move into a menu. */
export const narrow = matches('(max-width: 47.99rem)');
