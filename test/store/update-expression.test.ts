import { describe, expect, it } from 'vitest';
import { updateExpression } from '../../lambdas/store/update-expression.ts';

describe('updateExpression', () => {
  it('writes attributes under aliases, because DynamoDB reserves words such as `status`', () => {
    expect(updateExpression({ set: { status: 'active', updated_at: 'now' } })).toEqual({
      UpdateExpression: 'SET #status = :new_status, #updated_at = :new_updated_at',
      ExpressionAttributeNames: { '#status': 'status', '#updated_at': 'updated_at' },
      ExpressionAttributeValues: { ':new_status': 'active', ':new_updated_at': 'now' },
    });
  });

  it('leaves an attribute unchanged if its value is undefined', () => {
    expect(updateExpression({ set: { status: 'active', to: undefined } })).toEqual({
      UpdateExpression: 'SET #status = :new_status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':new_status': 'active' },
    });
  });

  it.each([null, 0, false, ''])('writes %j, which is a value', (value) => {
    expect(updateExpression({ set: { position: value } })).toEqual({
      UpdateExpression: 'SET #position = :new_position',
      ExpressionAttributeNames: { '#position': 'position' },
      ExpressionAttributeValues: { ':new_position': value },
    });
  });

  it('keeps the value of an attribute that is written only if absent', () => {
    expect(updateExpression({ setIfAbsent: { created_at: 'now' } })).toEqual({
      UpdateExpression: 'SET #created_at = if_not_exists(#created_at, :new_created_at)',
      ExpressionAttributeNames: { '#created_at': 'created_at' },
      ExpressionAttributeValues: { ':new_created_at': 'now' },
    });
  });

  it('writes or removes an attribute, depending on whether its value is undefined', () => {
    expect(updateExpression({ setOrRemove: { g2pk: 'F#held', completed_at: undefined } })).toEqual({
      UpdateExpression: 'SET #g2pk = :new_g2pk REMOVE #completed_at',
      ExpressionAttributeNames: { '#g2pk': 'g2pk', '#completed_at': 'completed_at' },
      ExpressionAttributeValues: { ':new_g2pk': 'F#held' },
    });
  });

  it('has no values if it only removes attributes', () => {
    expect(updateExpression({ remove: ['health', 'failures'] })).toEqual({
      UpdateExpression: 'REMOVE #health, #failures',
      ExpressionAttributeNames: { '#health': 'health', '#failures': 'failures' },
    });
  });

  it('joins all clauses into one expression', () => {
    expect(
      updateExpression({
        set: { kind: 'counters' },
        setIfAbsent: { failing_since: 'now' },
        setOrRemove: { ttl: 9, reason: undefined },
        add: { failures: 1, attempts: 2 },
        remove: ['lease_owner'],
      }),
    ).toEqual({
      UpdateExpression: [
        'SET #kind = :new_kind, #ttl = :new_ttl,',
        '#failing_since = if_not_exists(#failing_since, :new_failing_since)',
        'ADD #failures :new_failures, #attempts :new_attempts',
        'REMOVE #lease_owner, #reason',
      ].join(' '),
      ExpressionAttributeNames: {
        '#kind': 'kind',
        '#failing_since': 'failing_since',
        '#ttl': 'ttl',
        '#reason': 'reason',
        '#failures': 'failures',
        '#attempts': 'attempts',
        '#lease_owner': 'lease_owner',
      },
      ExpressionAttributeValues: {
        ':new_kind': 'counters',
        ':new_failing_since': 'now',
        ':new_ttl': 9,
        ':new_failures': 1,
        ':new_attempts': 2,
      },
    });
  });

  it('keeps the values of the condition apart from those of the update', () => {
    expect(
      updateExpression({ set: { status: 'disabled' } }, { names: ['url'], values: { status: 'active' } }),
    ).toEqual({
      UpdateExpression: 'SET #status = :new_status',
      ExpressionAttributeNames: { '#status': 'status', '#url': 'url' },
      ExpressionAttributeValues: { ':new_status': 'disabled', ':status': 'active' },
    });
  });
});
