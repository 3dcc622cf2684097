import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client.ts';

/** Shown instead of an empty list, with the next step as `children`. */
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
  insufficient_scope: 'Sign in with a key that has the admin scope.',
  not_found: 'The data may have expired, or it may belong to another workspace.',
  rate_limited: 'Wait a moment, then try again.',
  invalid_cursor: 'Try again to start from the first page.',
};

/** An error message with advice, the error code, and the request ID that the operator needs to find the error. */
export function ErrorState({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  const { requestId } = error.extras;
  return (
    <div class="banner" role="alert">
      <p>
        <strong>{error.message}</strong>
        {ADVICE[error.code] !== undefined && (
          <>
            <br />
            {ADVICE[error.code]}
          </>
        )}
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

/** A placeholder about as high as the content to come, so that the page does not jump when the content arrives. */
export function Loading({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="skeleton" />
      ))}
    </div>
  );
}
