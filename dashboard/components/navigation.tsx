import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { API_ROOT, session } from '../state/app.ts';
import { useReputation } from '../api/use-reputation.ts';
import { withoutSidebar } from '../state/media.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icons.tsx';
import { NAVIGATION } from './shortcuts.ts';
import { STATE_TEXT, worstState } from '../text/reputation.ts';

const GROUPS = [
  { name: undefined, items: NAVIGATION.filter(({ group }) => group === 'email') },
  { name: 'Workspace', items: NAVIGATION.filter(({ group }) => group === 'workspace') },
] as const;

const IS_MAC = navigator.userAgent.includes('Mac');

function isCurrent(path: string, location: string): boolean {
  if (path === '/') return location === '/';
  return location.startsWith(path) || (path === '/webhooks' && location.startsWith('/deliveries'));
}

interface NavigationProps {
  readonly workspaceName: string;
  readonly onShowShortcuts: () => void;
  readonly onShowPalette: () => void;
}

/** The state of the guard while it needs attention. Undefined otherwise. */
function useGuardState() {
  const state = worstState(useReputation().data);
  return state === 'ok' ? undefined : STATE_TEXT[state];
}

/** The state of the guard in the list of views. It moves nothing when it appears. */
function GuardDot() {
  const state = useGuardState();
  if (!state) return null;
  return (
    <span class="guard-dot" data-tone={state.tone} title={state.name}>
      <span class="visually-hidden">{state.name}</span>
    </span>
  );
}

/** The state of the guard in the bar of a narrow screen, where the list of views is hidden. */
function GuardLink() {
  const state = useGuardState();
  if (!state) return null;
  return (
    <Link href="/deliverability" class="guard-link badge" data-tone={state.tone}>
      {state.name}
    </Link>
  );
}

function Destinations({ onFollow }: { readonly onFollow?: () => void }) {
  const [location] = useLocation();
  return (
    <>
      {GROUPS.map(({ name, items }) => (
        <div key={name} class="nav-group">
          {name !== undefined && <p class="nav-title">{name}</p>}
          <ul>
            {items.map(({ path, name: label, icon }) => (
              <li key={path}>
                <Link
                  href={path}
                  aria-current={isCurrent(path, location) ? 'page' : undefined}
                  onClick={() => onFollow?.()}
                >
                  <Icon name={icon} />
                  {label}
                  {path === '/deliverability' && <GuardDot />}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

/** The documentation, the shortcuts and the way out. */
function Foot({ workspaceName, onShowShortcuts }: Omit<NavigationProps, 'onShowPalette'>) {
  return (
    <div class="side-foot">
      <a href={new URL('docs', API_ROOT).href}>
        <Icon name="docs" />
        Documentation
      </a>
      <button type="button" onClick={onShowShortcuts} aria-label="Keyboard shortcuts">
        <Icon name="keyboard" />
        Shortcuts <kbd>?</kbd>
      </button>
      <button type="button" onClick={() => session.signOut()}>
        <Icon name="sign-out" />
        Sign out
      </button>
      <p class="workspace">
        <span class="initial" aria-hidden="true">
          {workspaceName.charAt(0).toUpperCase()}
        </span>
        <span class="grow">
          <span class="quiet">Workspace</span>
          <b title={workspaceName}>{workspaceName}</b>
        </span>
      </p>
    </div>
  );
}

export function Brand() {
  return (
    <>
      <span class="leaf" aria-hidden="true" /> IvyMail <span>Events</span>
    </>
  );
}

/** The bar of a narrow screen. Its button opens a dialog with all destinations. */
function MenuBar(props: NavigationProps) {
  const [isOpen, setIsOpen] = useState(false);
  const close = (): void => setIsOpen(false);
  return (
    <>
      <button
        type="button"
        class="plain menu-button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(true)}
      >
        <Icon name="menu" />
        Menu
      </button>
      {isOpen && (
        <Dialog title="Menu" kind="drawer" onClose={close}>
          <Destinations onFollow={close} />
          <Foot
            {...props}
            onShowShortcuts={() => {
              close();
              props.onShowShortcuts();
            }}
          />
        </Dialog>
      )}
    </>
  );
}

/** The main navigation: a column at the side of a wide screen, a bar with a menu on a narrow one. */
export function Navigation(props: NavigationProps) {
  return (
    <header class="side">
      <Link href="/" class="brand" aria-label="IvyMail Events, overview">
        <Brand />
      </Link>
      {withoutSidebar.value && <GuardLink />}
      {!withoutSidebar.value && (
        <button type="button" class="find" onClick={props.onShowPalette}>
          <Icon name="search" />
          Search <kbd>{IS_MAC ? '⌘' : 'Ctrl'} K</kbd>
        </button>
      )}
      <nav class="main-nav" aria-label="Main">
        {withoutSidebar.value ? <MenuBar {...props} /> : <Destinations />}
      </nav>
      {!withoutSidebar.value && <Foot {...props} />}
    </header>
  );
}
