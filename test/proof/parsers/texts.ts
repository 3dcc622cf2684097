/** Addresses, packed raw events, environment variables, stack options and SES errors. */
import { classifySendError, redactedSesError } from '../../../lambdas/api/ses-errors.ts';
import { STATUS_OF_CODE } from '../../../lambdas/api/errors.ts';
import { bareAddress, canonicalAddress, mailboxHeader } from '../../../lambdas/core/addresses.ts';
import { requireEnv, requireNumberEnv } from '../../../lambdas/core/env.ts';
import { packRawEvent, unpackRawEvent } from '../../../lambdas/core/raw-event.ts';
import { resolveOptions, type StackOptions } from '../../../lib/options.ts';
import { SAMPLES } from '../../../sim/ses/samples.ts';
import { damageValue, damageText, noise } from './damage.ts';
import { toError, assertThat, expectUnchanged, type Parser } from './parser.ts';

const MAILBOXES = [
  'ann@example.com',
  'Ann <ann@example.com>',
  '"Ann, \\"Dr.\\"" <ann@example.com>',
  'Jürgen <j@b.de>',
];
const RAW = JSON.stringify(SAMPLES.bounce);
const PACKED = packRawEvent(RAW, 'context');
const OPTIONS: StackOptions = {
  retentionDays: 30,
  retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
  alarmEmail: 'ops@example.com',
  throttle: { ratePerSecond: 100, burst: 200 },
  removalPolicy: 'destroy',
};
const SES_ERRORS = ['MessageRejected', 'ThrottlingException', 'LimitExceededException', 'TimeoutError'];
const INHERITED_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];

export const TEXTS: readonly Parser[] = [
  {
    name: 'address and mailbox',
    try(dice) {
      const valid = dice.pick(MAILBOXES);
      const mailbox = dice.pick([valid, damageText(valid, dice), noise(dice)]);
      const bare = bareAddress(mailbox);
      assertThat(bare === bare.trim() && mailbox.includes(bare), 'The address is not part of the mailbox');
      assertThat(
        canonicalAddress(canonicalAddress(bare)) === canonicalAddress(bare),
        'The canonical form of an address has another canonical form',
      );
      const header = mailboxHeader(mailbox);
      assertThat(
        header.endsWith(bare) || header.endsWith(`<${bare}>`),
        'The header contains another address',
      );
      const name = header.slice(0, header.length - bare.length - 2).trimEnd();
      assertThat(header === bare || /^[\u0020-\u007e]*$/.test(name), 'The name is not ASCII');
      return header === bare ? 'refused' : 'accepted';
    },
  },
  {
    name: 'packed raw event',
    validInputs: [() => (unpackRawEvent(PACKED, 'context') === RAW ? 'accepted' : 'refused')],
    async try(dice) {
      const bytes = Buffer.from(PACKED);
      for (let flips = dice.below(4); flips > 0; flips -= 1)
        bytes.writeUInt8(dice.below(256), dice.below(bytes.length));
      const damaged = bytes.subarray(0, dice.chance(0.3) ? dice.below(bytes.length) : bytes.length);
      const unpacked = await expectUnchanged(Uint8Array.from(damaged), (value) => {
        try {
          return unpackRawEvent(value, 'context');
        } catch (error) {
          return toError(error);
        }
      });
      assertThat(
        unpacked instanceof Error || unpacked === RAW,
        'A damaged event was unpacked to another text without an error',
      );
      return unpacked instanceof Error ? 'refused' : 'accepted';
    },
  },
  {
    name: 'environment variable',
    try(dice) {
      const value = dice.pick(['90', '1e3', ' 7 ', noise(dice), '', 'NaN', 'Infinity']);
      const environment = dice.pick([{ DAYS: value }, { DAY: value }]);
      try {
        const text = requireEnv(environment, 'DAYS');
        assertThat(text !== '' && text === text.trim(), 'An empty value was accepted');
        assertThat(Number.isFinite(requireNumberEnv(environment, 'DAYS')), 'A value is not a number');
        return 'accepted';
      } catch (error) {
        assertThat(
          error instanceof Error && / DAYS /.test(error.message),
          `The error does not contain the name of the variable: ${String(error)}`,
        );
        return 'refused';
      }
    },
  },
  {
    name: 'stack options',
    validInputs: [() => (resolveOptions(OPTIONS).retentionDays === 30 ? 'accepted' : 'refused')],
    share: 0.5,
    async try(dice) {
      const damaged = damageValue(OPTIONS, dice);
      const resolved = await expectUnchanged(damaged, (options) => {
        try {
          return resolveOptions(options);
        } catch (error) {
          return toError(error);
        }
      });
      if (!(resolved instanceof Error)) {
        const { retry, retentionDays, throttle } = resolved;
        const numbers = [...Object.values(retry), retentionDays, ...Object.values(throttle)];
        assertThat(
          numbers.every((each) => Number.isFinite(each) && each >= 0),
          'An option is not a number',
        );
        return 'accepted';
      }
      assertThat(resolved.message.startsWith('IvyMail Events cannot be built'), String(resolved.stack));
      return 'refused';
    },
  },
  {
    name: 'SES error',
    try(dice) {
      const name = dice.pick([
        ...SES_ERRORS,
        ...INHERITED_NAMES,
        noise(dice),
        damageText('Throttling', dice),
      ]);
      const metadata = dice.pick([{}, { httpStatusCode: 400, requestId: noise(dice) }, null]);
      const error = Object.assign(new Error(dice.pick(['not verified', noise(dice)])), {
        name,
        $metadata: damageValue({ metadata }, dice).metadata,
      });
      const failure = classifySendError(dice.chance(0.05) ? damageValue({ name }, dice) : error);
      assertThat(
        redactedSesError(error).message.startsWith('SES failed'),
        'The log contains the message of SES',
      );
      if (failure.kind === 'retry')
        assertThat(failure.afterSeconds >= 1, 'The request is repeated without a wait');
      if (failure.kind === 'refused')
        assertThat(Object.hasOwn(STATUS_OF_CODE, failure.code), 'The API does not have this error code');
      return failure.kind === 'refused' ? 'accepted' : 'refused';
    },
  },
];
