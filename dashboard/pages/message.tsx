import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { Timeline } from '../api/types.ts';
import { useResource, type Resource } from '../api/use-resource.ts';
import { CodeBlock, CopyableId, CopyButton } from '../components/copyable.tsx';
import { MessageDeliveries } from '../components/message-deliveries.tsx';
import { Card, Page } from '../components/page.tsx';
import { RecipientCard } from '../components/recipient-card.tsx';
import { EmptyState, ErrorState, Loading, NotFound } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { API_ROOT } from '../state/app.ts';
import { narrow } from '../state/media.ts';
import { useSearchParams } from '../state/url.ts';
import { firstEventAt, orderRecipients, rawFacts } from '../text/message.ts';

const POLL_MS = 4_000;

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Facts about the whole message. Some of them are only in the raw SES events, so they appear when these are opened. */
function Facts({ message, raw }: { readonly message: Timeline; readonly raw: Timeline | undefined }) {
  const sentAt = firstEventAt(message);
  const tags = Object.entries(message.tags ?? {});
  return (
    <section class="card" aria-label="Message">
      <dl class="message-facts">
        <Fact name="From">{message.from}</Fact>
        <Fact name="To">
          {message.recipients
            .map(({ to }) => to)
            .filter((to) => to !== null)
            .join(', ') || '–'}
        </Fact>
        <Fact name="Sent">{sentAt === undefined ? '–' : <Time at={sentAt} />}</Fact>
        {tags.length > 0 && (
          <Fact name="Tags">
            {tags.map(([name, value]) => (
              <Link
                key={name}
                class="tag"
                href={withQuery('/logs', { tag: `${name}:${value}` })}
                title="Messages with this tag"
              >
                {name}: {value}
              </Link>
            ))}
          </Fact>
        )}
        <Fact name="Message ID">
          <CopyableId value={message.message_id} label="message ID" />
        </Fact>
        {rawFacts(raw?.raw_events ?? []).map(([name, text]) => (
          <Fact key={name} name={name}>
            {text}
          </Fact>
        ))}
      </dl>
      <p class="quiet not-stored">
        IvyMail Events does not store the content of emails, so there is no preview, and an email cannot be
        sent again from here. <a href={new URL('docs', API_ROOT).href}>Read the documentation</a>
      </p>
    </section>
  );
}

function RawEvents({
  resource: { data, error, reload },
  isOpen,
  onToggle,
}: {
  readonly resource: Resource<Timeline>;
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
}) {
  return (
    <details class="card" onToggle={(event) => onToggle(event.currentTarget.open)}>
      <summary>
        <h2>Raw SES events</h2>
      </summary>
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {isOpen && !data && !error && <Loading />}
      {data?.raw_events?.length === 0 && <EmptyState title="No raw events: this email never reached SES." />}
      {data?.raw_events?.map(({ event_ids: ids, raw }) => (
        <CodeBlock key={ids[0]} label="raw SES event" text={JSON.stringify(raw, null, 2)} />
      ))}
    </details>
  );
}

export function Message({ id }: { readonly id: string }) {
  const path = `/v1/send/logs/${encodeURIComponent(id)}`;
  const { data, error, reload } = useResource<Timeline>(path, { pollMs: POLL_MS });
  const [isRawOpen, setIsRawOpen] = useState(false);
  const [search] = useSearchParams();
  const raw = useResource<Timeline>(isRawOpen ? `${path}?raw=true` : undefined);
  if (!data && error?.status === 404)
    return (
      <Page title="Message">
        <NotFound title="No message with this ID" href="/logs" linkText="Go to Logs" />
      </Page>
    );
  const facts = data && <Facts message={data} raw={raw.data} />;
  return (
    <Page
      title={data?.subject ?? (data ? '(no subject)' : 'Message')}
      actions={
        // The button is there before the data, so that it does not move the title.
        <span class="message-actions">
          <CopyButton text={JSON.stringify(data, null, 2) ?? ''} label="as JSON" named />
          {!narrow.value && (
            <Link class="button" href="/logs">
              Logs
            </Link>
          )}
        </span>
      }
    >
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={12} />}
      {data && (
        <>
          {!narrow.value && facts}
          {data.truncated && (
            <p class="banner" data-level="warn">
              Only part of the timeline is shown.{' '}
              <Link href={`/logs?view=events&message_id=${encodeURIComponent(id)}`}>
                View all events in the log
              </Link>
              .
            </p>
          )}
          {orderRecipients(data.recipients, search.get('to')).map((recipient) => (
            <RecipientCard key={recipient.to} recipient={recipient} />
          ))}
          {/* On a narrow screen, the facts would fill the first screen. What happened is more important. */}
          {narrow.value && facts}
          <Card title="Webhook deliveries">
            <MessageDeliveries deliveries={data.deliveries} />
          </Card>
          <RawEvents resource={raw} isOpen={isRawOpen} onToggle={setIsRawOpen} />
        </>
      )}
    </Page>
  );
}
