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

const COLUMNS = [
  { name: 'Name' },
  { name: 'Scopes' },
  { name: 'Key', wide: true },
  { name: 'Last used', wide: true },
  { name: 'Expires', wide: true },
  { name: 'Action', unseen: true },
] as const;

const SCOPES = [
  { name: 'send', what: 'sends mail' },
  { name: 'read', what: 'reads logs, statistics and webhooks' },
  { name: 'admin', what: 'does everything, this included' },
] as const;

const DAY_MS = 86_400_000;
const ENDS = { '': 'Never', '7': 'In 7 days', '90': 'In 90 days', '365': 'In a year' } as const;

function Create({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: () => Promise<void> }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['read']);
  const [days, setDays] = useState('');
  const [made, setMade] = useState<NewApiKey>();
  async function create(): Promise<void> {
    const end = days === '' ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
    const body = { name: name.trim(), scopes, expires_at: end };
    setMade(await client.call<NewApiKey>('/v1/api-keys', { method: 'POST', body }));
    await onMade();
  }
  if (made)
    return (
      <Dialog key="made" title="The new API key" onClose={onClose}>
        <p>Copy it now: it is not stored, and never shown again.</p>
        <CodeBlock what="the API key" text={made.key} />
        <footer class="dialog-foot">
          <button type="button" class="primary" onClick={onClose}>
            Done
          </button>
        </footer>
      </Dialog>
    );
  return (
    <Dialog title="Create an API key" onClose={onClose}>
      <Form
        fields={['name', 'expires_at']}
        action="Create"
        onSubmit={create}
        disabled={name.trim() === '' || scopes.length === 0}
      >
        {(fault) => (
          <>
            <Field label="Name" hint="Where it is used." error={fieldError(fault, 'name')}>
              {(ties) => (
                <input
                  {...ties}
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
              {SCOPES.map(({ name: scope, what }) => (
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
                    <b>{scope}</b> {what}
                  </span>
                </label>
              ))}
            </fieldset>
            <SelectField
              label="Expires"
              error={fieldError(fault, 'expires_at')}
              name="expires"
              value={days}
              options={Object.entries(ENDS)}
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
  const own = value.state === 'in' ? value.workspace.key.id : '';
  return (
    <Page
      title="API keys"
      lead="Of this workspace. A key is shown once; one that is revoked stops working within a minute."
      actions={
        <button type="button" class="primary" disabled={!isAdmin} onClick={() => setCreating(true)}>
          Create an API key
        </button>
      }
    >
      {!isAdmin && <p class="quiet">Only a key with the scope admin may see and change keys.</p>}
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {isAdmin && !data && !error && <Loading />}
      {data && (
        <Table caption="API keys" columns={COLUMNS}>
          {data.data.map((key) => (
            <tr key={key.id}>
              <td class="to">
                {key.name} {key.id === own && <span class="tag">this one</span>}
              </td>
              <td>{key.scopes.join(', ')}</td>
              <td class="wide-only">
                <code>{key.hint}</code>
              </td>
              <td class="wide-only when">
                {key.last_used_at === null ? (
                  <span class="quiet">never</span>
                ) : (
                  <Time at={key.last_used_at} />
                )}
              </td>
              <td class="wide-only when">
                {key.expires_at === null ? <span class="quiet">never</span> : <Time at={key.expires_at} />}
              </td>
              <td class="num">
                <button
                  type="button"
                  disabled={key.id === own}
                  title={key.id === own ? 'A key cannot revoke itself: sign in with another one' : ''}
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
      {creating && <Create onClose={() => setCreating(false)} onMade={reload} />}
      {revoking && (
        <Confirm
          title="Revoke the key?"
          action="Revoke it"
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => {
            await client.call(`/v1/api-keys/${revoking.id}`, { method: 'DELETE' });
            notify('done', `${revoking.name} is revoked.`);
            await reload();
          }}
        >
          <p>
            Whatever uses <b>{revoking.name}</b> (<code>{revoking.hint}</code>) is refused within a minute.
          </p>
        </Confirm>
      )}
    </Page>
  );
}
