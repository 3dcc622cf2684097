/** The monthly cost of an idle deployment, for each resource type in the template. */
import type { Template } from 'aws-cdk-lib/assertions';
import { textOf, type Resource } from '../template.ts';
import { assumed } from './assumptions.ts';
import type { Item } from './prices.ts';

export interface IdleLine {
  readonly type: string;
  readonly resources: number;
  /** Absent if an idle resource of this type costs nothing. */
  readonly item?: Item;
  readonly quantity: number;
  /** The unit or event that AWS bills. */
  readonly basis: string;
  /** AWS never bills this resource type, also not under load. */
  readonly isFree: boolean;
}

interface Charge {
  readonly basis: string;
  readonly item?: Item;
  /** The quantity of one resource in a month. */
  readonly quantity?: (resource: Resource, resources: Readonly<Record<string, Resource>>) => number;
}

/** AWS bills an alarm on a metric expression by the number of metrics in the expression. */
function alarmMetrics({ Properties: { Metrics } }: Resource): number {
  if (!Array.isArray(Metrics)) return 1;
  return Metrics.filter((each: { MetricStat?: unknown }) => each.MetricStat !== undefined).length;
}

/** The SQS requests with which Lambda polls an idle queue. Lambda reads a DynamoDB stream for free. */
function pollRequests({ Properties }: Resource, resources: Readonly<Record<string, Resource>>): number {
  const source = /^\$\{(\w+)\./.exec(textOf(Properties['EventSourceArn']))?.[1] ?? '';
  const queue = resources[source];
  if (queue?.Type !== 'AWS::SQS::Queue') return 0;
  const waitSeconds = Number(queue.Properties['ReceiveMessageWaitTimeSeconds']);
  return (assumed('pollers') * assumed('monthSeconds')) / waitSeconds;
}

const PER_REQUEST = 'per request';
const FREE = 'never billed';

/** The charge of each resource type in the template. A type without an entry throws, because its cost is unknown. */
const CHARGES: Readonly<Record<string, Charge>> = {
  'AWS::CloudWatch::Alarm': {
    basis: 'per metric of each alarm',
    item: 'cloudwatch.alarm',
    quantity: alarmMetrics,
  },
  'AWS::KMS::Key': {
    basis:
      'per key: this key encrypts the webhook secrets. Its first two rotations, after 7 and 14 years, add $1 each',
    item: 'kms.key',
    quantity: () => 1,
  },
  'AWS::Lambda::EventSourceMapping': {
    basis: `per SQS request: ${assumed('pollers')} connections poll the queue every 20 s. Reading the table’s stream is free`,
    item: 'sqs.request',
    quantity: pollRequests,
  },
  'AWS::Lambda::Function': { basis: 'per request and millisecond' },
  'AWS::StepFunctions::StateMachine': { basis: 'per execution or state transition' },
  'AWS::DynamoDB::GlobalTable': { basis: 'on demand: per read unit, write unit and stored GB' },
  'AWS::Logs::LogGroup': { basis: 'per GB: idle functions write no logs' },
  'AWS::SQS::Queue': {
    basis: `${PER_REQUEST}: the polling by Lambda is in the line of the event source mapping`,
  },
  'AWS::SNS::Topic': { basis: PER_REQUEST },
  'AWS::SNS::Subscription': { basis: PER_REQUEST },
  'AWS::ApiGateway::RestApi': { basis: PER_REQUEST },
  'AWS::ApiGateway::Authorizer': { basis: FREE },
  'AWS::ApiGateway::Deployment': { basis: FREE },
  'AWS::ApiGateway::GatewayResponse': { basis: FREE },
  'AWS::ApiGateway::Method': { basis: FREE },
  'AWS::ApiGateway::Resource': { basis: FREE },
  'AWS::ApiGateway::Stage': { basis: 'per hour of its cache: this stage has none' },
  'AWS::IAM::Policy': { basis: FREE },
  'AWS::IAM::Role': { basis: FREE },
  'AWS::Lambda::Permission': { basis: FREE },
  'AWS::SES::ConfigurationSet': { basis: 'per email' },
  'AWS::SES::ConfigurationSetEventDestination': { basis: 'per published event' },
  'AWS::SNS::TopicPolicy': { basis: FREE },
  'AWS::SQS::QueuePolicy': { basis: FREE },
};

/** Lists the resource types in the order of `CHARGES`: first the types that cost money while idle. */
export function idleLines(template: Template): readonly IdleLine[] {
  const { Resources } = template.toJSON() as { Resources: Readonly<Record<string, Resource>> };
  const byType = Map.groupBy(Object.values(Resources), ({ Type }) => Type);
  const lines = [...byType].map(([type, resources]): IdleLine => {
    const charge = CHARGES[type];
    if (!charge) throw new Error(`pages/cost/idle.ts has no charge for ${type}`);
    const { item, quantity = () => 0, basis } = charge;
    return {
      type,
      resources: resources.length,
      ...(item && { item }),
      quantity: resources.reduce((sum, each) => sum + quantity(each, Resources), 0),
      basis,
      isFree: basis === FREE,
    };
  });
  const rank = ({ type }: IdleLine): number => Object.keys(CHARGES).indexOf(type);
  return lines.toSorted((left, right) => rank(left) - rank(right));
}
