/**
 * Finds the sites: functions of the product that write with a condition. A site is named `lambdas/store/<file>.ts <function>`.
 * The sources give the list of sites, and at run time the call stack names the site of a write. So no list of conditions can
 * be out of date.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The folders whose code can write to the table. */
const SEARCHED_FOLDERS = ['lambdas', 'admin', 'bin', 'lib', 'local'];

/** An INSERT of PartiQL fails if its row exists, so it is a condition, too. */
const CONDITION = /(?<!Key)\bConditionExpression\b|\bINSERT INTO\b/;
const TOP_LEVEL = /^(?:export )?(?:async )?(?:function\*? |const |class )(\w+)/;

/** The functions of a source text that contain a condition, one entry for each condition. */
export function conditionsIn(source: string): readonly string[] {
  let functionName = 'module';
  return source.split('\n').flatMap((line) => {
    functionName = TOP_LEVEL.exec(line)?.[1] ?? functionName;
    return CONDITION.test(line) ? [functionName] : [];
  });
}

/** Every site, one entry for each condition. */
export function conditionSites(): readonly string[] {
  return SEARCHED_FOLDERS.flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .map((file) => join(ROOT, directory, file))
      .flatMap((path) =>
        conditionsIn(readFileSync(path, 'utf8')).map((name) => `${relative(ROOT, path)} ${name}`),
      ),
  );
}

/** The innermost site in a call stack. */
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
