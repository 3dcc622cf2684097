/**
 * Checks that the construct can run, before anything loads the CDK. Without this check, an old version fails at some later call, with
 * an error that does not name the cause.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The oldest versions that work. package.json requires the same ones. Node 20.11 is the first with `import.meta.dirname`. With aws-cdk-lib 2.177.0, the template lacks the point-in-time
 * recovery of the table and the topic policies that require TLS, because that version ignores these props.
 */
export const OLDEST = { node: '20.11.0', 'aws-cdk-lib': '2.178.0' } as const;

/** Whether a version such as `2.200.1` is the oldest supported one or later. A suffix such as `-rc.1` is ignored. */
function isSupported(version: string, oldest: string): boolean {
  const [actual, needed] = [version, oldest].map((each) => each.split('.').map((part) => parseInt(part, 10)));
  const index = [0, 1, 2].find((part) => actual?.[part] !== needed?.[part]);
  return index === undefined || (actual?.[index] ?? 0) > (needed?.[index] ?? 0);
}

/** Returns one line that says what to install, or undefined if the versions are supported. An absent version of the CDK is undefined. */
export function unsupportedReason(node: string, cdk: string | undefined): string | undefined {
  if (!isSupported(node, OLDEST.node))
    return `ivymail-events needs Node ${OLDEST.node} or later. This is Node ${node}`;
  const oldest = OLDEST['aws-cdk-lib'];
  const install = `Run: npm install aws-cdk-lib@^${oldest} constructs@^10`;
  if (cdk === undefined)
    return `ivymail-events needs aws-cdk-lib ${oldest} or later, which is not installed. ${install}`;
  if (!isSupported(cdk, oldest))
    return `ivymail-events needs aws-cdk-lib ${oldest} or later. This is aws-cdk-lib ${cdk}. ${install}`;
  return undefined;
}

/** The version of the CDK that this file would load. Undefined if there is none. */
function installedCdk(): string | undefined {
  try {
    const path = createRequire(join(import.meta.dirname, 'index.js')).resolve('aws-cdk-lib/package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
  } catch {
    return undefined;
  }
}

const reason = unsupportedReason(process.versions.node, installedCdk());
if (reason !== undefined) throw new Error(reason);
