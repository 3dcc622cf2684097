/** dispatch-groups.test.ts shows the groups of stream batches. These tests show the rules for any members. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../lambdas/core/deliverable-events.ts';
import { createGroups, createMember, groupName, singleGroup } from '../../lambdas/delivery/groups.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';

const endpoint = anEndpoint();
const TTL = 2_000_000_000;

function storedEvent(id: string, diagnostic = ''): StoredEvent {
  const details = { bounce_type: 'Permanent', bounce_subtype: 'General', diagnostic_code: diagnostic };
  return { event: anEvent({ message_id: id, details }), ttl: TTL };
}

/** An event whose JSON has exactly this number of bytes. */
function eventOfBytes(id: string, bytes: number): StoredEvent {
  const empty = Buffer.byteLength(JSON.stringify(storedEvent(id)));
  return storedEvent(id, 'x'.repeat(bytes - empty));
}

function membersOf(ids: readonly string[], to = endpoint) {
  return ids.map((id) => {
    const stored = storedEvent(id);
    return createMember(aTask(stored.event, to), stored);
  });
}

describe('the members of a group', () => {
  it('belong to one endpoint of one workspace, in their order', () => {
    const other = anEndpoint({ url: 'https://other.example.com/' });
    const foreign = anEndpoint({ id: endpoint.id, workspace_id: 'ws_other' });
    const members = ['a', 'b', 'c'].flatMap((id) => [
      ...membersOf([id]),
      ...membersOf([id], other),
      ...membersOf([id], foreign).map((member) => ({
        ...member,
        task: { ...member.task, workspace_id: 'ws_other' },
      })),
    ]);
    const groups = createGroups(members);
    expect(
      groups.map(({ group }) => [
        group.workspace_id,
        group.endpoint_id,
        group.tasks.map((task) => task.message_id),
      ]),
    ).toEqual([
      [endpoint.workspace_id, endpoint.id, ['a', 'b', 'c']],
      [endpoint.workspace_id, other.id, ['a', 'b', 'c']],
      ['ws_other', endpoint.id, ['a', 'b', 'c']],
    ]);
    for (const { group } of groups) expect(group).toMatchObject({ delay_seconds: 0, wakes: 0 });
  });

  it('travel with their events of up to 8 KB, and without larger ones', () => {
    // The limit is 8 KiB, with the comma after the event.
    for (const [bytes, count] of [
      [8_191, 1],
      [8_192, 0],
    ] as const) {
      const stored = eventOfBytes('a', bytes);
      const [start] = createGroups([createMember(aTask(stored.event, endpoint), stored)]);
      expect(start?.events).toHaveLength(count);
      expect(start?.group.tasks).toHaveLength(1);
    }
  });

  it('are all in exactly one group, whose input Step Functions accepts, for any sizes', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 260 });
    fc.assert(
      fc.property(sizes, fc.constantFrom('x', 'é', '😀'), (lengths, character) => {
        const members = lengths.map((length, index) => {
          const stored = storedEvent(String(index), character.repeat(length));
          return createMember(aTask(stored.event, endpoint), stored);
        });
        const groups = createGroups(members);
        expect(groups.flatMap(({ group }) => group.tasks)).toEqual(members.map(({ task }) => task));
        for (const start of groups) {
          expect(start.group.tasks.length).toBeLessThanOrEqual(100);
          expect(Buffer.byteLength(JSON.stringify(start))).toBeLessThan(201_000);
          const ids = new Set(start.group.tasks.map((task) => task.event_id));
          for (const { event } of start.events) expect(ids).toContain(event.event_id);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('the name of a group', () => {
  const nameOf = (ids: readonly string[], run = 'auto'): string => {
    const members = membersOf(ids).map(({ task, ...member }) => ({ ...member, task: { ...task, run } }));
    return createGroups(members)[0]?.group.execution_name ?? '';
  };

  it('is the same for the same members, and another one for other members or another run', () => {
    expect(nameOf(['a', 'b'])).toBe(nameOf(['a', 'b']));
    const names = [
      nameOf(['a', 'b']),
      nameOf(['a', 'c']),
      nameOf(['a', 'b', 'c']),
      nameOf(['a', 'b'], 'rcv_a'),
      nameOf(['a']),
      nameOf(['a'], 'rcv_a'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('is valid for Step Functions, also with the suffix of a record', () => {
    const longRun = 'req_aaaaaaaaaaaaaaaaaaaaaaaaaa-99999';
    for (const name of [
      nameOf(['a', 'b']),
      nameOf(Array.from({ length: 100 }, (_, index) => String(index))),
      singleGroup(aTask(anEvent(), endpoint, { run: longRun })).group.execution_name,
      groupName([nameOf(['a', 'b'])]),
    ]) {
      expect(name).toMatch(/^[\w-]+$/);
      expect(`${name}-record`.length).toBeLessThanOrEqual(80);
    }
  });
});
