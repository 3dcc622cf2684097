import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { Link, Route, Router, Switch, useLocation } from 'wouter-preact';
import { toApiError } from './api/client.ts';
import { ReputationContext, useLoadedReputation } from './api/use-reputation.ts';
import { clearResponseCache } from './api/use-resource.ts';
import { lazy } from './components/lazy-component.tsx';
import { Navigation } from './components/navigation.tsx';
import { Notices } from './components/notices.tsx';
import { Page } from './components/page.tsx';
import { EmptyState, ErrorState, Loading } from './components/states.tsx';
import { useShortcuts } from './components/shortcuts.ts';
import { SignIn } from './pages/sign-in.tsx';
import { lastPathSegment } from './state/url.ts';
import { BASE_PATH, session } from './state/app.ts';
import { dismissSuccessesOfOtherViews } from './state/notices.ts';

const Overview = lazy(() => import('./pages/overview.tsx').then((page) => page.Overview));
const Logs = lazy(() => import('./pages/logs.tsx').then((page) => page.Logs));
const Message = lazy(() => import('./pages/message.tsx').then((page) => page.Message));
const Deliverability = lazy(() => import('./pages/deliverability.tsx').then((page) => page.Deliverability));
const Webhooks = lazy(() => import('./pages/webhooks.tsx').then((page) => page.Webhooks));
const Webhook = lazy(() => import('./pages/webhook.tsx').then((page) => page.Webhook));
const Delivery = lazy(() => import('./pages/delivery.tsx').then((page) => page.Delivery));
const Suppressions = lazy(() => import('./pages/suppressions.tsx').then((page) => page.Suppressions));
const ApiKeys = lazy(() => import('./pages/api-keys.tsx').then((page) => page.ApiKeys));
const Settings = lazy(() => import('./pages/settings.tsx').then((page) => page.Settings));

const ShortcutsDialog = lazy(
  () => import('./components/shortcuts-dialog.tsx').then((module) => module.ShortcutsDialog),
  'dialog',
);
const CommandPalette = lazy(
  () => import('./components/command-palette.tsx').then((module) => module.CommandPalette),
  'dialog',
);

function UnknownPage() {
  return (
    <Page title="Page not found">
      <div class="panel">
        <EmptyState title="This page does not exist." drawing="page">
          <p>The address may be mistyped, or the page may have moved.</p>
          <Link class="button" href="/">
            Go to Overview
          </Link>
        </EmptyState>
      </div>
    </Page>
  );
}

/** Keeps an error in one view from breaking the navigation and the other views. */
function ViewErrorBoundary({ children }: { readonly children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  return <ErrorState error={toApiError(error)} retry={reset} />;
}

function Shell({ workspaceName }: { readonly workspaceName: string }) {
  const [openDialog, setOpenDialog] = useState<'shortcuts' | 'palette'>();
  const showShortcuts = useCallback(() => setOpenDialog('shortcuts'), []);
  const showPalette = useCallback(() => setOpenDialog('palette'), []);
  const closeDialog = (): void => setOpenDialog(undefined);
  const [location] = useLocation();
  const reputation = useLoadedReputation(location);
  useShortcuts(showShortcuts, showPalette);
  useEffect(dismissSuccessesOfOtherViews, [location]);
  return (
    <ReputationContext.Provider value={reputation}>
      {/* A button, because a link to #main would leave the view: URLs are relative to the dashboard. */}
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to content
      </button>
      <Navigation workspaceName={workspaceName} onShowShortcuts={showShortcuts} onShowPalette={showPalette} />
      <main>
        <ViewErrorBoundary key={location}>
          <Switch>
            <Route path="/">{() => <Overview />}</Route>
            <Route path="/logs">{() => <Logs />}</Route>
            <Route path="/logs/:id">{() => <Message key={lastPathSegment()} id={lastPathSegment()} />}</Route>
            <Route path="/deliverability">{() => <Deliverability />}</Route>
            <Route path="/webhooks">{() => <Webhooks />}</Route>
            <Route path="/webhooks/:id">{({ id }) => <Webhook key={id} id={id} />}</Route>
            <Route path="/deliveries/:id">{({ id }) => <Delivery key={id} id={id} />}</Route>
            <Route path="/suppressions">{() => <Suppressions />}</Route>
            <Route path="/api-keys">{() => <ApiKeys />}</Route>
            <Route path="/settings">{() => <Settings />}</Route>
            <Route>
              <UnknownPage />
            </Route>
          </Switch>
        </ViewErrorBoundary>
      </main>
      {openDialog === 'shortcuts' && <ShortcutsDialog onClose={closeDialog} />}
      {openDialog === 'palette' && <CommandPalette onClose={closeDialog} />}
    </ReputationContext.Provider>
  );
}

export function App() {
  const { value } = session.current;
  const keyId = value.state === 'signed-in' ? value.workspace.key.id : undefined;
  // Another key must not see cached responses of this key.
  useEffect(() => clearResponseCache, [keyId]);
  return (
    <Router base={BASE_PATH}>
      {value.state === 'signed-in' && <Shell workspaceName={value.workspace.name} />}
      {value.state === 'checking' && (
        <main class="alone">
          <Loading />
        </main>
      )}
      {value.state === 'signed-out' && <SignIn reason={value.reason} canRetry={value.canRetry === true} />}
      <Notices />
    </Router>
  );
}
