/**
 * Where the product writes under a condition. A place is named `lambdas/store/<file>.ts <function>`: the sources are
 * searched for it, and at run time the call stack names it, so no list of conditions can be out of date.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
/** Every directory whose code can write to the table. */
const SEARCHED = ['lambdas', 'admin', 'bin', 'lib', 'local'];

const CONDITION = /(?<!Key)\bConditionExpression\b/;
const TOP_LEVEL = /^(?:export )?(?:async )?(?:function\*? |const |class )(\w+)/;

/** The functions of a source text that give a condition, one entry for each condition. */
export function conditionsIn(source: string): readonly string[] {
  let within = 'module';
  return source.split('\n').flatMap((line) => {
    within = TOP_LEVEL.exec(line)?.[1] ?? within;
    return CONDITION.test(line) ? [within] : [];
  });
}

/** Every place with a condition, one entry for each condition. */
export function conditionSites(): readonly string[] {
  return SEARCHED.flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .map((file) => join(ROOT, directory, file))
      .flatMap((path) =>
        conditionsIn(readFileSync(path, 'utf8')).map((name) => `${relative(ROOT, path)} ${name}`),
      ),
  );
}

/** The first of the places that the call stack passes through. */
export function siteOf(stack: string, sites: ReadonlySet<string>): string | undefined {
  return stack
    .split('\n')
    .map((line) => {
      const [, name, path = ''] =
        /at (?:async )?(?:\w+\.)?(\w+) \((?:file:\/\/)?(.+?):\d+:\d+\)/.exec(line) ?? [];
      return `${relative(ROOT, path)} ${name}`;
    })
    .find((name) => sites.has(name));
}
