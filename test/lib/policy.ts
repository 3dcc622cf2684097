/** Policies as IAM reads them, as far as ours go; anything else throws, so that nothing passes unread. */
import { listOf, resourcesOf, statementsOf, textOf, type Statement } from '../../pages/template.ts';
import type { Template } from 'aws-cdk-lib/assertions';

export const ACCOUNT = '111111111111';
export const REGION = 'eu-central-1';

const PSEUDO: Readonly<Record<string, string>> = {
  '${AWS::AccountId}': ACCOUNT,
  '${AWS::Region}': REGION,
  '${AWS::Partition}': 'aws',
};

/** An intrinsic as it would be deployed; what is known only then keeps its name: `${IvySourceTopic}`. */
export function deployed(value: unknown): string {
  return textOf(value).replaceAll(/\$\{AWS::\w+\}/g, (name) => PSEUDO[name] ?? name);
}

export interface Request {
  /** `Service:ses.amazonaws.com`, `AWS:arn:aws:iam::…`; nobody is anonymous. */
  readonly by?: string;
  readonly action: string;
  readonly resource: string;
  /** Condition keys in lower case. */
  readonly context?: Readonly<Record<string, string>>;
}

export type Decision = 'allowed' | 'denied' | 'not allowed';

function matches(pattern: string, value: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);
}

/** The parts of an ARN are matched one by one: a star does not reach over a colon. */
function matchesArn(pattern: string, value: string): boolean {
  const parts = pattern.split(':');
  const given = value.split(':');
  const [head, last] = [given.slice(0, 5), given.slice(5).join(':')];
  return (
    head.every((part, index) => matches(parts[index] ?? '', part)) && matches(parts.slice(5).join(':'), last)
  );
}

const OPERATORS: Readonly<Record<string, (expected: string, value: string) => boolean>> = {
  Bool: (expected, value) => expected === value,
  StringEquals: (expected, value) => expected === value,
  ArnLike: matchesArn,
  // IAM reads the two alike.
  ArnEquals: matchesArn,
};

function holds(condition: Readonly<Record<string, unknown>>, context: Request['context'] = {}): boolean {
  return Object.entries(condition).every(([name, keys]) => {
    const operator = OPERATORS[name];
    if (!operator) throw new Error(`Cannot read the condition ${name}`);
    return Object.entries(keys as Record<string, unknown>).every(([key, expected]) => {
      const value = context[key.toLowerCase()];
      // A key that is not there fulfils no condition.
      return value !== undefined && listOf(expected).some((each) => operator(deployed(each), value));
    });
  });
}

function isFor(principal: unknown, by: string | undefined): boolean {
  if (principal === '*') return true;
  const [[kind, names] = ['', undefined], ...rest] = Object.entries(principal as object);
  if (rest.length > 0) throw new Error('Cannot read a principal of two kinds');
  return listOf(names).some((each: unknown) => {
    const name = deployed(each);
    if (kind === 'AWS' && name === '*') return true;
    // The root of an account stands for all of it.
    if (kind === 'AWS' && name.endsWith(':root')) return by?.startsWith(`AWS:${name.slice(0, -4)}`) ?? false;
    return by === `${kind}:${name}`;
  });
}

/** What a policy says of a request; `not allowed` leaves it to other policies. */
export function decide(statements: readonly Statement[], request: Request): Decision {
  const about = statements.filter(
    ({ Action, Resource, Condition, ...statement }) =>
      listOf(Action).some((action) => matches(action, request.action)) &&
      // A policy of the resource itself may name it by a star; a trust policy does not name it.
      listOf(Resource ?? '*').some((resource) => matches(deployed(resource), request.resource)) &&
      // The policy of a role is about that role.
      (!('Principal' in statement) || isFor(statement.Principal, request.by)) &&
      holds(Condition ?? {}, request.context),
  );
  if (about.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return about.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'not allowed';
}

/** What a role may do, by all of its policies. */
export function policiesOfRole(template: Template, roleId: string): readonly Statement[] {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => (Properties['Roles'] as unknown[]).map(textOf).includes(`\${${roleId}}`))
    .flatMap(([, policy]) => statementsOf(policy));
}
