import { describe, expect, it } from 'vitest';
import { KEY_ATTRIBUTES } from '../../lambdas/store/keys.ts';
import { resource, templateOf } from '../../pages/template.ts';

const { Properties } = resource(templateOf(), 'AWS::DynamoDB::GlobalTable');
const replicas = Properties['Replicas'] as Record<string, unknown>[];

describe('the table', () => {
  it('is encrypted, has point-in-time recovery, and is protected from deletion', () => {
    expect(Properties['SSESpecification']).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
    expect(replicas).toEqual([
      expect.objectContaining({
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      }),
    ]);
  });

  it('is not protected from deletion with removalPolicy destroy', () => {
    const table = resource(templateOf({ removalPolicy: 'destroy' }), 'AWS::DynamoDB::GlobalTable');

    expect((table.Properties['Replicas'] as object[])[0]).toMatchObject({ DeletionProtectionEnabled: false });
  });

  it('expires rows by the attribute that the store writes', () => {
    expect(Properties['TimeToLiveSpecification']).toEqual({
      AttributeName: KEY_ATTRIBUTES.ttl,
      Enabled: true,
    });
  });

  it('streams new images only, because a webhook needs no old image', () => {
    expect(Properties['StreamSpecification']).toEqual({ StreamViewType: 'NEW_IMAGE' });
  });

  it('is billed per request', () => {
    expect(Properties['BillingMode']).toBe('PAY_PER_REQUEST');
  });

  it('has the keys of the store', () => {
    expect(Properties['KeySchema']).toEqual([
      { AttributeName: KEY_ATTRIBUTES.pk, KeyType: 'HASH' },
      { AttributeName: KEY_ATTRIBUTES.sk, KeyType: 'RANGE' },
    ]);
  });

  it('has two indexes that no version changes, because DynamoDB cannot change an index', () => {
    // Literal on purpose: with the constants of the store, this test would accept a changed list.
    const Projection = {
      ProjectionType: 'INCLUDE',
      NonKeyAttributes: [
        'kind',
        'id',
        'event',
        'to',
        'from',
        'subject',
        'details',
        'tags',
        'status',
        'attempt_count',
        'next_attempt_at',
        'created_at',
        'completed_at',
        'test',
        'name',
        'scopes',
        'hint',
        'last_used_at',
        'expires_at',
      ],
    };
    const range = { AttributeName: 'sk', KeyType: 'RANGE' };

    expect(Properties['GlobalSecondaryIndexes']).toEqual([
      { IndexName: 'by_g1pk', KeySchema: [{ AttributeName: 'g1pk', KeyType: 'HASH' }, range], Projection },
      { IndexName: 'by_g2pk', KeySchema: [{ AttributeName: 'g2pk', KeyType: 'HASH' }, range], Projection },
    ]);
  });
});
