import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'success' | 'error';
  readonly text: string;
  /** Path of a view with details. */
  readonly detailsPath?: string;
}

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** Shows a short message. A success disappears after 20 seconds, an error stays until the user dismisses it. */
export function notify(kind: Notice['kind'], text: string, detailsPath?: string): void {
  lastId += 1;
  const id = lastId;
  notices.value = [
    ...notices.value.slice(-2),
    { id, kind, text, ...(detailsPath !== undefined && { detailsPath }) },
  ];
  if (kind === 'success') setTimeout(() => dismiss(id), 20_000);
}
