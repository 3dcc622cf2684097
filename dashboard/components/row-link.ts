import type { JSX } from 'preact';

/** Elements of a row that have a click action of their own. */
const INTERACTIVE = 'a, button, input, select, label, summary';

/** The link of the row, or undefined if the event belongs to another element or the user has selected text to copy. */
function linkOf(event: JSX.TargetedMouseEvent<HTMLElement>): HTMLAnchorElement | undefined {
  if (event.target instanceof Element && event.target.closest(INTERACTIVE)) return undefined;
  if (getSelection()?.isCollapsed === false) return undefined;
  return event.currentTarget.querySelector<HTMLAnchorElement>('a[data-row]') ?? undefined;
}

/**
 * Makes a whole table row or list item clickable: `<tr {...ROW_LINK}>` with one `<Link href="…" data-row="">` inside it.
 * A click follows this link. Ctrl-click, Cmd-click and the middle button open it in a new tab. A click that ends the
 * selection of text does nothing. Keyboard users and screen readers use the link itself.
 */
export const ROW_LINK: Readonly<
  Record<'onClick' | 'onMouseDown' | 'onAuxClick', JSX.MouseEventHandler<HTMLElement>>
> = {
  onClick: (event) => {
    const link = linkOf(event);
    if (!link) return;
    if (event.ctrlKey || event.metaKey) open(link.href);
    else link.click();
  },
  onMouseDown: (event) => {
    // Without this, the middle button starts the automatic scrolling of the browser.
    if (event.button === 1 && linkOf(event)) event.preventDefault();
  },
  onAuxClick: (event) => {
    const link = event.button === 1 ? linkOf(event) : undefined;
    if (link) open(link.href);
  },
};
