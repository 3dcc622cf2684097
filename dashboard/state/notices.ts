import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'success' | 'error';
  readonly text: string;
  /** Path of the URL when the message was shown. */
  readonly path: string;
  /** Path of a view with details. */
  readonly detailsPath?: string;
}

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** Removes each success that was shown on another view. */
export function dismissSuccessesOfOtherViews(): void {
  notices.value = notices.value.filter(({ kind, path }) => kind === 'error' || path === location.pathname);
}

/**
 * Shows a short message. A success disappears after 20 seconds or when the user opens another view. An error stays until
 * the user dismisses it. An action that opens another view calls this function after it has opened the view.
 */
export function notify(kind: Notice['kind'], text: string, detailsPath?: string): void {
  lastId += 1;
  const id = lastId;
  notices.value = [
    ...notices.value.slice(-2),
    { id, kind, text, path: location.pathname, ...(detailsPath !== undefined && { detailsPath }) },
  ];
  if (kind === 'success') setTimeout(() => dismiss(id), 20_000);
}
