import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

/**
 * A button that shows and hides a panel below it. Esc, a click outside, and moving the focus outside hide the panel. The
 * panel follows the button in the tab order.
 */
export function Popover({
  label,
  title,
  isActive = false,
  align = 'start',
  children,
}: {
  readonly label: ComponentChildren;
  /** The name of the panel for screen readers. */
  readonly title: string;
  /** Whether the panel contains a choice that differs from the default. */
  readonly isActive?: boolean;
  readonly align?: 'start' | 'end';
  readonly children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setIsOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);
  return (
    <div
      class="popover-root"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        close();
      }}
      onFocusOut={(event) => {
        const { relatedTarget } = event;
        if (relatedTarget instanceof Node && !root.current?.contains(relatedTarget)) setIsOpen(false);
      }}
    >
      <button
        type="button"
        ref={button}
        class="popover-button"
        data-active={isActive}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        {label}
        <span class="chevron" aria-hidden="true" />
      </button>
      {isOpen && (
        <div id={id} class="popover" data-align={align} role="group" aria-label={title}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
