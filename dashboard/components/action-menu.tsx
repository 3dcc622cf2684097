import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { narrow } from '../state/media.ts';
import { Icon } from './icons.tsx';

export interface Action {
  readonly label: string;
  readonly onSelect: () => void;
  readonly disabled?: boolean;
  /** The action destroys something. */
  readonly danger?: boolean;
}

/** A button that opens a menu of actions. Arrow keys, Home, End and the first letter move; Esc closes. */
function MenuButton({ label, actions }: { readonly label: string; readonly actions: readonly Action[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = (): HTMLElement[] => [
    ...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? []),
  ];
  const close = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    items()[0]?.focus();
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setIsOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);

  function onKeyDown(event: KeyboardEvent): void {
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    const starting = all.findIndex(
      (item, index) => index > at && item.textContent?.toLowerCase().startsWith(event.key.toLowerCase()),
    );
    const target = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') return setIsOpen(false);
    else if (target !== undefined) all[target]?.focus();
    else if (event.key.length === 1 && starting !== -1) all[starting]?.focus();
    else return;
    event.preventDefault();
    // The keys of an open menu are not shortcuts of the page.
    event.stopPropagation();
  }

  return (
    <div class="menu-root" ref={root}>
      <button
        type="button"
        ref={button}
        class="icon-button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <div class="menu" role="menu" id={id} aria-label={label} onKeyDown={onKeyDown}>
          {actions.map(({ label: text, onSelect, disabled = false, danger = false }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={danger ? 'danger' : ''}
              aria-disabled={disabled}
              onClick={() => {
                if (disabled) return;
                close();
                onSelect();
              }}
            >
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/**
 * The actions of a page or a row. `children` are the main actions and are always visible. `actions` are buttons beside
 * them on a wide screen, and a menu behind one button on a narrow screen, or always with `collapsed`.
 */
export function ActionMenu({
  actions,
  children,
  collapsed = false,
  label = 'More actions',
}: {
  readonly actions: readonly Action[];
  readonly children?: ComponentChildren;
  readonly collapsed?: boolean;
  readonly label?: string;
}) {
  return (
    <>
      {children}
      {collapsed || narrow.value
        ? actions.length > 0 && <MenuButton label={label} actions={actions} />
        : actions.map(({ label: text, onSelect, disabled = false, danger = false }) => (
            <button
              key={text}
              type="button"
              class={danger ? 'danger' : ''}
              disabled={disabled}
              onClick={onSelect}
            >
              {text}
            </button>
          ))}
    </>
  );
}
