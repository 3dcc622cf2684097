import { useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { API_ROOT } from '../state/app.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icons.tsx';
import { NAVIGATION } from './shortcuts.ts';

interface Command {
  readonly name: string;
  readonly icon: IconName;
  /** A view of the dashboard, or undefined for the documentation. */
  readonly path?: string;
}

const COMMANDS: readonly Command[] = [
  ...NAVIGATION,
  { name: 'Events', icon: 'logs', path: '/logs?view=events' },
  { name: 'Add webhook', icon: 'webhooks', path: '/webhooks?new=1' },
  { name: 'Documentation', icon: 'docs' },
];

/** The commands whose name contains the text, and last the search of the log for it. */
function commandsFor(text: string): readonly Command[] {
  const needle = text.trim().toLowerCase();
  if (needle === '') return COMMANDS;
  return [
    ...COMMANDS.filter(({ name }) => name.toLowerCase().includes(needle)),
    {
      name: `Search messages for “${text.trim()}”`,
      icon: 'search',
      path: `/logs?q=${encodeURIComponent(text.trim())}`,
    },
  ];
}

/** One field that opens a view by name, or searches the log. It follows the combobox pattern of WAI-ARIA. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [selected, setSelected] = useState(0);
  const [, navigate] = useLocation();
  const id = useId();
  const commands = commandsFor(text);

  function run(command: Command | undefined): void {
    if (!command) return;
    onClose();
    if (command.path === undefined) location.assign(new URL('docs', API_ROOT));
    else navigate(command.path);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setSelected((selected + step + commands.length) % commands.length);
    else if (event.key === 'Enter') run(commands[selected]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title="Go to a view, or search" kind="palette" onClose={onClose}>
      <input
        type="search"
        name="command"
        role="combobox"
        aria-label="View, recipient, message ID or subject"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={`${id}-${selected}`}
        autocomplete="off"
        spellcheck={false}
        placeholder="View, recipient, message ID or subject"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setSelected(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div class="options" role="listbox" id={id} aria-label="Results">
        {commands.map((command, index) => (
          <button
            key={command.name}
            type="button"
            role="option"
            tabIndex={-1}
            id={`${id}-${index}`}
            aria-selected={index === selected}
            onClick={() => run(command)}
            onPointerMove={() => setSelected(index)}
          >
            <Icon name={command.icon} />
            {command.name}
          </button>
        ))}
      </div>
    </Dialog>
  );
}
