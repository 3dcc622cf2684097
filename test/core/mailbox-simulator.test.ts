import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMailboxSimulator } from '../../lambdas/core/mailbox-simulator.ts';

const NAMES = ['success', 'bounce', 'complaint', 'ooto', 'suppressionlist'];

describe('isMailboxSimulator', () => {
  it.each([
    ...NAMES.map((name) => `${name}@simulator.amazonses.com`),
    'bounce+label@simulator.amazonses.com',
    'bounce+label+of+a.label@simulator.amazonses.com',
    'Bounce@Simulator.AmazonSES.COM',
    'anything-else@simulator.amazonses.com',
    '"a@b"@simulator.amazonses.com',
    'bounce@simulator.amazonses.com.',
    'bounce@simulator.amazonses.com (Ann)',
    'bounce@simulator.amazonses.com(see ann@customer.example)',
    'bounce@ｓｉｍｕｌａｔｏｒ.amazonses.com',
    ' bounce@simulator.amazonses.com ',
    'Ann Example <bounce@simulator.amazonses.com>',
    '"bounce@example.com" <bounce@simulator.amazonses.com>',
  ])('accepts %s', (address) => {
    expect(isMailboxSimulator(address)).toBe(true);
  });

  it.each([
    '',
    'simulator.amazonses.com',
    'bounce@customer.example',
    'bounce@amazonses.com',
    'ann@customer.example (bounce@simulator.amazonses.com)',
    'bounce@simulator.amazonses.com x@customer.example',
    'bounce@eu.simulator.amazonses.com',
    'bounce@simulator.amazonses.com.example',
    'bounce@notsimulator.amazonses.com',
    'bounce@simulator-amazonses.com',
    'bounce@simulatorxamazonses.com',
    'bounce+simulator.amazonses.com@customer.example',
    '"bounce@simulator.amazonses.com"@customer.example',
    '"bounce@simulator.amazonses.com" <ann@customer.example>',
  ])('does not accept "%s"', (address) => {
    expect(isMailboxSimulator(address)).toBe(false);
  });

  it('depends only on the domain, in any letter case and with any local part', () => {
    const localPart = fc.stringMatching(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,30}$/);
    const domain = fc.constantFrom('simulator.amazonses.com', 'customer.example', 'amazonses.com');
    const upperCase = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(localPart, domain, upperCase, (local, host, upper) => {
        const mixedCase = host
          .split('')
          .map((letter) => (upper.next().value === true ? letter.toUpperCase() : letter))
          .join('');
        expect(isMailboxSimulator(`${local}@${mixedCase}`)).toBe(host === 'simulator.amazonses.com');
      }),
    );
  });
});
