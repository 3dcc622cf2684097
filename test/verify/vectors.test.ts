import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signWebhook } from '../../lambdas/delivery/sign.ts';
import type { Vector } from './vector.ts';
import { makeVectors, VECTORS_FILE, type VectorFile } from './vectors.ts';

const file = JSON.parse(readFileSync(VECTORS_FILE, 'utf8')) as VectorFile;
const valid = file.vectors.filter((each) => each.valid);
const invalid = file.vectors.filter((each) => !each.valid);

const bytesOf = (secret: string): Buffer => Buffer.from(secret.replace('whsec_', ''), 'base64');

/** The signatures that the product sends for a vector with these secrets. */
function productSignature({ headers, body = '' }: Vector, secrets: readonly string[]): string {
  return signWebhook({
    webhookId: headers['webhook-id'] ?? '',
    timestampSeconds: Number(headers['webhook-timestamp']),
    body,
    secrets: secrets.map(bytesOf),
  });
}

describe('the published vectors', () => {
  it('equal the output of the generator: run npx tsx test/verify/vectors.ts', () => {
    expect(file).toEqual(makeVectors());
  });

  it('are at least fifty valid and fifty invalid requests with unique names', () => {
    expect(valid.length).toBeGreaterThanOrEqual(50);
    expect(invalid.length).toBeGreaterThanOrEqual(50);
    expect(new Set(file.vectors.map(({ name }) => name)).size).toBe(file.vectors.length);
  });

  it('have a reason if and only if they are invalid', () => {
    expect(valid.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(invalid.filter(({ reason }) => reason === undefined)).toEqual([]);
  });

  it('have the same signature in both headers, and a body that equals its bytes', () => {
    for (const { headers, body, body_base64: bytes } of file.vectors) {
      expect(headers['x-ivymail-signature']).toBe(headers['webhook-signature']);
      expect([undefined, Buffer.from(bytes, 'base64').toString()]).toContain(body);
    }
  });

  it('are all different', () => {
    const requests = file.vectors.map(({ name: _name, reason: _reason, ...rest }) => JSON.stringify(rest));
    expect(requests.filter((each, index) => requests.indexOf(each) !== index)).toEqual([]);
  });
});

describe('the signature of a valid vector', () => {
  it.each(valid)('equals the signature of the product: $name', (vector) => {
    const signatures = vector.headers['webhook-signature'] ?? '';
    expect(signatures.split(' ')).toContain(productSignature(vector, [vector.secret]));
  });

  it('is followed by the signatures of the other secrets, in the same order', () => {
    const unchanged = valid.filter((vector) => vector.signed_with);
    expect(unchanged.length).toBeGreaterThanOrEqual(50);
    for (const vector of unchanged)
      expect(vector.headers['webhook-signature']).toBe(productSignature(vector, vector.signed_with ?? []));
  });

  it('equals the published signature of Standard Webhooks for the first vector', () => {
    expect(file.vectors[0]?.headers['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });
});
