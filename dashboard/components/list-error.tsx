import type { Resource } from '../api/use-resource.ts';
import { useSearchParams, changeSearchParams } from '../state/url.ts';
import { ErrorState } from './states.tsx';

/** What went wrong with a page of a list; a cursor that is no longer good is left for the first page. */
export function ListError({ of: { error, reload } }: { readonly of: Resource<unknown> }) {
  const [search, setSearch] = useSearchParams();
  if (!error) return null;
  const again = (): void => {
    if (error.code === 'invalid_cursor') setSearch(changeSearchParams(search, { cursor: undefined }));
    else void reload();
  };
  return <ErrorState error={error} retry={again} />;
}
