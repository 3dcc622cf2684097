/** Buttons for the previous and the next page. They are always shown, so that they do not move. */
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
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={!prev} onClick={() => prev && onMove(prev)}>
        ← {labels[0]}
      </button>
      <button type="button" disabled={!next} onClick={() => next && onMove(next)}>
        {labels[1]} →
      </button>
    </nav>
  );
}
