import { describe, expect, it } from 'vitest';
import {
  changeFilters,
  clearFilters,
  countFilters,
  describeFilters,
  domainSearchFor,
  hasFilters,
  isSlowQuery,
  searchTextOf,
  statusesOf,
  toLogQuery,
  viewOf,
  withView,
} from '../../dashboard/text/log-query.ts';
import {
  areSameStatuses,
  isMessageStatus,
  statusFilterText,
  STATUS_GROUPS,
  STATUS_PRESETS,
} from '../../dashboard/text/log-status.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { MESSAGE_STATUSES } from '../../lambdas/core/message-status.ts';
import { ODD_NAMES } from '../odd-names.ts';

const nowMs = Date.parse('2026-02-25T12:00:30Z');
const url = (text: string) => new URLSearchParams(text);
const queryOf = (text: string) => toLogQuery(url(text), nowMs);

describe('the view of a page URL', () => {
  it.each([
    ['', 'messages'],
    ['view=events', 'events'],
    ['view=messages&type=bounce', 'messages'],
    ['status=bounced,complained', 'messages'],
    // Messages never have these statuses.
    ['status=opened', 'events'],
    ['status=bounced,clicked', 'events'],
    // Links of earlier versions.
    ['type=bounce', 'events'],
    ['status=bounced', 'messages'],
    ['to=ann@example.com', 'messages'],
    ['view=unknown', 'messages'],
  ])('?%s is %s', (text, view) => {
    expect(viewOf(url(text))).toBe(view);
  });

  it.each(ODD_NAMES)('ignores the status, type and view %j', (name) => {
    const search = new URLSearchParams({ status: name, view: name });
    expect(viewOf(search)).toBe('messages');
    expect(statusesOf(search)).toEqual([]);
    expect(statusesOf(new URLSearchParams({ type: name }))).toEqual([]);
  });
});

describe('the API query', () => {
  it('contains the known parameters of the page URL only', () => {
    expect(queryOf('status=&to=%20ann@example.com&frobnicate=1&view=messages')).toEqual({
      to: 'ann@example.com',
    });
  });

  it('of a range that ends now starts at a full minute', () => {
    expect(queryOf('last=1h&before=2026-01-01T00:00:00Z')).toEqual({ after: '2026-02-25T11:00:00Z' });
    expect(queryOf('last=1h').after).toBe(toLogQuery(url('last=1h'), nowMs + 20_000).after);
    expect(queryOf('last=constructor')).toEqual({});
  });

  it('has the statuses of a type, because old links contain a type', () => {
    expect(queryOf('type=bounce')).toEqual({ status: 'bounced,soft_bounced' });
    expect(queryOf('type=engagement').status).toContain('opened,clicked');
    expect(queryOf('type=bounce&status=bounced')).toEqual({ status: 'bounced' });
    expect(queryOf('type=none')).toEqual({});
  });

  it('searches for an incomplete recipient instead of failing', () => {
    expect(queryOf('to=grace')).toEqual({ q: 'grace' });
    expect(queryOf('to=@acme.example')).toEqual({ q: '@acme.example' });
    expect(queryOf('to=grace@acme.example')).toEqual({ to: 'grace@acme.example' });
  });

  it('finds a message ID with the text search in the messages view, and with its own filter in the events view', () => {
    expect(queryOf('message_id=0100-a')).toEqual({ q: '0100-a' });
    expect(queryOf('view=events&message_id=0100-a')).toEqual({ message_id: '0100-a' });
  });

  it('leaves out the statuses that messages never have in the messages view', () => {
    expect(queryOf('view=messages&status=opened,bounced')).toEqual({ status: 'bounced' });
  });

  it('is slow if no index answers it', () => {
    const isSlow = (text: string) => isSlowQuery(queryOf(text), viewOf(url(text)));
    expect(
      ['', 'status=bounced,delivered', 'to=ann@example.com', 'view=events&status=sent'].map(isSlow),
    ).toEqual([false, false, false, false]);
    expect(
      ['q=ann', 'from=a@b.example', 'tag=x', 'status=sent', 'status=sent,delivered'].map(isSlow),
    ).toEqual([true, true, true, true, true]);
  });
});

describe('a change of the filters', () => {
  it('keeps the view and removes the cursor', () => {
    expect(changeFilters(url('cursor=c&q=ann'), { status: 'bounced' }).toString()).toBe(
      'q=ann&status=bounced',
    );
    expect(changeFilters(url('type=bounce'), { type: undefined }).toString()).toBe('view=events');
    expect(changeFilters(url('status=bounced'), { status: 'opened,sent' }).toString()).toBe('status=sent');
    expect(changeFilters(url('q=ann'), { q: '' }).toString()).toBe('');
  });

  it('to another view keeps the filters that the other view has', () => {
    expect(withView(url('q=ann&status=bounced,opened&cursor=c'), 'messages').toString()).toBe(
      'q=ann&status=bounced',
    );
    expect(withView(url('status=opened'), 'messages').toString()).toBe('');
    expect(withView(url('type=bounce'), 'messages').toString()).toBe('status=bounced%2Csoft_bounced');
    expect(withView(url('q=ann'), 'events').toString()).toBe('q=ann&view=events');
    expect(withView(url('q=ann&view=events'), 'messages').toString()).toBe('q=ann');
  });

  it('that clears all filters keeps the view', () => {
    expect(clearFilters(url('view=events&q=ann&last=1h')).toString()).toBe('view=events');
    expect(clearFilters(url('q=ann')).toString()).toBe('');
  });
});

describe('the description of the filters', () => {
  it('names every filter', () => {
    const search = url('q=grace&status=soft_bounced,failed&from=a@b.example&tag=plan:pro&last=24h');
    expect(describeFilters(search, (iso) => iso)).toBe(
      '“grace” · failed, soft bounced · from a@b.example · tag plan:pro · last 24 hours',
    );
    expect(describeFilters(url('after=A&before=B'), (iso) => iso)).toBe('since A until B');
    expect(describeFilters(url('to=ann@example.com'), (iso) => iso)).toBe('“ann@example.com”');
  });

  it('counts the filters behind the button of a narrow screen', () => {
    expect(countFilters(url('q=grace'))).toBe(0);
    expect(countFilters(url('status=bounced,failed&from=a@b.example&after=A&before=B'))).toBe(3);
    expect([hasFilters(url('view=events')), hasFilters(url('q=%20')), hasFilters(url('tag=x'))]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('shows the old parameters in the search box', () => {
    expect(searchTextOf(url('to=ann@example.com'))).toBe('ann@example.com');
    expect(searchTextOf(url('message_id=0100-a'))).toBe('0100-a');
    expect(searchTextOf(url('q=x&to=ann@example.com'))).toBe('x');
  });
});

describe('the status filter', () => {
  it('contains every event name once, and offers messages exactly the statuses that they can have', () => {
    const names = STATUS_GROUPS.flatMap(({ statuses }) => statuses);
    expect(names.toSorted()).toEqual([...EVENT_NAMES].toSorted());
    expect(EVENT_NAMES.filter(isMessageStatus).toSorted()).toEqual([...MESSAGE_STATUSES].toSorted());
  });

  it('has presets that together cover every status of a message', () => {
    const names = Object.values(STATUS_PRESETS).flat();
    expect(names.toSorted()).toEqual([...MESSAGE_STATUSES].toSorted());
  });

  it('compares sets of statuses in any order', () => {
    expect(areSameStatuses(['sent', 'delayed'], ['delayed', 'sent'])).toBe(true);
    expect(areSameStatuses(['sent'], ['sent', 'delayed'])).toBe(false);
    expect(areSameStatuses(['sent', 'bounced'], ['sent', 'delayed'])).toBe(false);
  });

  it.each([
    [[], 'Any status'],
    [['bounced'], 'Bounced'],
    [['delivered'], 'Delivered'],
    [['delayed', 'sent'], 'In flight'],
    [['sent', 'bounced'], '2 statuses'],
  ] as const)('is labeled for %j: %s', (statuses, text) => {
    expect(statusFilterText(statuses)).toBe(text);
  });
});

it.each([
  ['acme.com', '@acme.com'],
  ['mail.Acme.co.uk', '@mail.Acme.co.uk'],
  ['@acme.com', undefined],
  ['ann@acme.com', undefined],
  ['acme', undefined],
  ['Version 2.0', undefined],
  ['2.0', undefined],
  ['Hello.', undefined],
  ['', undefined],
])('a search for %j that finds nothing suggests the domain search %j', (text, suggestion) => {
  expect(domainSearchFor(text)).toBe(suggestion);
});
