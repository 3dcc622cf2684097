import { useState } from 'preact/hooks';
import type { ApiKey, List, NewApiKey } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { CodeBlock } from '../components/copyable.tsx';
import { Confirm, Dialog } from '../components/dialog.tsx';
import { Field, Form, SelectField, fieldError } from '../components/form.tsx';
import { Page } from '../components/page.tsx';
import { ErrorState, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { client, hasScope, session } from '../state/app.ts';
import { Table } from '../components/table.tsx';
import { notify } from '../state/notices.ts';
import { lastUsedText, revokeAdvice } from '../text/key-use.ts';

const COLUMNS = [
  { name: 'Name' },
  { name: 'Scopes', wideOnly: true },
  { name: 'Key', wideOnly: true },
  { name: 'Created', wideOnly: true },
  { name: 'Last used', wideOnly: true },
  { name: 'Expires', wideOnly: true },
  { name: 'Action', visuallyHidden: true },
] as const;

const SCOPES = [
  { name: 'send', description: 'Send email' },
  { name: 'read', description: 'Read logs, statistics and webhooks' },
  { name: 'admin', description: 'Full access, including API keys' },
] as const;

const DAY_MS = 86_400_000;
const EXPIRY_OPTIONS = { '': 'Never', '7': 'In 7 days', '90': 'In 90 days', '365': 'In 1 year' } as const;

function CreateKeyDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: () => Promise<void>;
}) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['read']);
  const [days, setDays] = useState('');
  const [newKey, setNewKey] = useState<NewApiKey>();
  async function create(): Promise<void> {
    const expiresAt = days === '' ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
    const body = { name: name.trim(), scopes, expires_at: expiresAt };
    setNewKey(await client.call<NewApiKey>('/v1/api-keys', { method: 'POST', body }));
    await onCreated();
  }
  if (newKey)
    return (
      <Dialog key="created" title="New API key" onClose={onClose}>
        <p>Copy the key now. Only a hash of the key is stored, so it cannot be shown again.</p>
        <CodeBlock label="API key" text={newKey.key} />
        <footer class="dialog-foot">
          <button type="button" class="primary" onClick={onClose}>
            Done
          </button>
        </footer>
      </Dialog>
    );
  return (
    <Dialog title="Create API key" onClose={onClose}>
      <Form
        fields={['name', 'expires_at']}
        action="Create"
        onSubmit={create}
        disabled={name.trim() === '' || scopes.length === 0}
      >
        {(error) => (
          <>
            <Field
              label="Name"
              hint="For example, the application that uses the key."
              error={fieldError(error, 'name')}
            >
              {(inputProps) => (
                <input
                  {...inputProps}
                  name="name"
                  maxLength={100}
                  autocomplete="off"
                  value={name}
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              )}
            </Field>
            <fieldset>
              <legend>Scopes</legend>
              {SCOPES.map(({ name: scope, description }) => (
                <label key={scope} class="check">
                  <input
                    type="checkbox"
                    checked={scopes.includes(scope)}
                    onChange={(event) =>
                      setScopes(
                        event.currentTarget.checked
                          ? [...scopes, scope]
                          : scopes.filter((each) => each !== scope),
                      )
                    }
                  />
                  <span>
                    <code>{scope}</code> {description}
                  </span>
                </label>
              ))}
            </fieldset>
            <SelectField
              label="Expires"
              error={fieldError(error, 'expires_at')}
              name="expires"
              value={days}
              options={Object.entries(EXPIRY_OPTIONS)}
              onChange={setDays}
            />
          </>
        )}
      </Form>
    </Dialog>
  );
}

export function ApiKeys() {
  const isAdmin = hasScope('admin');
  const { data, error, reload } = useResource<List<ApiKey>>(isAdmin ? '/v1/api-keys' : undefined);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const { value } = session.current;
  const nowMs = Date.now();
  const currentKeyId = value.state === 'signed-in' ? value.workspace.key.id : '';
  return (
    <Page
      title="API keys"
      lead="A key is shown only once. A revoked key stops working within a minute."
      actions={
        <button type="button" class="primary" disabled={!isAdmin} onClick={() => setCreating(true)}>
          Create API key
        </button>
      }
    >
      {!isAdmin && <p class="quiet">Only a key with the admin scope can view and change API keys.</p>}
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {isAdmin && !data && !error && (
        <div class="panel">
          <Loading />
        </div>
      )}
      {data && (
        <Table caption="API keys" columns={COLUMNS}>
          {data.data.map((key) => (
            <tr key={key.id}>
              <td class="key-name">
                <b>{key.name}</b> {key.id === currentKeyId && <span class="tag">Current</span>}
                <span class="narrow-only quiet">
                  {key.scopes.join(', ')} · last used: {lastUsedText(key, nowMs).toLowerCase()}
                </span>
              </td>
              <td class="wide-only">
                {key.scopes.map((scope) => (
                  <code key={scope} class="tag">
                    {scope}
                  </code>
                ))}
              </td>
              <td class="wide-only">
                <code>{key.hint}</code>
              </td>
              <td class="wide-only when">
                <Time at={key.created_at} />
              </td>
              <td class="wide-only">{lastUsedText(key, nowMs)}</td>
              <td class="wide-only when">
                {key.expires_at === null ? 'Never' : <Time at={key.expires_at} />}
              </td>
              <td class="num">
                <button
                  type="button"
                  class="danger"
                  disabled={key.id === currentKeyId}
                  title={
                    key.id === currentKeyId ? 'A key cannot revoke itself. Sign in with another key.' : ''
                  }
                  aria-label={`Revoke ${key.name}`}
                  onClick={() => setRevoking(key)}
                >
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {data && (
        <p class="quiet">
          The time of the last use is recorded at most once an hour, so a key can have been used up to one
          hour later than shown.
        </p>
      )}
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} onCreated={reload} />}
      {revoking && (
        <Confirm
          title="Revoke API key?"
          action="Revoke key"
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => {
            await client.call(`/v1/api-keys/${revoking.id}`, { method: 'DELETE' });
            notify('success', `Revoked ${revoking.name}.`);
            await reload();
          }}
        >
          <p>
            Requests with <b>{revoking.name}</b> (<code>{revoking.hint}</code>) will be rejected within a
            minute. This cannot be undone.
          </p>
          <p>{revokeAdvice(revoking, nowMs)}</p>
        </Confirm>
      )}
    </Page>
  );
}
