import { Link } from 'wouter-preact';
import { CopyableId } from '../components/copyable.tsx';
import { Card, Page } from '../components/page.tsx';
import { Time } from '../components/time.tsx';
import { API_ROOT, session } from '../state/app.ts';
import { THEMES, liveUpdates, setFirstSteps, shortcutsEnabled, theme } from '../state/preferences.ts';
import { pluralize, formatSeconds } from '../text/format.ts';
import { statusLabel } from '../text/status.ts';

const LINKS = [
  { path: 'docs', name: 'Documentation', description: 'Webhooks, events and all API routes' },
  { path: 'llms.txt', name: 'llms.txt', description: 'The documentation for AI agents' },
  { path: 'v1/openapi.json', name: 'openapi.json', description: 'OpenAPI 3.1 description of the API' },
] as const;

export function Settings() {
  const { value } = session.current;
  if (value.state !== 'signed-in') return null;
  const { workspace } = value;
  const { first_delay_seconds: firstDelay, factor, count } = workspace.retry;
  return (
    <Page title="Settings">
      <div class="columns">
        <Card title="Workspace">
          <dl class="details">
            <div>
              <dt>Name</dt>
              <dd>{workspace.name}</dd>
            </div>
            <div>
              <dt>Workspace ID</dt>
              <dd>
                <CopyableId value={workspace.id} label="workspace ID" />
              </dd>
            </div>
            <div>
              <dt>Configuration set</dt>
              <dd>
                <CopyableId value={workspace.configuration_set} label="configuration set" />
              </dd>
            </div>
            <div>
              <dt>Event retention</dt>
              <dd>{pluralize(workspace.retention_days, 'day')} from the event time</dd>
            </div>
            {workspace.created_at !== null && (
              <div>
                <dt>Created</dt>
                <dd>
                  <Time at={workspace.created_at} />
                </dd>
              </div>
            )}
            <div>
              <dt>Your API key</dt>
              <dd>
                <code>{workspace.key.id}</code>
                <br />
                <span class="quiet">
                  {workspace.key.scopes.length === 1 ? 'Scope' : 'Scopes'}: {workspace.key.scopes.join(', ')}
                </span>
              </dd>
            </div>
          </dl>
        </Card>
        <Card title="Webhook retry schedule">
          <p class="quiet intro">
            A failed delivery is tried again {pluralize(count, 'time')}, each time after a longer delay. A
            Retry-After header of your endpoint is honored, up to 6 hours.
          </p>
          <div class="scroll">
            <table>
              <caption class="visually-hidden">Webhook retry schedule</caption>
              <thead>
                <tr>
                  <th scope="col">Attempt</th>
                  <th scope="col">Delay after previous attempt</th>
                </tr>
              </thead>
              <tbody>
                {Array.from({ length: count + 1 }, (_, index) => (
                  <tr key={index}>
                    <td>{index + 1}</td>
                    <td>
                      {index === 0
                        ? 'Immediately'
                        : `${formatSeconds(firstDelay * factor ** (index - 1))}, ±20%`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      </div>
      <div class="columns three">
        <Card title="Alerts">
          <p>
            An alarm is raised when a webhook endpoint starts to fail, and when events or deliveries need
            attention. Alarms are sent by email to the address of the stack option <code>alarmEmail</code>,
            and to every other subscriber of the alarm topic in Amazon SNS.
          </p>
          <p class="quiet">
            To change the address, deploy again with the option, for example{' '}
            <code class="break">npx ivymail-events deploy -c alarmEmail=you@example.com</code>.
          </p>
        </Card>
        <Card title="This browser">
          <div class="field">
            <span id="theme" class="label">
              Theme
            </span>
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
                  {statusLabel(name)}
                </button>
              ))}
            </div>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={shortcutsEnabled.value}
              onChange={(event) => {
                shortcutsEnabled.value = event.currentTarget.checked;
              }}
            />
            Single-key shortcuts
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={liveUpdates.value}
              onChange={(event) => {
                liveUpdates.value = event.currentTarget.checked;
              }}
            />
            Live updates
          </label>
          <Link href="/" class="button" onClick={() => setFirstSteps(workspace.id, 'shown')}>
            Show first steps
          </Link>
        </Card>
        <Card title="Resources">
          <ul class="rows">
            {LINKS.map(({ path, name, description }) => (
              <li key={path}>
                <a class="grow" href={new URL(path, API_ROOT).href}>
                  {name}
                  <span class="quiet line">{description}</span>
                </a>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </Page>
  );
}
