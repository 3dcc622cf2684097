import type { Resource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { ErrorState } from './states.tsx';

/** The error of a list page. If the cursor is no longer valid, “Try again” loads the first page. */
export function ListError({ resource: { error, reload } }: { readonly resource: Resource<unknown> }) {
  const [search, setSearch] = useSearchParams();
  if (!error) return null;
  const retry = (): void => {
    if (error.code === 'invalid_cursor') setSearch(changeSearchParams(search, { cursor: undefined }));
    else void reload();
  };
  return <ErrorState error={error} retry={retry} />;
}
