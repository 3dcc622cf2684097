import type { Resource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import type { ApiError } from '../api/client.ts';
import { EmptyState, ErrorState } from './states.tsx';

/** Whether the API refused the times of the page URL. A mistyped range is not an error that the user must see as an alarm. */
export function isTimeRangeError(error: ApiError | undefined): boolean {
  return error?.status === 400 && ['after', 'before'].includes(error.extras.field ?? '');
}

export function InvalidTimeRange({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState title="This time range is not valid." drawing="search">
      <p>Choose a start that is earlier than the end.</p>
      <button type="button" onClick={onClear}>
        Clear the time range
      </button>
    </EmptyState>
  );
}

/** The error of a list page. If the cursor is no longer valid, “Try again” loads the first page. */
export function ListError({ resource: { error, reload } }: { readonly resource: Resource<unknown> }) {
  const [search, setSearch] = useSearchParams();
  if (!error) return null;
  const clearRange = (): void =>
    setSearch(changeSearchParams(search, { after: undefined, before: undefined, cursor: undefined }));
  if (isTimeRangeError(error)) return <InvalidTimeRange onClear={clearRange} />;
  const retry = (): void => {
    if (error.code === 'invalid_cursor') setSearch(changeSearchParams(search, { cursor: undefined }));
    else void reload();
  };
  return <ErrorState error={error} retry={retry} />;
}
