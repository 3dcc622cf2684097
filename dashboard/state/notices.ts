import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'wrong';
  readonly text: string;
  /** A view that shows more. */
  readonly to?: string;
}

export const notices = signal<readonly Notice[]>([]);
let last = 0;

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** Says that something was done, or was not; what went wrong stays until it is dismissed. */
export function notify(kind: Notice['kind'], text: string, to?: string): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value.slice(-2), { id, kind, text, ...(to !== undefined && { to }) }];
  if (kind === 'done') setTimeout(() => dismiss(id), 20_000);
}
