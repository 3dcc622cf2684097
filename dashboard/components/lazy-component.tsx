import type { ComponentType } from 'preact';
import { useEffect, useReducer, useState } from 'preact/hooks';
import { EmptyState, Loading } from './states.tsx';

const RELOADED_KEY = 'ivymail.reloaded';

/** Whether the user is leaving the page. Firefox then cancels the scripts that are still loading, and a reload would cancel the navigation. */
let isLeaving = false;
addEventListener('beforeunload', () => {
  isLeaving = true;
});
addEventListener('pageshow', () => {
  isLeaving = false;
});

/** After a deployment, the script files of a page that is still open no longer exist. Reload the page, but only once. */
function reloadOnce(): boolean {
  if (isLeaving || !navigator.onLine || sessionStorage.getItem(RELOADED_KEY) !== null) return false;
  sessionStorage.setItem(RELOADED_KEY, 'yes');
  location.reload();
  return true;
}

/**
 * Wraps a component whose script is loaded when the component is first shown. A view shows a placeholder meanwhile. A
 * dialog shows nothing, because a placeholder would move the page.
 */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  kind: 'view' | 'dialog' = 'view',
): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          sessionStorage.removeItem(RELOADED_KEY);
          loaded = component;
          redraw();
        },
        () => {
          if (!reloadOnce()) setFailed(true);
        },
      );
    }, []);
    if (failed)
      return (
        <EmptyState title="This page could not be loaded.">
          <button type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </EmptyState>
      );
    const Component = loaded;
    if (Component) return <Component {...props} />;
    return kind === 'view' ? <Loading /> : null;
  };
}
