/** What the deployed resources cost while no mail is sent, one by one, from the template. */
import type { Template } from 'aws-cdk-lib/assertions';
import { textOf, type Resource } from '../template.ts';
import { assumed } from './assumptions.ts';
import type { Item } from './prices.ts';

export interface IdleLine {
  readonly type: string;
  readonly resources: number;
  /** Absent: nothing is paid for it. */
  readonly item?: Item;
  readonly quantity: number;
  readonly why: string;
}

interface Charge {
  readonly why: string;
  readonly item?: Item;
  /** Of one resource, in a month. */
  readonly quantity?: (resource: Resource, resources: Readonly<Record<string, Resource>>) => number;
}

/** An alarm over an expression is paid for by each metric in it. */
function alarmMetrics({ Properties: { Metrics } }: Resource): number {
  if (!Array.isArray(Metrics)) return 1;
  return Metrics.filter((each: { MetricStat?: unknown }) => each.MetricStat !== undefined).length;
}

/** Requests of an idle queue; a stream is read for nothing. */
function polls({ Properties }: Resource, resources: Readonly<Record<string, Resource>>): number {
  const source = /^\$\{(\w+)\./.exec(textOf(Properties['EventSourceArn']))?.[1] ?? '';
  const queue = resources[source];
  if (queue?.Type !== 'AWS::SQS::Queue') return 0;
  const waitSeconds = Number(queue.Properties['ReceiveMessageWaitTimeSeconds']);
  return (assumed('pollers') * assumed('monthSeconds')) / waitSeconds;
}

const REQUESTS = 'by the request';
const NEVER = 'nothing is ever paid for it';

/** Every type there is in the template: one that is not here fails, since nobody has thought of what it costs. */
const CHARGES: Readonly<Record<string, Charge>> = {
  'AWS::CloudWatch::Alarm': {
    why: 'each metric of each alarm',
    item: 'cloudwatch.alarm',
    quantity: alarmMetrics,
  },
  'AWS::KMS::Key': {
    why: 'the key that seals secrets; its first two rotations, 7 and 14 years on, add $1 each',
    item: 'kms.key',
    quantity: () => 1,
  },
  'AWS::Lambda::EventSourceMapping': {
    why: `${assumed('pollers')} connections ask the queue again after 20 s each; reading the table’s stream is free`,
    item: 'sqs.request',
    quantity: polls,
  },
  'AWS::Lambda::Function': { why: 'by the request and the millisecond' },
  'AWS::StepFunctions::StateMachine': { why: 'by the execution or the transition' },
  'AWS::DynamoDB::GlobalTable': { why: 'on demand: by the unit, and by the GB that is stored' },
  'AWS::Logs::LogGroup': { why: 'by the GB; idle functions write none' },
  'AWS::SQS::Queue': { why: `${REQUESTS}; Lambda’s are with the event source` },
  'AWS::SNS::Topic': { why: REQUESTS },
  'AWS::SNS::Subscription': { why: REQUESTS },
  'AWS::ApiGateway::RestApi': { why: REQUESTS },
  'AWS::ApiGateway::Authorizer': { why: NEVER },
  'AWS::ApiGateway::Deployment': { why: NEVER },
  'AWS::ApiGateway::GatewayResponse': { why: NEVER },
  'AWS::ApiGateway::Method': { why: NEVER },
  'AWS::ApiGateway::Resource': { why: NEVER },
  'AWS::ApiGateway::Stage': { why: 'it has no cache' },
  'AWS::IAM::Policy': { why: NEVER },
  'AWS::IAM::Role': { why: NEVER },
  'AWS::Lambda::Permission': { why: NEVER },
  'AWS::SES::ConfigurationSet': { why: 'by the mail' },
  'AWS::SES::ConfigurationSetEventDestination': { why: 'by what it publishes' },
  'AWS::SNS::TopicPolicy': { why: NEVER },
  'AWS::SQS::QueuePolicy': { why: NEVER },
};

/** In the order of what is paid for, then of what is not. */
export function idleLines(template: Template): readonly IdleLine[] {
  const { Resources } = template.toJSON() as { Resources: Readonly<Record<string, Resource>> };
  const byType = Map.groupBy(Object.values(Resources), ({ Type }) => Type);
  const lines = [...byType].map(([type, resources]): IdleLine => {
    const charge = CHARGES[type];
    if (!charge) throw new Error(`Nobody has said what ${type} costs: pages/cost/idle.ts`);
    const { item, quantity = () => 0, why } = charge;
    return {
      type,
      resources: resources.length,
      ...(item && { item }),
      quantity: resources.reduce((sum, each) => sum + quantity(each, Resources), 0),
      why,
    };
  });
  const rank = ({ type }: IdleLine): number => Object.keys(CHARGES).indexOf(type);
  return lines.toSorted((left, right) => rank(left) - rank(right));
}
