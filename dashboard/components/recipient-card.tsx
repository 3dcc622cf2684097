import { Link } from 'wouter-preact';
import type { LogEntry, Timeline } from '../api/types.ts';
import { eventDetails, explainInTimeline, explainOutcome, type Explanation } from '../text/explain.ts';
import { formatGap } from '../text/format.ts';
import { decisiveEvent, gapsOf } from '../text/message.ts';
import { StatusBadge, toneOf } from './badge.tsx';
import { CopyableId, CopyButton } from './copyable.tsx';
import { Card } from './page.tsx';
import { SuppressionStatus } from './suppression-status.tsx';
import { Time } from './time.tsx';

type Recipient = Timeline['recipients'][number];

/** Statuses after which the address may be on the suppression list. */
const SUPPRESSING: readonly string[] = ['bounced', 'complained', 'suppressed'];

function ExplanationText({ explanation: { meaning, advice } }: { readonly explanation: Explanation }) {
  return (
    <>
      <p>
        <strong>{meaning}</strong>
      </p>
      {advice !== undefined && <p>{advice}</p>}
    </>
  );
}

/** Fields with the names that the webhook uses. A clicked link is shown as plain text, so that no user opens it by accident. */
function Details({ fields }: { readonly fields: ReturnType<typeof eventDetails> }) {
  return (
    <dl class="details">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Event({
  entry,
  gap,
  explanation,
}: {
  readonly entry: LogEntry;
  /** Milliseconds since the event before. */
  readonly gap: number | undefined;
  readonly explanation: Explanation | undefined;
}) {
  const details = eventDetails(entry);
  return (
    <li data-tone={toneOf(entry.status)}>
      <div class="event-head">
        <StatusBadge status={entry.status} />
        <Time at={entry.timestamp} />
        {gap !== undefined && <span class="quiet">{formatGap(gap)}</span>}
        <span class="event-id">
          <CopyableId value={entry.event_id} label="event ID" />
        </span>
      </div>
      {explanation && (
        <div class="explanation">
          <ExplanationText explanation={explanation} />
        </div>
      )}
      {details.length > 0 && <Details fields={details} />}
    </li>
  );
}

/** The current status of the email for one recipient, with its explanation, and the events that led to it. */
export function RecipientCard({ recipient }: { readonly recipient: Recipient }) {
  const { to, status, events } = recipient;
  const gaps = gapsOf(events);
  const decisive = decisiveEvent(recipient);
  const outcome = decisive && explainOutcome(decisive);
  return (
    <Card
      title={to ?? 'No recipient in the SES event'}
      aside={
        <span class="facts">
          {to !== null && <CopyButton text={to} label="address" named />}
          {status !== null && <StatusBadge status={status} />}
        </span>
      }
    >
      {outcome && status !== null && (
        <div class="outcome" data-tone={toneOf(status)}>
          <ExplanationText explanation={outcome} />
          {to !== null && SUPPRESSING.includes(status) && (
            <SuppressionStatus address={to} reason={decisive.error?.suppression_reason} />
          )}
        </div>
      )}
      <ol class="timeline">
        {events.map((entry, index) => (
          <Event
            key={entry.event_id}
            entry={entry}
            gap={gaps[index]}
            // The explanation of the current status is above the timeline.
            explanation={entry === decisive ? undefined : explainInTimeline(entry, status)}
          />
        ))}
      </ol>
      {to !== null && <Link href={`/logs?q=${encodeURIComponent(to)}`}>All messages to this recipient</Link>}
    </Card>
  );
}
