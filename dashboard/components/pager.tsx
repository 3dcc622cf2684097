/** To newer and older pages; the buttons stay where they are. */
export function Pager({
  prev,
  next,
  onMove,
  words = ['Newer', 'Older'],
}: {
  readonly prev: string | null | undefined;
  readonly next: string | null | undefined;
  readonly onMove: (cursor: string) => void;
  /** What lies before and behind, in the order of the list. */
  readonly words?: readonly [string, string];
}) {
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={!prev} onClick={() => prev && onMove(prev)}>
        ← {words[0]}
      </button>
      <button type="button" disabled={!next} onClick={() => next && onMove(next)}>
        {words[1]} →
      </button>
    </nav>
  );
}
