import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signWebhook } from '../../lambdas/delivery/sign.ts';
import type { Vector } from './vector.ts';
import { makeVectors, VECTORS_FILE, type VectorFile } from './vectors.ts';

const file = JSON.parse(readFileSync(VECTORS_FILE, 'utf8')) as VectorFile;
const valid = file.vectors.filter((each) => each.valid);
const invalid = file.vectors.filter((each) => !each.valid);

const bytesOf = (secret: string): Buffer => Buffer.from(secret.replace('whsec_', ''), 'base64');

/** What the product sends for a vector, signed by these secrets. */
function signedByUs({ headers, body = '' }: Vector, secrets: readonly string[]): string {
  return signWebhook({
    webhookId: headers['webhook-id'] ?? '',
    timestampSeconds: Number(headers['webhook-timestamp']),
    body,
    secrets: secrets.map(bytesOf),
  });
}

describe('the vectors', () => {
  it('are what their generator makes: run npx tsx test/verify/vectors.ts', () => {
    expect(file).toEqual(makeVectors());
  });

  it('are fifty and more of each kind, each with a name of its own', () => {
    expect(valid.length).toBeGreaterThanOrEqual(50);
    expect(invalid.length).toBeGreaterThanOrEqual(50);
    expect(new Set(file.vectors.map(({ name }) => name)).size).toBe(file.vectors.length);
  });

  it('say why, where one is invalid, and only there', () => {
    expect(valid.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(invalid.filter(({ reason }) => reason === undefined)).toEqual([]);
  });

  it('have the same signature under both names, and a body that is its bytes', () => {
    for (const { headers, body, body_base64: bytes } of file.vectors) {
      expect(headers['x-ivymail-signature']).toBe(headers['webhook-signature']);
      expect([undefined, Buffer.from(bytes, 'base64').toString()]).toContain(body);
    }
  });

  it('are no copies of each other', () => {
    const asked = file.vectors.map(({ name: _name, reason: _reason, ...rest }) => JSON.stringify(rest));
    expect(asked.filter((each, index) => asked.indexOf(each) !== index)).toEqual([]);
  });
});

describe('the signature of a valid vector', () => {
  it.each(valid)('is the one we send: $name', (vector) => {
    const signatures = vector.headers['webhook-signature'] ?? '';
    expect(signatures.split(' ')).toContain(signedByUs(vector, [vector.secret]));
  });

  it('is followed by those of the other secrets, in their order', () => {
    const plain = valid.filter((vector) => vector.signed_with);
    expect(plain.length).toBeGreaterThanOrEqual(50);
    for (const vector of plain)
      expect(vector.headers['webhook-signature']).toBe(signedByUs(vector, vector.signed_with ?? []));
  });

  it('is, of one of them, published', () => {
    expect(file.vectors[0]?.headers['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });
});
