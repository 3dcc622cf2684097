/** Evaluates every resource policy with legitimate and forged requests. */
import { describe, expect, it } from 'vitest';
import { ACCOUNT, decide, REGION, type Request } from './policy.ts';
import {
  resource,
  resourcesOf,
  statementsOf,
  templateOf,
  textOf,
  type Statement,
} from '../../pages/template.ts';

const template = templateOf();
const id = (type: string, prefix: string): string => resource(template, type, prefix).id;
const TOPIC = `\${${id('AWS::SNS::Topic', 'IvySource')}}`;
const ALARMS = `\${${id('AWS::SNS::Topic', 'IvyAlarms')}}`;
const OTHER_ACCOUNT = '999999999999';
const TLS = { 'aws:securetransport': 'true' };

type Caller = Pick<Request, 'by' | 'context'>;

/** An AWS service that acts on behalf of a resource. */
function service(name: string, sourceArn?: string, sourceAccount = sourceArn?.split(':')[4]): Caller {
  return {
    by: `Service:${name}.amazonaws.com`,
    context: {
      ...TLS,
      'aws:principalisawsservice': 'true',
      ...(sourceArn !== undefined && { 'aws:sourcearn': sourceArn }),
      ...(sourceAccount !== undefined && { 'aws:sourceaccount': sourceAccount }),
    },
  };
}

function user(account: string): Caller {
  return {
    by: `AWS:arn:aws:iam::${account}:user/admin`,
    context: { ...TLS, 'aws:principalisawsservice': 'false' },
  };
}

const anonymous: Caller = { context: { ...TLS, 'aws:principalisawsservice': 'false' } };
const plainHttp = (caller: Caller): Caller => ({
  ...caller,
  context: { ...caller.context, 'aws:securetransport': 'false' },
});

const ses = (name: string, account = ACCOUNT, region = REGION): string =>
  `arn:aws:ses:${region}:${account}:${name}`;
const alarm = (account: string): string => `arn:aws:cloudwatch:${REGION}:${account}:alarm:one`;
const SET = ses('configuration-set/ours');

interface Target {
  readonly statements: readonly Statement[];
  readonly action: string;
  readonly resource: string;
  readonly allowed: Readonly<Record<string, Caller>>;
  readonly forged: Readonly<Record<string, Caller>>;
}

const STRANGERS = {
  'a user of another account': user(OTHER_ACCOUNT),
  'an anonymous caller': anonymous,
};

function queue(prefix: string, allowed: Target['allowed']): Target {
  return {
    statements: statementsOf(resource(template, 'AWS::SQS::QueuePolicy', prefix)),
    action: 'sqs:SendMessage',
    resource: `\${${id('AWS::SQS::Queue', prefix)}.Arn}`,
    allowed,
    forged: {
      'another topic of the account': service('sns', `arn:aws:sns:${REGION}:${ACCOUNT}:other`),
      'a topic of another account': service('sns', `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:ours`),
      'the alarm topic': service('sns', ALARMS),
      'SNS without a topic': service('sns'),
      'SES itself': service('ses', SET),
      'another service with the ARN of our topic': service('events', TOPIC),
      'our topic, without TLS': plainHttp(service('sns', TOPIC)),
      'an administrator, without TLS': plainHttp(user(ACCOUNT)),
      ...STRANGERS,
    },
  };
}

const FROM_TOPIC = { 'our topic': service('sns', TOPIC) };

const TARGETS: Readonly<Record<string, Target>> = {
  'the event topic': {
    statements: statementsOf(resource(template, 'AWS::SNS::TopicPolicy', 'IvySource')),
    action: 'sns:Publish',
    resource: TOPIC,
    allowed: {
      'SES for our configuration set': service('ses', SET),
      // A workspace can have its own configuration set.
      'SES for another configuration set of the account': service(
        'ses',
        ses('configuration-set/of-a-workspace'),
      ),
      'SES for an identity of the account': service('ses', ses('identity/example.com')),
    },
    forged: {
      'SES for a configuration set of another account': service(
        'ses',
        ses('configuration-set/ours', OTHER_ACCOUNT),
      ),
      'SES for our configuration set, with another source account': service('ses', SET, OTHER_ACCOUNT),
      'SES for a configuration set of another account, with our source account': service(
        'ses',
        ses('configuration-set/ours', OTHER_ACCOUNT),
        ACCOUNT,
      ),
      'SES for a configuration set of another region': service(
        'ses',
        ses('configuration-set/ours', ACCOUNT, 'us-east-1'),
      ),
      'SES for a template of the account': service('ses', ses('template/ours')),
      'SES without a source': service('ses'),
      'another service with the ARN of our configuration set': service('s3', SET),
      'SES without TLS': plainHttp(service('ses', SET)),
      'an administrator of the account': user(ACCOUNT),
      ...STRANGERS,
    },
  },
  'the event queue': queue('IvySourceQueue', FROM_TOPIC),
  'the dead-letter queue of the subscription': queue('IvySourceSubscriptionDeadLetters', FROM_TOPIC),
  'the dead-letter queue of ingest': queue('IvySourceDeadLetters', {}),
  'the dead-letter queue of dispatch': queue('IvyDeliveryDispatchDeadLetters', {}),
  'the dead-letter queue of deliver': queue('IvyDeliveryDeliverDeadLetters', {}),
  'the dead-letter queue of tally': queue('IvyTallyDeadLetters', {}),
  'the alarm topic': {
    statements: statementsOf(resource(template, 'AWS::SNS::TopicPolicy', 'IvyAlarms')),
    action: 'sns:Publish',
    resource: ALARMS,
    allowed: { 'an alarm of the account': service('cloudwatch', alarm(ACCOUNT)) },
    forged: {
      'an alarm of another account': service('cloudwatch', alarm(OTHER_ACCOUNT)),
      'an alarm of the account, with another source account': service(
        'cloudwatch',
        alarm(ACCOUNT),
        OTHER_ACCOUNT,
      ),
      'an alarm of another account, with our source account': service(
        'cloudwatch',
        alarm(OTHER_ACCOUNT),
        ACCOUNT,
      ),
      'another service': service('ses', alarm(ACCOUNT)),
      'an alarm, without TLS': plainHttp(service('cloudwatch', alarm(ACCOUNT))),
      ...STRANGERS,
    },
  },
  'the KMS key of the secrets': {
    statements: (
      resource(template, 'AWS::KMS::Key').Properties['KeyPolicy'] as { readonly Statement: Statement[] }
    ).Statement,
    action: 'kms:Decrypt',
    resource: 'the key',
    // The key policy allows the account, so the policies of its roles decide.
    allowed: { 'a user of the account': user(ACCOUNT) },
    forged: { 'a service of AWS': service('lambda', SET), ...STRANGERS },
  },
};

/** If the resource policy does not decide, the identity policy of an administrator of the account allows the request. */
function isAllowed(
  { action, resource: name }: Target,
  caller: Caller,
  statements: readonly Statement[],
): boolean {
  const decision = decide(statements, { action, resource: name, ...caller });
  return (
    decision === 'allowed' ||
    (decision === 'not allowed' && caller.by?.startsWith(`AWS:arn:aws:iam::${ACCOUNT}:`) === true)
  );
}

/** Returns variants of a policy, each without one Deny statement, or without one condition or principal of an Allow statement. */
function weakenedPolicies(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  return statements.flatMap((statement) => {
    const others = statements.filter((other) => other !== statement);
    if (statement.Effect === 'Deny') return [others];
    const conditions = Object.entries(statement.Condition ?? {});
    return [
      [...others, { ...statement, Principal: '*' }],
      ...conditions.map(([name]) => [
        ...others,
        { ...statement, Condition: Object.fromEntries(conditions.filter(([each]) => each !== name)) },
      ]),
    ];
  });
}

describe.each(Object.entries(TARGETS))('%s', (_, target) => {
  it.each(Object.entries(target.allowed))('allows %s', (_name, caller) => {
    expect(isAllowed(target, caller, target.statements)).toBe(true);
  });

  it.each(Object.entries(target.forged))('refuses %s', (_name, caller) => {
    expect(isAllowed(target, caller, target.statements)).toBe(false);
  });

  it('would allow a forged request if any part of its policy were missing', () => {
    for (const statements of weakenedPolicies(target.statements))
      expect(Object.values(target.forged).some((caller) => isAllowed(target, caller, statements))).toBe(true);
  });
});

describe('no caller outside the account', () => {
  it.each([user(OTHER_ACCOUNT), anonymous, service('sns', `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:other`)])(
    'can subscribe to the event topic or read a queue: %j',
    (caller) => {
      for (const { statements, resource: name } of Object.values(TARGETS))
        for (const action of ['sns:Subscribe', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'kms:Encrypt'])
          expect(decide(statements, { action, resource: name, ...caller })).not.toBe('allowed');
    },
  );

  it('has access to the table, because it has no resource policy', () => {
    const [, table] = resourcesOf(template, 'AWS::DynamoDB::GlobalTable')[0] ?? [];
    expect(JSON.stringify(table)).not.toContain('ResourcePolicy');
  });

  it('can call a function: only the API of the stack and roles of the account can', () => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission');
    const apiOfStack = new RegExp(
      `^arn:\\$\\{AWS::Partition\\}:execute-api:\\$\\{AWS::Region\\}:\\$\\{AWS::AccountId\\}:\\$\\{${id('AWS::ApiGateway::RestApi', 'IvyApi')}\\}/`,
    );
    expect(permissions.length).toBeGreaterThan(0);
    for (const [, { Properties }] of permissions) {
      expect(Properties['Principal']).toBe('apigateway.amazonaws.com');
      expect(textOf(Properties['SourceArn'])).toMatch(apiOfStack);
    }
  });
});

describe('a role', () => {
  const roles = resourcesOf(template, 'AWS::IAM::Role').map(
    ([roleId, role]) =>
      [
        roleId,
        (role.Properties['AssumeRolePolicyDocument'] as { readonly Statement: Statement[] }).Statement,
      ] as const,
  );
  const machine = (account: string): string => `arn:aws:states:${REGION}:${account}:stateMachine:one`;
  const canAssume = (statements: readonly Statement[], caller: Caller): boolean =>
    decide(statements, { action: 'sts:AssumeRole', resource: 'the role', ...caller }) === 'allowed';

  it.each(roles)('can be assumed only by its service: %s', (roleId, statements) => {
    const byService = (name: string, account: string): boolean =>
      canAssume(statements, service(name, machine(account)));
    const isMachine = roleId.includes('Machine');
    expect([
      byService('states', ACCOUNT),
      byService('states', OTHER_ACCOUNT),
      byService('lambda', ACCOUNT),
    ]).toEqual([isMachine, false, !isMachine]);
    for (const caller of [user(ACCOUNT), user(OTHER_ACCOUNT), anonymous, service('ec2', machine(ACCOUNT))])
      expect(canAssume(statements, caller)).toBe(false);
  });
});
