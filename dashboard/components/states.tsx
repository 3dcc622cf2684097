import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { ApiError } from '../api/client.ts';

/** The drawings of empty lists, on a grid of 96 by 72: a shape, lines in gray, and lines in the accent color. */
const DRAWINGS = {
  email: {
    paper: 'M18 20h60v40H18z',
    lines: 'M18 20h60v40H18zM18 22l30 22 30-22M30 60v6m12-6v6',
    accent: 'M60 12a10 10 0 0 1 10-8c1 7-4 11-10 11zm0 0v5',
  },
  webhook: {
    paper: 'M8 24h28v24H8zM60 24h28v24H60z',
    lines: 'M8 24h28v24H8zM60 24h28v24H60zM15 32h14M15 40h8M67 32h14M67 40h8',
    accent: 'M38 36h18m-5-5 5 5-5 5',
  },
  shield: {
    paper: 'M48 8l24 8v18c0 15-10 25-24 30-14-5-24-15-24-30V16z',
    lines: 'M48 8l24 8v18c0 15-10 25-24 30-14-5-24-15-24-30V16z',
    accent: 'M38 36l7 7 13-14',
  },
  search: {
    paper: 'M44 56a22 22 0 1 0 0-44 22 22 0 0 0 0 44z',
    lines: 'M44 56a22 22 0 1 0 0-44 22 22 0 0 0 0 44zM60 50l16 16',
    accent: 'M34 34h20',
  },
  page: {
    paper: 'M26 6h32l12 12v48H26z',
    lines: 'M26 6h32l12 12v48H26zM58 6v12h12',
    accent: 'M38 34h20M38 44h14',
  },
} as const;

export type DrawingName = keyof typeof DRAWINGS;

function Drawing({ name }: { readonly name: DrawingName }) {
  const { paper, lines, accent } = DRAWINGS[name];
  return (
    <svg class="drawing" viewBox="0 0 96 72" aria-hidden="true">
      <path class="paper" d={paper} />
      <path d={lines} />
      <path class="accent" d={accent} />
    </svg>
  );
}

/**
 * Shown instead of an empty list: a drawing if the list fills the page, one sentence, and the next step as `children`. A
 * small list inside a card has no drawing.
 */
export function EmptyState({
  title,
  drawing,
  children,
}: {
  readonly title: string;
  readonly drawing?: DrawingName;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      {drawing !== undefined && <Drawing name={drawing} />}
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Shown when the API has nothing with the ID of the page. It is no error, and trying again cannot help. */
export function NotFound({
  title,
  href,
  linkText,
}: {
  /** For example `No message with this ID`. */
  readonly title: string;
  readonly href: string;
  /** For example `Go to Logs`. */
  readonly linkText: string;
}) {
  return (
    <div class="panel">
      <EmptyState title={title} drawing="search">
        <p>The ID may be mistyped, the data may have expired, or it may belong to another workspace.</p>
        <Link class="button" href={href}>
          {linkText}
        </Link>
      </EmptyState>
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
      {retry && error.code !== 'not_found' && (
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
