import { describe, expect, it } from 'vitest';
import { INDEX, KEY_ATTRIBUTES, PROJECTED_ATTRIBUTES } from '../../lambdas/store/keys.ts';
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

  it('has the keys and the two indexes of the store', () => {
    const hash = (name: string): object => ({ AttributeName: name, KeyType: 'HASH' });
    const range = { AttributeName: KEY_ATTRIBUTES.sk, KeyType: 'RANGE' };
    const Projection = {
      ProjectionType: 'INCLUDE',
      NonKeyAttributes: expect.toSatisfy(
        (names: string[]) => names.toSorted().join() === [...PROJECTED_ATTRIBUTES].toSorted().join(),
      ) as unknown,
    };

    expect(Properties['KeySchema']).toEqual([hash(KEY_ATTRIBUTES.pk), range]);
    expect(Properties['GlobalSecondaryIndexes']).toEqual([
      { IndexName: INDEX.g1, KeySchema: [hash(KEY_ATTRIBUTES.g1pk), range], Projection },
      { IndexName: INDEX.g2, KeySchema: [hash(KEY_ATTRIBUTES.g2pk), range], Projection },
    ]);
  });
});
