import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

let isFirstView = true;
/** Back and forward keep the scroll position. A new view starts at the top. */
let isHistoryNavigation = false;
addEventListener('popstate', () => {
  isHistoryNavigation = true;
});

/** The frame of a view. Sets the document title, and moves the focus to the heading so that screen readers start there. */
export function Page({
  title,
  heading: headingContent = title,
  lead,
  actions,
  children,
}: {
  readonly title: string;
  /** Shown instead of the title, for a heading that contains code or an icon. */
  readonly heading?: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · IvyMail Events`;
  }, [title]);
  useEffect(() => {
    // After a page load or reload, keep the scroll position that the browser restores.
    if (!isFirstView && !isHistoryNavigation) scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
    isFirstView = false;
    isHistoryNavigation = false;
  }, []);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {headingContent}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="card">
      <header class="card-head">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
