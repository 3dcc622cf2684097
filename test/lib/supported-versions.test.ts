import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OLDEST, unsupportedReason } from '../../lib/supported-versions.ts';

const CDK = OLDEST['aws-cdk-lib'];
const before = (version: string): string => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return `${major}.${minor - 1}.9`;
};

describe('unsupportedReason', () => {
  it.each([
    [OLDEST.node, CDK],
    ['24.1.0', `${CDK}-rc.0`],
    ['20.19.5', '2.999.0'],
    ['100.0.0', '3.0.0'],
  ])('accepts Node %s with aws-cdk-lib %s', (node, cdk) => {
    expect(unsupportedReason(node, cdk)).toBeUndefined();
  });

  it.each([
    ['an old Node', '18.20.4', CDK, /needs Node 20\.11\.0 or later\. This is Node 18\.20\.4$/],
    [
      'an old CDK',
      '20.11.0',
      before(CDK),
      /This is aws-cdk-lib \S+\. Run: npm install aws-cdk-lib@\S+ constructs@\^10$/,
    ],
    ['version 1 of the CDK', '20.11.0', '1.204.0', /This is aws-cdk-lib 1\.204\.0\./],
    ['no CDK', '20.11.0', undefined, /which is not installed\. Run: npm install aws-cdk-lib/],
  ])('refuses %s in one line', (_, node, cdk, message) => {
    const reason = unsupportedReason(node, cdk) ?? '';
    expect(reason).toMatch(/^ivymail-events needs /);
    expect(reason).toMatch(message);
    expect(reason).not.toContain('\n');
  });
});

it('package.json requires the same versions', () => {
  const { engines, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    engines: { node: string };
    peerDependencies: Record<string, string>;
  };
  expect(OLDEST.node).toBe(`${engines.node.replace('>=', '')}.0`);
  expect(peerDependencies['aws-cdk-lib']).toBe(`^${CDK}`);
});
