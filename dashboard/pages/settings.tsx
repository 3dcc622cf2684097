import { CopyableId } from '../components/copyable.tsx';
import { Card, Page } from '../components/page.tsx';
import { Time } from '../components/time.tsx';
import { API_ROOT, session } from '../state/app.ts';
import { THEMES, live, shortcuts, theme } from '../state/preferences.ts';
import { pluralize, formatSeconds } from '../text/format.ts';

const LINKS = [
  { path: 'docs', name: 'Documentation', what: 'webhooks and events, every route' },
  { path: 'llms.txt', name: 'llms.txt', what: 'the same for AI agents' },
  { path: 'v1/openapi.json', name: 'openapi.json', what: 'the API as OpenAPI 3.1' },
] as const;

export function Settings() {
  const { value } = session.current;
  if (value.state !== 'in') return null;
  const { workspace } = value;
  const { first_delay_seconds: first, factor, count } = workspace.retry;
  return (
    <Page title="Settings">
      <div class="columns">
        <Card title="Workspace">
          <dl class="details">
            <div>
              <dt>name</dt>
              <dd>{workspace.name}</dd>
            </div>
            <div>
              <dt>id</dt>
              <dd>
                <CopyableId value={workspace.id} what="the workspace id" />
              </dd>
            </div>
            <div>
              <dt>configuration_set</dt>
              <dd>
                <CopyableId value={workspace.configuration_set} what="the configuration set" />
              </dd>
            </div>
            <div>
              <dt>retention</dt>
              <dd>{pluralize(workspace.retention_days, 'day')} from the time of the event</dd>
            </div>
            {workspace.created_at !== null && (
              <div>
                <dt>since</dt>
                <dd>
                  <Time at={workspace.created_at} />
                </dd>
              </div>
            )}
            <div>
              <dt>your key</dt>
              <dd>
                <code>{workspace.key.id}</code> <span class="quiet">({workspace.key.scopes.join(', ')})</span>
              </dd>
            </div>
          </dl>
        </Card>
        <Card title="Retry schedule of webhooks">
          <table>
            <caption class="unseen">Retry schedule</caption>
            <thead>
              <tr>
                <th scope="col">Attempt</th>
                <th scope="col">After the one before it</th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: count + 1 }, (_, index) => (
                <tr key={index}>
                  <td>{index + 1}</td>
                  <td>
                    {index === 0 ? 'at once' : `${formatSeconds(first * factor ** (index - 1))}, ±20 %`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="quiet">
            Set by the stack option retry. A Retry-After of the receiver is honoured, up to 6 hours.
          </p>
        </Card>
        <Card title="This browser">
          <div class="field">
            <span id="theme">Theme</span>
            <div class="segments" role="group" aria-labelledby="theme">
              {THEMES.map((name) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={theme.value === name}
                  onClick={() => {
                    theme.value = name;
                  }}
                >
                  {name}
                </button>
              ))}
            </div>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={shortcuts.value}
              onChange={(event) => {
                shortcuts.value = event.currentTarget.checked;
              }}
            />
            Keyboard shortcuts of single letters
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={live.value}
              onChange={(event) => {
                live.value = event.currentTarget.checked;
              }}
            />
            Views update themselves
          </label>
          <p>
            <button type="button" onClick={() => session.signOut()}>
              Sign out
            </button>
          </p>
        </Card>
        <Card title="More">
          <ul class="rows">
            {LINKS.map(({ path, name, what }) => (
              <li key={path}>
                <a class="grow" href={new URL(path, API_ROOT).href}>
                  {name}
                  <span class="quiet line">{what}</span>
                </a>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </Page>
  );
}
