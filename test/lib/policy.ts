/**
 * Evaluates the policies of the template like IAM. It supports only the elements that these policies use. Every other element
 * throws, so that no part of a policy is ignored.
 */
import { listOf, resourcesOf, statementsOf, textOf, type Statement } from '../../pages/template.ts';
import type { Template } from 'aws-cdk-lib/assertions';

export const ACCOUNT = '111111111111';
export const REGION = 'eu-central-1';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  '${AWS::AccountId}': ACCOUNT,
  '${AWS::Region}': REGION,
  '${AWS::Partition}': 'aws',
};

/** Resolves an intrinsic function. A value that is only known after the deployment stays a placeholder: `${IvySourceTopic}`. */
export function resolveValue(value: unknown): string {
  return textOf(value).replaceAll(/\$\{AWS::\w+\}/g, (name) => PSEUDO_PARAMETERS[name] ?? name);
}

export interface Request {
  /** The caller: `Service:ses.amazonaws.com`, `AWS:arn:aws:iam::…`. Undefined for an anonymous caller. */
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

/** IAM matches the parts of an ARN one by one, so `*` does not match across a colon. */
function matchesArn(pattern: string, value: string): boolean {
  const parts = pattern.split(':');
  const valueParts = value.split(':');
  const [head, last] = [valueParts.slice(0, 5), valueParts.slice(5).join(':')];
  return (
    head.every((part, index) => matches(parts[index] ?? '', part)) && matches(parts.slice(5).join(':'), last)
  );
}

const OPERATORS: Readonly<Record<string, (expected: string, value: string) => boolean>> = {
  Bool: (expected, value) => expected === value,
  StringEquals: (expected, value) => expected === value,
  ArnLike: matchesArn,
  // IAM treats ArnEquals like ArnLike.
  ArnEquals: matchesArn,
};

function isConditionMet(
  condition: Readonly<Record<string, unknown>>,
  context: Request['context'] = {},
): boolean {
  return Object.entries(condition).every(([name, keys]) => {
    const operator = OPERATORS[name];
    if (!operator) throw new Error(`The condition operator ${name} is not supported`);
    return Object.entries(keys as Record<string, unknown>).every(([key, expected]) => {
      const value = context[key.toLowerCase()];
      // A missing context key does not meet the condition.
      return value !== undefined && listOf(expected).some((each) => operator(resolveValue(each), value));
    });
  });
}

function matchesPrincipal(principal: unknown, by: string | undefined): boolean {
  if (principal === '*') return true;
  const [[kind, names] = ['', undefined], ...rest] = Object.entries(principal as object);
  if (rest.length > 0) throw new Error('A principal with two types is not supported');
  return listOf(names).some((each: unknown) => {
    const name = resolveValue(each);
    if (kind === 'AWS' && name === '*') return true;
    // The root of an account means every principal of the account.
    if (kind === 'AWS' && name.endsWith(':root')) return by?.startsWith(`AWS:${name.slice(0, -4)}`) ?? false;
    return by === `${kind}:${name}`;
  });
}

/** Evaluates a request against a policy. With `not allowed`, another policy can still allow the request. */
export function decide(statements: readonly Statement[], request: Request): Decision {
  const matching = statements.filter(
    ({ Action, Resource, Condition, ...statement }) =>
      listOf(Action).some((action) => matches(action, request.action)) &&
      // A resource policy can name its resource `*`. A trust policy names no resource.
      listOf(Resource ?? '*').some((resource) => matches(resolveValue(resource), request.resource)) &&
      // A policy of a role has no principal and applies to the role.
      (!('Principal' in statement) || matchesPrincipal(statement.Principal, request.by)) &&
      isConditionMet(Condition ?? {}, request.context),
  );
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied';
  return matching.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'not allowed';
}

/** Returns the statements of every policy of a role. */
export function policiesOfRole(template: Template, roleId: string): readonly Statement[] {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => (Properties['Roles'] as unknown[]).map(textOf).includes(`\${${roleId}}`))
    .flatMap(([, policy]) => statementsOf(policy));
}
