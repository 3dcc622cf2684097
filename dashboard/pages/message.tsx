import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Delivery, Endpoint, List, LogEntry, Timeline } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { StatusBadge, toneOf } from '../components/badge.tsx';
import { CodeBlock, CopyableId } from '../components/copyable.tsx';
import { Card, Page } from '../components/page.tsx';
import { EmptyState, ErrorState, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { eventDetails, explain } from '../text/explain.ts';
import { pluralize } from '../text/format.ts';

const POLL_MS = 4_000;

type Recipient = Timeline['recipients'][number];

/** Fields with the names that the webhook uses. A clicked link is shown as plain text, so that no user opens it by accident. */
function Details({ fields }: { readonly fields: ReturnType<typeof eventDetails> }) {
  return (
    <dl class="details">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Event({ entry }: { readonly entry: LogEntry }) {
  const explanation = explain(entry);
  const details = eventDetails(entry);
  return (
    <li data-tone={toneOf(entry.status)}>
      <div class="event-head">
        <StatusBadge status={entry.status} />
        <Time at={entry.timestamp} />
        <span class="event-id">
          <CopyableId value={entry.event_id} label="event ID" />
        </span>
      </div>
      {explanation && (
        <div class="explanation">
          <p>
            <strong>{explanation.meaning}</strong>
          </p>
          {explanation.advice !== undefined && <p>{explanation.advice}</p>}
        </div>
      )}
      {details.length > 0 && <Details fields={details} />}
    </li>
  );
}

function RecipientCard({ recipient }: { readonly recipient: Recipient }) {
  const { to, status, events } = recipient;
  return (
    <Card
      title={to ?? 'No recipient in the SES event'}
      aside={status === null ? undefined : <StatusBadge status={status} />}
    >
      <ol class="timeline">
        {events.map((entry) => (
          <Event key={entry.event_id} entry={entry} />
        ))}
      </ol>
      {to !== null && <Link href={`/logs?to=${encodeURIComponent(to)}`}>All events for this recipient</Link>}
    </Card>
  );
}

function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const endpoints = useResource<List<Endpoint>>('/v1/webhooks');
  const urlOf = new Map(endpoints.data?.data.map(({ id, url }) => [id, url]));
  if (deliveries.length === 0)
    return (
      <EmptyState title="No webhook deliveries: no active endpoint was configured to receive these events." />
    );
  return (
    <ul class="rows">
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <StatusBadge status={delivery.status} />
          <Link href={`/deliveries/${delivery.id}`} class="grow">
            {delivery.event} {delivery.to !== null && <span class="quiet">to {delivery.to}</span>}
            <span class="quiet line">{urlOf.get(delivery.endpoint_id) ?? delivery.endpoint_id}</span>
          </Link>
          <span class="num">
            {pluralize(delivery.attempt_count, 'attempt')}
            {delivery.next_attempt_at !== null && (
              <span class="quiet line">
                next <Time at={delivery.next_attempt_at} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function RawEvents({ id }: { readonly id: string }) {
  const [open, setOpen] = useState(false);
  const { data, error, reload } = useResource<Timeline>(
    open ? `/v1/send/logs/${encodeURIComponent(id)}?raw=true` : undefined,
  );
  return (
    <details class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Raw SES events</h2>
      </summary>
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {open && !data && !error && <Loading />}
      {data?.raw_events?.length === 0 && <EmptyState title="No raw events: this email never reached SES." />}
      {data?.raw_events?.map(({ event_ids: ids, raw }) => (
        <CodeBlock key={ids[0]} label="raw SES event" text={JSON.stringify(raw, null, 2)} />
      ))}
    </details>
  );
}

export function Message({ id }: { readonly id: string }) {
  const { data, error, reload } = useResource<Timeline>(`/v1/send/logs/${encodeURIComponent(id)}`, {
    pollMs: POLL_MS,
  });
  return (
    <Page
      title={data?.subject ?? (data ? '(no subject)' : 'Message')}
      lead={data && <>from {data.from}</>}
      actions={<Link href="/logs">Logs</Link>}
    >
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={12} />}
      {data && (
        <>
          <div class="facts">
            <span class="quiet">Message ID</span> <CopyableId value={data.message_id} label="message ID" />
            {Object.entries(data.tags ?? {}).map(([name, value]) => (
              <span key={name} class="tag">
                {name}: {value}
              </span>
            ))}
          </div>
          {data.truncated && (
            <p class="banner">
              Only part of the timeline is shown.{' '}
              <Link href={`/logs?message_id=${encodeURIComponent(id)}`}>View all events in the log</Link>.
            </p>
          )}
          {data.recipients.map((recipient) => (
            <RecipientCard key={recipient.to} recipient={recipient} />
          ))}
          <Card title="Webhook deliveries">
            <Deliveries deliveries={data.deliveries} />
          </Card>
          <RawEvents id={id} />
        </>
      )}
    </Page>
  );
}
