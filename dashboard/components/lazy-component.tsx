import type { ComponentType } from 'preact';
import { useEffect, useReducer, useState } from 'preact/hooks';
import { EmptyState, Loading } from './states.tsx';

const RELOADED = 'ivymail.reloaded';

/** After a deploy the files of the page that is still open are gone: once, it is loaded anew. */
function reloadOnce(): boolean {
  if (!navigator.onLine || sessionStorage.getItem(RELOADED) !== null) return false;
  sessionStorage.setItem(RELOADED, 'yes');
  location.reload();
  return true;
}

/** A component whose script comes when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, show] = useReducer<number, void>((count) => count + 1, 0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          sessionStorage.removeItem(RELOADED);
          loaded = component;
          show();
        },
        () => {
          if (!reloadOnce()) setFailed(true);
        },
      );
    }, []);
    if (failed)
      return (
        <EmptyState title="This view could not be loaded.">
          <button type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </EmptyState>
      );
    const Component = loaded;
    return Component ? <Component {...props} /> : <Loading />;
  };
}
