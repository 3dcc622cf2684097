import { createContext, type ComponentChildren, type JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../api/client.ts';
import { Icon } from './icons.tsx';
import { ErrorState } from './states.tsx';

/**
 * Marks the dialog as busy while a request is in flight. A busy dialog cannot be closed, because the response may contain
 * a secret that is shown only once.
 */
export const SetDialogBusy = createContext<(busy: boolean) => void>(() => {});

const FIRST_FIELD = "input:not([type='checkbox'], [type='radio']), select, textarea";

/** Whether the click is on the backdrop, which belongs to the dialog element. */
function isBeside(event: JSX.TargetedMouseEvent<HTMLDialogElement>): boolean {
  const { left, right, top, bottom } = event.currentTarget.getBoundingClientRect();
  const { clientX: x, clientY: y, target, currentTarget } = event;
  return target === currentTarget && (x < left || x > right || y < top || y > bottom);
}

/** A modal dialog. Esc closes it, and the focus returns to the element that had it before. */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
  kind = wide ? 'wide' : '',
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
  /** A drawer is at the side of the page, and a palette at its top. */
  readonly kind?: 'wide' | 'drawer' | 'palette' | '';
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const { activeElement } = document;
    dialog.current?.showModal();
    // The first element is the button that closes the dialog. A form starts at its first field.
    dialog.current?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    return () => {
      // While the modal dialog is still in the document, no other element can get the focus.
      queueMicrotask(() => {
        // The element may be gone, such as the row of a removed address. Then the focus starts again at the heading.
        const target = activeElement?.isConnected === true ? activeElement : document.querySelector('h1');
        if (target instanceof HTMLElement) target.focus();
      });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={heading}
      onClose={onClose}
      onCancel={(event) => {
        if (busy) event.preventDefault();
      }}
      onClick={(event) => {
        // A drawer and a palette contain no data of the user. A click beside them closes them.
        if ((kind === 'drawer' || kind === 'palette') && isBeside(event)) onClose();
      }}
    >
      <header class="card-head">
        <h2 id={heading}>{title}</h2>
        <button
          type="button"
          class="plain icon-button"
          aria-label="Close"
          disabled={busy}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      <SetDialogBusy.Provider value={setBusy}>{children}</SetDialogBusy.Provider>
    </dialog>
  );
}

/** Asks the user to confirm an action that cannot be undone. */
export function Confirm({
  title,
  action,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  /** Label of the confirm button. */
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  async function confirm(): Promise<void> {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setError(toApiError(thrown));
      setBusy(false);
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error && <ErrorState error={error} />}
      <footer class="dialog-foot">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={busy} onClick={() => void confirm()}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
