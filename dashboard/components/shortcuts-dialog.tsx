import { Dialog } from './dialog.tsx';
import { NAVIGATION } from './shortcuts.ts';

const SHORTCUTS = [
  ['Ctrl K', 'Go to a view, or search'],
  ['/', 'Search this view'],
  ['↓', 'From the search box to the first row'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open row'],
  ['Esc', 'Close dialog'],
  ['?', 'Show shortcuts'],
] as const;

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="keys">
        {SHORTCUTS.map(([key, description]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{description}</dd>
          </div>
        ))}
        {NAVIGATION.map(({ letter, name }) => (
          <div key={letter}>
            <dt>
              <kbd>g</kbd> <kbd>{letter}</kbd>
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">You can turn shortcuts off in Settings.</p>
    </Dialog>
  );
}
