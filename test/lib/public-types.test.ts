/** The declarations that a user's compiler reads for `import { IvyMailEvents } from 'ivymail-events'`. */
import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { IvyMailEvents } from '../../lib/index.ts';
import type { IvyMailEventsProps } from '../../lib/props.ts';
import { PROPS } from '../../lib/resolve-props.ts';
import { buildDeclarations } from '../../package/declarations.ts';

const files = new Map(
  [...buildDeclarations()]
    .filter(([path]) => path.startsWith('types/lib/'))
    .map(([path, contents]) => [path, Buffer.from(contents).toString()]),
);
const declarations = [...files.values()].join('\n');

describe('the declarations of the construct', () => {
  it('import only the CDK and each other, because the package has no other dependency', () => {
    const imported = [...declarations.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
      ([, specifier = '']) => specifier,
    );
    expect(imported.length).toBeGreaterThan(10);
    for (const specifier of imported)
      expect(specifier).toMatch(/^(?:aws-cdk-lib(?:\/[\w-]+)?|constructs|\.\/[\w-]+\.cjs)$/);
  });

  it('are few files, and none describes a part of the construct that is not exported', () => {
    expect([...files.keys()].map((path) => path.replace(/^types\/lib\/|\.d\.cts$/g, '')).toSorted()).toEqual([
      'index',
      'ivy-mail-events',
      'props',
      'supported-versions',
    ]);
  });

  it('describe every prop, with its default', () => {
    const text = files.get('types/lib/props.d.cts') ?? '';
    const props = /interface IvyMailEventsProps \{([^]*?)\n\}/.exec(text)?.[1] ?? '';
    const described = [...props.matchAll(/\/\*\*[^]*?@default[^]*?\*\/\n\s+readonly (\w+)\?:/g)].map(
      ([, name = '']) => name,
    );
    const all = [...props.matchAll(/readonly (\w+)\?:/g)].map(([, name = '']) => name);
    expect(described).toEqual(all);
    expect(new Set(all)).toEqual(PROPS);
  });
});

/** Each line has a mistake that the compiler must report. `tsc` fails if it reports none. */
const MISTAKES: readonly ((stack: Stack) => IvyMailEventsProps)[] = [
  // @ts-expect-error -- an unknown prop
  () => ({ retentiondays: 30 }),
  // @ts-expect-error -- a number as text
  () => ({ retentionDays: '30' }),
  // @ts-expect-error -- a name instead of a construct
  () => ({ configurationSet: 'mine' }),
  // @ts-expect-error -- an ARN instead of a construct
  () => ({ domain: { name: 'events.example.com', certificate: 'arn:aws:acm:us-east-1:0:certificate/a' } }),
  // @ts-expect-error -- a domain without a certificate
  () => ({ domain: { name: 'events.example.com' } }),
  // @ts-expect-error -- text instead of a value of RemovalPolicy
  () => ({ removalPolicy: 'keep' }),
  // @ts-expect-error -- an unknown part
  () => ({ retry: { firstDelay: 60 } }),
];

it.each(MISTAKES.map((propsOf) => [propsOf]))(
  'a caller without types gets an error at synth: %s',
  (propsOf) => {
    const stack = new Stack();
    expect(() => new IvyMailEvents(stack, 'Mail', propsOf(stack))).toThrow(
      /^IvyMail Events cannot be built with these props\.\n {2}\w+/,
    );
  },
);
