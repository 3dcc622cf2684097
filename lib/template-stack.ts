import { Aws, CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Token, type StackProps } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { ENGAGEMENT_EVENT_TYPES, OUTCOME_EVENT_TYPES } from '../lambdas/core/ses-event-types.ts';
import { GROUPS_PER_ENDPOINT, PARALLELIZATION_FACTOR } from './delivery.ts';
import { MAX_CONCURRENCY } from './ingest.ts';
import { IvyMailEvents } from './ivy-mail-events.ts';
import { addReadableOutputs } from './ivymail-stack.ts';

/** The limit of ingest in an account with few concurrent executions. SQS accepts no lower limit. */
const SMALL_INGEST = 2;

/**
 * The stack of the template for people without the CDK. The useful options are parameters of the template. CloudFormation decides at
 * each deployment, so options that change the resources are conditions.
 */
export class IvyMailTemplateStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    const retentionDays = this.number('RetentionDays', {
      default: 90,
      range: [1, 3650],
      description: 'Days for which an event is stored, counted from the time of the event',
    });
    const ratePerSecond = this.number('ThrottleRatePerSecond', {
      default: 100,
      range: [1, 10_000],
      description: 'Requests per second that the API accepts, over all keys. Further requests get 429',
    });
    const burst = this.number('ThrottleBurst', {
      default: 200,
      range: [1, 5000],
      description: 'Requests that the API accepts at once, over all keys',
    });
    const few = this.flag('FewConcurrentExecutions', {
      condition: 'HasFewExecutions',
      description:
        'For an account whose Lambda functions can have few executions at the same time, such as 10 in a new account',
    });
    const engagement = this.flag('TrackEngagement', {
      condition: 'TracksEngagement',
      description: 'Lets SES rewrite links and add a tracking pixel, for the events opened and clicked',
    });
    // With these options, the template contains every property that a condition may change.
    const ivy = new IvyMailEvents(this, 'Ivy', {
      retentionDays,
      throttle: { ratePerSecond, burst },
      trackEngagement: true,
      consumerConcurrency: Token.asNumber(Fn.conditionIf(few, SMALL_INGEST, MAX_CONCURRENCY)),
    });
    limitExecutions(ivy, few);
    this.trackEngagement(ivy, engagement);
    this.subscribeAlarmEmail(ivy);
    addReadableOutputs(this, ivy);
  }

  private number(
    name: string,
    {
      range: [minValue, maxValue],
      ...props
    }: { readonly default: number; readonly range: readonly [number, number]; readonly description: string },
  ): number {
    return new CfnParameter(this, name, { type: 'Number', minValue, maxValue, ...props }).valueAsNumber;
  }

  private subscribeAlarmEmail(ivy: IvyMailEvents): void {
    const { valueAsString: email } = new CfnParameter(this, 'AlarmEmail', {
      description:
        'Email address that receives the alarms. AWS sends it a confirmation request. Empty: no address',
      default: '',
      allowedPattern: '|[^@\\s]+@[^@\\s]+\\.[^@\\s]+',
      constraintDescription: 'an email address, or empty',
    });
    const subscription = new sns.CfnSubscription(this, 'AlarmEmailSubscription', {
      topicArn: ivy.alarmTopic.topicArn,
      protocol: 'email',
      endpoint: email,
    });
    subscription.cfnOptions.condition = new CfnCondition(this, 'HasAlarmEmail', {
      expression: Fn.conditionNot(Fn.conditionEquals(email, '')),
    });
  }

  /** Adds a parameter that is `true` or `false`. Returns the name of a condition that is true if the parameter is. */
  private flag(name: string, props: { readonly condition: string; readonly description: string }): string {
    const { valueAsString: value } = new CfnParameter(this, name, {
      description: props.description,
      default: 'false',
      allowedValues: ['true', 'false'],
    });
    return new CfnCondition(this, props.condition, { expression: Fn.conditionEquals(value, 'true') })
      .logicalId;
  }

  private trackEngagement(ivy: IvyMailEvents, condition: string): void {
    const destination = ivy.node
      .findAll()
      .find((each) => each instanceof ses.CfnConfigurationSetEventDestination);
    destination?.addPropertyOverride(
      'EventDestination.MatchingEventTypes',
      Fn.conditionIf(condition, [...OUTCOME_EVENT_TYPES, ...ENGAGEMENT_EVENT_TYPES], OUTCOME_EVENT_TYPES),
    );
    // The description of the deployment is JSON text with values of CloudFormation in it. Here, one more value decides.
    const output = ivy.node.findChild('Deployment') as CfnOutput;
    const { 'Fn::Join': join } = this.resolve(output.value) as { 'Fn::Join': [string, readonly unknown[]] };
    const parts = join[1].flatMap((part) => {
      const [before, after] = typeof part === 'string' ? part.split('"track_engagement":true') : [];
      return after === undefined
        ? [part]
        : [`${before}"track_engagement":`, Fn.ref('TrackEngagement'), after];
    });
    output.value = Token.asString({ 'Fn::Join': ['', parts] });
  }
}

/** Sets what the prop `consumerConcurrency` sets beside the limit of ingest: the batches of dispatch, and the groups per endpoint. */
function limitExecutions({ functions: { dispatch, deliver } }: IvyMailEvents, few: string): void {
  const mapping = dispatch.node.findChild('Stream').node.defaultChild as lambda.CfnEventSourceMapping;
  const { parallelizationFactor } = mapping;
  mapping.parallelizationFactor = Token.asNumber(
    Fn.conditionIf(few, parallelizationFactor, PARALLELIZATION_FACTOR),
  );
  (deliver.node.defaultChild as lambda.CfnFunction).addPropertyOverride(
    `Environment.Variables.${ENV.groupsPerEndpoint}`,
    Fn.conditionIf(few, String(GROUPS_PER_ENDPOINT), Aws.NO_VALUE),
  );
}
