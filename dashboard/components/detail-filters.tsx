type DetailChange = Readonly<Record<'from' | 'tag', string | undefined>>;

/** The filters by sender and by message tag. */
export function DetailFilters({
  search,
  onChange,
  onClose,
}: {
  readonly search: URLSearchParams;
  readonly onChange: (change: DetailChange) => void;
  readonly onClose: () => void;
}) {
  return (
    <form
      class="detail-filters"
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const textOf = (name: string): string | undefined => {
          const value = values.get(name);
          return typeof value === 'string' ? value.trim() : undefined;
        };
        onChange({ from: textOf('from'), tag: textOf('tag') });
        onClose();
      }}
    >
      <label class="filter">
        <span>Sender</span>
        <input
          name="from"
          inputMode="email"
          defaultValue={search.get('from') ?? ''}
          placeholder="you@yourdomain.com"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <label class="filter">
        <span>Tag</span>
        <input
          name="tag"
          defaultValue={search.get('tag') ?? ''}
          placeholder="campaign or campaign:spring"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <button type="submit">Apply</button>
    </form>
  );
}
