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

/** The state of the guard, on every page, while it needs attention. It moves nothing when it appears. */
function GuardBadge({ isDot = false }: { readonly isDot?: boolean }) {
  const state = worstState(useReputation().data);
  if (state === 'ok') return null;
  const { name, tone } = STATE_TEXT[state];
  if (isDot)
    return (
      <span class="guard-dot" data-tone={tone} title={name}>
        <span class="visually-hidden">{name}</span>
      </span>
    );
  return (
    <span class="badge" data-tone={tone}>
      {name}
    </span>
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
                  {path === '/deliverability' && <GuardBadge isDot />}
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
      {withoutSidebar.value && (
        <Link href="/deliverability" class="guard-link">
          <GuardBadge />
        </Link>
      )}
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
