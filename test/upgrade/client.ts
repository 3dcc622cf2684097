/** A client of the deployed API, and of the inbox that receives its webhooks. */
import type { InboxRequest } from '../../local/inbox.ts';
import { until } from '../time.ts';
import { FROM, type LocalAws } from './local-aws.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- tests read responses of many shapes
type Json = any;

export interface Client {
  /** Returns the body of a response. Throws an Error unless the status is 2xx. */
  get(path: string): Promise<Json>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Json>;
}

export function clientOf({ apiUrl }: Pick<LocalAws, 'apiUrl'>, apiKey: string): Client {
  async function call(method: string, path: string, body?: unknown, headers = {}): Promise<Json> {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} responded with ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body, headers) => call('POST', path, body, headers),
  };
}

/** Sends an email with two events: `sent`, and the outcome that the name before the `@` selects. Returns the message id. */
export async function sendEmail(client: Client, outcome = 'success'): Promise<string> {
  const email = { from: FROM, to: [`${outcome}@customer.example`], subject: 'Hello', text: 'Hello.' };
  const { message_id: messageId } = await client.post('/v1/send', email);
  await until(`two events of ${messageId}`, async () => {
    const { data } = await client.get(`/v1/send/logs?message_id=${encodeURIComponent(messageId)}`);
    return data.length === 2 ? true : undefined;
  });
  return messageId;
}

/** A webhook endpoint at the inbox. */
export interface Hook {
  readonly id: string;
  /** Changes the responses of the receiver, or the secret with which the inbox verifies. */
  behave(behavior: Readonly<Record<string, unknown>>): Promise<void>;
  /** The requests about a message, or all requests. */
  requests(messageId?: string): Promise<readonly InboxRequest[]>;
}

export async function createHook(
  { inboxUrl }: Pick<LocalAws, 'inboxUrl'>,
  client: Client,
  name: string,
): Promise<Hook> {
  const url = `${inboxUrl}/hooks/${name}`;
  const { id, secret } = await client.post('/v1/webhooks', { url, events: ['delivered'] });
  const behave = async (behavior: Readonly<Record<string, unknown>>): Promise<void> => {
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(behavior) });
    if (!response.ok) throw new Error(`The inbox refused ${JSON.stringify(behavior)}`);
  };
  await behave({ secret });
  return {
    id,
    behave,
    async requests(messageId = '') {
      const response = await fetch(`${inboxUrl}/requests?name=${name}`);
      const { requests } = (await response.json()) as { readonly requests: readonly InboxRequest[] };
      return requests.filter(({ raw_body: body }) => body.includes(messageId));
    },
  };
}

/** Waits until the hook accepted a webhook about the message. Returns its requests about the message. */
export function accepted(hook: Hook, messageId: string): Promise<readonly InboxRequest[]> {
  return until(`an accepted webhook about ${messageId}`, async () => {
    const requests = await hook.requests(messageId);
    return requests.some(({ status }) => status === 200) ? requests : undefined;
  });
}
