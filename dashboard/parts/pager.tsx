/** To newer and older pages; the buttons stay where they are. */
export function Pager({
  prev,
  next,
  onMove,
}: {
  readonly prev: string | null | undefined;
  readonly next: string | null | undefined;
  readonly onMove: (cursor: string) => void;
}) {
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={!prev} onClick={() => prev && onMove(prev)}>
        ← Newer
      </button>
      <button type="button" disabled={!next} onClick={() => next && onMove(next)}>
        Older →
      </button>
    </nav>
  );
}
