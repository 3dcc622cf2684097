/**
 * Buttons for the previous and the next page. A list has both buttons on every page, so that they do not move. While the
 * first page loads, they are invisible, because the height of the list is not known yet.
 */
export function Pager({
  prev,
  next,
  onMove,
  labels = ['Newer', 'Older'],
}: {
  readonly prev: string | null | undefined;
  readonly next: string | null | undefined;
  readonly onMove: (cursor: string) => void;
  /** Labels of the previous and the next page. */
  readonly labels?: readonly [string, string];
}) {
  return (
    <nav class="pager" aria-label="Pages" data-loading={prev === undefined}>
      <button type="button" disabled={!prev} onClick={() => prev && onMove(prev)}>
        ← {labels[0]}
      </button>
      <button type="button" disabled={!next} onClick={() => next && onMove(next)}>
        {labels[1]} →
      </button>
    </nav>
  );
}
