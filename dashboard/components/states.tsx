import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client.ts';

/** Nothing there, and what to do about it. */
export function EmptyState({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

const ADVICE: Readonly<Record<string, string>> = {
  insufficient_scope: 'Sign in with a key that has the scope admin, or ask whoever has one.',
  not_found: 'It may have expired, or belong to another workspace.',
  rate_limited: 'Wait a moment.',
  invalid_cursor: 'Begin again with the newest.',
};

/** What went wrong, what to do, and the id to ask the operator with. */
export function ErrorState({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  const { requestId } = error.extras;
  return (
    <div class="fault" role="alert">
      <p>
        <strong>{error.message}</strong> {ADVICE[error.code]}
      </p>
      <p class="quiet">
        {error.code}
        {error.extras.field !== undefined && `: ${error.extras.field}`}
        {requestId !== undefined && (
          <>
            {' '}
            · <code>{requestId}</code>
          </>
        )}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** As high as what is on its way, so that nothing jumps when it comes. */
export function Loading({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="bone" />
      ))}
    </div>
  );
}
