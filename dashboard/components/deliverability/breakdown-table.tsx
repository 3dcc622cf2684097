import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Stats, StatsBreakdown, StatsGroup, StatsWithBreakdown } from '../../api/types.ts';
import { useReputation } from '../../api/use-reputation.ts';
import {
  BREAKDOWNS,
  groupBefore,
  groupName,
  hasManyDelays,
  isBreakdown,
  logFilterOf,
  mainDomains,
  rateChange,
  sentUntilComplete,
  trendOf,
  volumeChange,
  type ComparedRate,
  type LogFilter,
} from '../../text/breakdown.ts';
import type { Change } from '../../text/comparison.ts';
import { formatDeliveryTime } from '../../text/duration.ts';
import { formatNumber, formatPercent, pluralize } from '../../text/format.ts';
import { logsLink } from '../../text/logs-link.ts';
import { isAboveLimit, rateFloors, rateLevel } from '../../text/rate-level.ts';
import type { StatsRange } from '../../text/stats-range.ts';
import { Sparkline } from '../chart/sparkline.tsx';
import { EmptyState } from '../states.tsx';
import { Table } from '../table.tsx';

const ARROWS = { up: '↑', down: '↓', same: '→' } as const;

/** From the bottom of a bar to its top, as in the chart of the Overview page. */
const TREND = [
  ['delivered', 'good'],
  ['delayed', 'warn'],
  ['soft_bounced', 'soft'],
  ['bounced', 'bad'],
  ['complained', 'complaint'],
] as const;
const MAX_TREND_POINTS = 24;

/** Rates farther from the ideal than this need attention, so their changes are good or bad news. */
const UNDELIVERED_MATTERS_FROM = 0.03;
const DELAYED_MATTERS_FROM = 0.05;

function SmallChange({ change }: { readonly change: Change | undefined }) {
  return (
    <span class="change line">
      {change && change.direction !== 'same' && (
        <span data-effect={change.effect}>
          <span aria-hidden="true">{ARROWS[change.direction]} </span>
          <span class="visually-hidden">{change.direction} </span>
          {change.amount}
        </span>
      )}
    </span>
  );
}

/** A number, as a link to the log if the log can find its emails. */
function Value({
  href,
  children,
}: {
  readonly href: string | undefined;
  readonly children: ComponentChildren;
}) {
  return href === undefined ? <>{children}</> : <Link href={href}>{children}</Link>;
}

/** The name of a mailbox provider, and links to the emails to its main domains. */
function ProviderName({
  value,
  name,
  stats: { after, before },
}: {
  readonly value: string;
  readonly name: string;
  readonly stats: Stats;
}) {
  return (
    <>
      {name}
      <span class="main-domains">
        {mainDomains(value).map((domain) => (
          <Link key={domain} href={logsLink({ view: 'messages', q: `@${domain}`, after, before })}>
            @{domain}
          </Link>
        ))}
      </span>
    </>
  );
}

/** A name that a narrow column breaks after the name of a tag, not inside its value. */
function BreakableName({ name }: { readonly name: string }) {
  const end = name.indexOf(':') + 1;
  return (
    <>
      {name.slice(0, end)}
      <wbr />
      {name.slice(end)}
    </>
  );
}

interface RowProps {
  readonly stats: StatsWithBreakdown;
  readonly group: StatsGroup;
  readonly before: StatsGroup | undefined;
  readonly range: StatsRange;
  /** The filter of the log for this row. Undefined if there is none. */
  readonly filter: LogFilter | undefined;
  readonly hasEngagement: boolean;
  readonly name: ComponentChildren;
}

function Cells({ stats, group, before, range, filter, hasEngagement, name }: RowProps) {
  const { totals, rates, time_to_delivery: time } = group;
  const floors = rateFloors(useReputation().data?.limits);
  const logOf = (status?: keyof Stats['totals']): string | undefined =>
    filter &&
    logsLink({
      view: status === undefined ? 'messages' : 'events',
      ...(status !== undefined && { status: [status] }),
      after: stats.after,
      before: stats.before,
      ...filter,
    });
  const levelOf = (key: 'bounce' | 'complaint') => {
    const count = key === 'bounce' ? totals.bounced : totals.complained;
    const level = rateLevel({ rate: rates[key], count, sent: totals.sent }, stats.limits[key], floors[key]);
    return isAboveLimit(level) ? level : undefined;
  };
  const changeOf = (key: ComparedRate, mattersFrom: number): Change | undefined =>
    before && rateChange(key, [group, before], mattersFrom);
  const delayLevel = hasManyDelays(group) ? 'warn' : undefined;
  const points = trendOf(group.buckets ?? [], MAX_TREND_POINTS);
  return (
    <>
      <th scope="row" class="group-name">
        {name}
        <span class="narrow-only second-line">
          {formatPercent(rates.delivery)} delivered ·{' '}
          <span data-level={levelOf('bounce')}>{formatPercent(rates.bounce)} bounced</span> ·{' '}
          <span data-level={delayLevel}>{formatPercent(rates.delayed)} delayed</span>
          {totals.complained > 0 && (
            <>
              {' '}
              · <span data-level={levelOf('complaint')}>{formatPercent(rates.complaint)} complained</span>
            </>
          )}
          {time.p95_ms !== null && ` · 95% within ${formatDeliveryTime(time.p95_ms)}`}
        </span>
      </th>
      <td class="num">
        <Value href={logOf()}>{formatNumber(totals.sent)}</Value>
        <SmallChange change={before && volumeChange(sentUntilComplete(group, range), before.totals.sent)} />
      </td>
      <td class="roomy-only trend">
        {points.length > 0 && (
          <Sparkline
            label={`${pluralize(totals.delivered, 'email')} delivered, ${pluralize(totals.delayed, 'delay')}, ${pluralize(totals.bounced + totals.soft_bounced, 'bounce')}`}
            series={TREND.map(([count, tone]) => ({ tone, values: points.map((point) => point[count]) }))}
          />
        )}
      </td>
      <td class="num wide-only">
        <Value href={logOf('delivered')}>{formatPercent(rates.delivery)}</Value>
        <SmallChange change={changeOf('delivery', UNDELIVERED_MATTERS_FROM)} />
      </td>
      <td class="num wide-only" data-level={levelOf('bounce')}>
        <Value href={logOf('bounced')}>{formatPercent(rates.bounce)}</Value>
        <SmallChange change={changeOf('bounce', stats.limits.bounce.review / 2)} />
      </td>
      <td class="num roomy-only">
        <Value href={logOf('soft_bounced')}>{formatNumber(totals.soft_bounced)}</Value>
        <SmallChange change={undefined} />
      </td>
      <td class="num wide-only" data-level={levelOf('complaint')}>
        <Value href={logOf('complained')}>{formatPercent(rates.complaint)}</Value>
        <SmallChange change={changeOf('complaint', stats.limits.complaint.review / 2)} />
      </td>
      <td class="num wide-only" data-level={delayLevel}>
        <Value href={logOf('delayed')}>{formatPercent(rates.delayed)}</Value>
        <SmallChange change={changeOf('delayed', DELAYED_MATTERS_FROM)} />
      </td>
      {hasEngagement && (
        <td class="num roomy-only">
          <Value href={logOf('opened')}>{formatPercent(rates.open)}</Value>
          <SmallChange change={undefined} />
        </td>
      )}
      <td class="num wide-only">
        {formatDeliveryTime(time.p50_ms)}
        <span class="change line">{time.p95_ms !== null && `p95 ${formatDeliveryTime(time.p95_ms)}`}</span>
      </td>
    </>
  );
}

/** The sum of the values that have no row of their own. For mailbox providers, it opens the list of the largest domains. */
function OtherRows(
  props: Omit<RowProps, 'name' | 'group' | 'filter'> & { readonly other: StatsBreakdown['other'] },
) {
  const { other, stats } = props;
  const [isOpen, setIsOpen] = useState(false);
  const domains = other.top_domains ?? [];
  return (
    <>
      <tr>
        <Cells
          {...props}
          group={other}
          filter={undefined}
          name={
            domains.length === 0 ? (
              <span class="quiet">Other</span>
            ) : (
              <button
                type="button"
                class="plain expand"
                aria-expanded={isOpen}
                onClick={() => setIsOpen(!isOpen)}
              >
                <span class="chevron" aria-hidden="true" />
                Other domains
              </button>
            )
          }
        />
      </tr>
      {isOpen &&
        domains.map(({ domain, sent, bounced }) => {
          const range = { after: stats.after, before: stats.before, q: `@${domain}` };
          const bounces = (
            <Link href={logsLink({ view: 'events', status: ['bounced'], ...range })}>
              {formatNumber(bounced)} bounced
            </Link>
          );
          return (
            <tr key={domain} class="domain">
              <th scope="row" class="group-name">
                <Link href={logsLink({ view: 'messages', ...range })}>{domain}</Link>
                <span class="narrow-only second-line">{bounces}</span>
              </th>
              <td class="num">{formatNumber(sent)}</td>
              <td class="quiet wide-only" colSpan={9}>
                {bounces}
              </td>
            </tr>
          );
        })}
    </>
  );
}

/** One row for each value of the dimension. The last row is the sum of the values without a row. */
export function BreakdownTable({
  stats,
  before,
  range,
}: {
  readonly stats: StatsWithBreakdown;
  readonly before: StatsBreakdown | undefined;
  readonly range: StatsRange;
}) {
  const { by, groups, other } = stats.breakdown;
  if (!isBreakdown(by)) return null;
  const { column } = BREAKDOWNS[by];
  if (groups.length === 0 && other.totals.sent === 0)
    return <EmptyState title="No emails in this time range." drawing="email" />;
  const hasEngagement = stats.totals.opened + stats.totals.clicked > 0;
  const common = { stats, range, hasEngagement };
  return (
    <Table
      caption={`Emails by ${column.toLowerCase()}`}
      kind="groups"
      columns={[
        { name: column },
        { name: 'Sent', numeric: true },
        { name: 'Trend', roomyOnly: true },
        { name: 'Delivered', numeric: true, wideOnly: true },
        { name: 'Bounced', numeric: true, wideOnly: true },
        { name: 'Soft bounces', numeric: true, roomyOnly: true },
        { name: 'Complained', numeric: true, wideOnly: true },
        { name: 'Delayed', numeric: true, wideOnly: true },
        ...(hasEngagement ? [{ name: 'Opened', numeric: true, roomyOnly: true }] : []),
        { name: 'Time to delivery', numeric: true, wideOnly: true },
      ]}
    >
      {groups.map((group) => (
        <tr key={group.value}>
          <Cells
            {...common}
            group={group}
            before={groupBefore(before, group.value)}
            filter={logFilterOf(by, group.value)}
            name={
              by === 'provider' ? (
                <ProviderName value={group.value} name={group.name} stats={stats} />
              ) : (
                <BreakableName name={groupName(by, group)} />
              )
            }
          />
        </tr>
      ))}
      {other.totals.sent > 0 && (
        <OtherRows {...common} other={other} before={groupBefore(before, other.value)} />
      )}
    </Table>
  );
}
