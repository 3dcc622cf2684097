/** Who may send to what others can reach: each policy is asked about genuine requests and forged ones. */
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
const OTHER = '999999999999';
const TLS = { 'aws:securetransport': 'true' };

type Caller = Pick<Request, 'by' | 'context'>;

/** A service of AWS, on behalf of a resource. */
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

interface Door {
  readonly statements: readonly Statement[];
  readonly action: string;
  readonly resource: string;
  readonly genuine: Readonly<Record<string, Caller>>;
  readonly forged: Readonly<Record<string, Caller>>;
}

const NOBODY = {
  'somebody of another account': user(OTHER),
  'somebody without a name': anonymous,
};

function queue(prefix: string, genuine: Door['genuine']): Door {
  return {
    statements: statementsOf(resource(template, 'AWS::SQS::QueuePolicy', prefix)),
    action: 'sqs:SendMessage',
    resource: `\${${id('AWS::SQS::Queue', prefix)}.Arn}`,
    genuine,
    forged: {
      'another topic of the account': service('sns', `arn:aws:sns:${REGION}:${ACCOUNT}:other`),
      'a topic of another account': service('sns', `arn:aws:sns:${REGION}:${OTHER}:ours`),
      'the topic of the alarms': service('sns', ALARMS),
      'a topic that is not named': service('sns'),
      'SES itself': service('ses', SET),
      'our topic, by another service': service('events', TOPIC),
      'our topic, without TLS': plainHttp(service('sns', TOPIC)),
      'an administrator, without TLS': plainHttp(user(ACCOUNT)),
      ...NOBODY,
    },
  };
}

const FROM_TOPIC = { 'our topic': service('sns', TOPIC) };

const DOORS: Readonly<Record<string, Door>> = {
  'the topic of events': {
    statements: statementsOf(resource(template, 'AWS::SNS::TopicPolicy', 'IvySource')),
    action: 'sns:Publish',
    resource: TOPIC,
    genuine: {
      'SES for our configuration set': service('ses', SET),
      // A workspace may bring its own.
      'SES for another set of the account': service('ses', ses('configuration-set/of-a-workspace')),
      'SES for an identity of the account': service('ses', ses('identity/example.com')),
    },
    forged: {
      'SES for a set of another account': service('ses', ses('configuration-set/ours', OTHER)),
      'SES for our set, on behalf of another account': service('ses', SET, OTHER),
      'SES for another set, on behalf of us': service('ses', ses('configuration-set/ours', OTHER), ACCOUNT),
      'SES for a set of another region': service('ses', ses('configuration-set/ours', ACCOUNT, 'us-east-1')),
      'SES for something else of the account': service('ses', ses('template/ours')),
      'SES for nobody': service('ses'),
      'another service, for our set': service('s3', SET),
      'SES without TLS': plainHttp(service('ses', SET)),
      'an administrator of the account': user(ACCOUNT),
      ...NOBODY,
    },
  },
  'the queue of events': queue('IvySourceQueue', FROM_TOPIC),
  'the dead letters of the subscription': queue('IvySourceSubscriptionDeadLetters', FROM_TOPIC),
  'the dead letters of ingest': queue('IvySourceDeadLetters', {}),
  'the dead letters of dispatch': queue('IvyDeliveryDispatchDeadLetters', {}),
  'the dead letters of deliver': queue('IvyDeliveryDeliverDeadLetters', {}),
  'the dead letters of tally': queue('IvyTallyDeadLetters', {}),
  'the topic of alarms': {
    statements: statementsOf(resource(template, 'AWS::SNS::TopicPolicy', 'IvyAlarms')),
    action: 'sns:Publish',
    resource: ALARMS,
    genuine: { 'an alarm of the account': service('cloudwatch', alarm(ACCOUNT)) },
    forged: {
      'an alarm of another account': service('cloudwatch', alarm(OTHER)),
      'an alarm of ours, on behalf of another account': service('cloudwatch', alarm(ACCOUNT), OTHER),
      'an alarm of another account, on behalf of us': service('cloudwatch', alarm(OTHER), ACCOUNT),
      'another service': service('ses', alarm(ACCOUNT)),
      'an alarm, without TLS': plainHttp(service('cloudwatch', alarm(ACCOUNT))),
      ...NOBODY,
    },
  },
  'the key of the secrets': {
    statements: (
      resource(template, 'AWS::KMS::Key').Properties['KeyPolicy'] as { readonly Statement: Statement[] }
    ).Statement,
    action: 'kms:Decrypt',
    resource: 'the key',
    // Which leaves it to the policies of the account's roles.
    genuine: { 'somebody of the account': user(ACCOUNT) },
    forged: { 'a service of AWS': service('lambda', SET), ...NOBODY },
  },
};

/** A policy that says nothing leaves an administrator of the account to the policies they have, which allow everything. */
function letsIn({ action, resource: name }: Door, caller: Caller, statements: readonly Statement[]): boolean {
  const decision = decide(statements, { action, resource: name, ...caller });
  return (
    decision === 'allowed' ||
    (decision === 'not allowed' && caller.by?.startsWith(`AWS:arn:aws:iam::${ACCOUNT}:`) === true)
  );
}

/** The policy with one thing missing: a statement that denies, or a condition or the principal of one that allows. */
function weakened(statements: readonly Statement[]): readonly (readonly Statement[])[] {
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

describe.each(Object.entries(DOORS))('%s', (_, door) => {
  it.each(Object.entries(door.genuine))('lets in %s', (_name, caller) => {
    expect(letsIn(door, caller, door.statements)).toBe(true);
  });

  it.each(Object.entries(door.forged))('turns away %s', (_name, caller) => {
    expect(letsIn(door, caller, door.statements)).toBe(false);
  });

  it('would let in one of these if any part of its policy were missing', () => {
    for (const statements of weakened(door.statements))
      expect(Object.values(door.forged).some((caller) => letsIn(door, caller, statements))).toBe(true);
  });
});

describe('nobody outside of the account', () => {
  it.each([user(OTHER), anonymous, service('sns', `arn:aws:sns:${REGION}:${OTHER}:other`)])(
    'may listen to the topic of events or read a queue: %j',
    (caller) => {
      for (const { statements, resource: name } of Object.values(DOORS))
        for (const action of ['sns:Subscribe', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'kms:Encrypt'])
          expect(decide(statements, { action, resource: name, ...caller })).not.toBe('allowed');
    },
  );

  it('is given anything by the table: it has no policy of its own', () => {
    const [, table] = resourcesOf(template, 'AWS::DynamoDB::GlobalTable')[0] ?? [];
    expect(JSON.stringify(table)).not.toContain('ResourcePolicy');
  });

  it('may call a function: each is called by our API alone, or by roles of the account', () => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission');
    const ours = new RegExp(
      `^arn:\\$\\{AWS::Partition\\}:execute-api:\\$\\{AWS::Region\\}:\\$\\{AWS::AccountId\\}:\\$\\{${id('AWS::ApiGateway::RestApi', 'IvyApi')}\\}/`,
    );
    expect(permissions.length).toBeGreaterThan(0);
    for (const [, { Properties }] of permissions) {
      expect(Properties['Principal']).toBe('apigateway.amazonaws.com');
      expect(textOf(Properties['SourceArn'])).toMatch(ours);
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
  const assumed = (statements: readonly Statement[], caller: Caller): boolean =>
    decide(statements, { action: 'sts:AssumeRole', resource: 'the role', ...caller }) === 'allowed';

  it.each(roles)('is taken by the service it is for, and by nobody else: %s', (roleId, statements) => {
    const by = (name: string, account: string): boolean =>
      assumed(statements, service(name, machine(account)));
    const isMachine = roleId.includes('Machine');
    expect([by('states', ACCOUNT), by('states', OTHER), by('lambda', ACCOUNT)]).toEqual([
      isMachine,
      false,
      !isMachine,
    ]);
    for (const caller of [user(ACCOUNT), user(OTHER), anonymous, service('ec2', machine(ACCOUNT))])
      expect(assumed(statements, caller)).toBe(false);
  });
});
