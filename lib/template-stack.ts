import { CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Token, type StackProps } from 'aws-cdk-lib';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ENGAGEMENT_EVENT_TYPES, OUTCOME_EVENT_TYPES } from '../lambdas/core/ses-event-types.ts';
import { IvyMailEvents } from './ivy-mail-events.ts';
import { addReadableOutputs } from './ivymail-stack.ts';

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
    // With engagement, the template contains every resource and property that a condition may remove.
    const ivy = new IvyMailEvents(this, 'Ivy', {
      retentionDays,
      throttle: { ratePerSecond, burst },
      trackEngagement: true,
    });
    this.trackEngagementOnCondition(ivy);
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

  private trackEngagementOnCondition(ivy: IvyMailEvents): void {
    const { valueAsString: isTracked } = new CfnParameter(this, 'TrackEngagement', {
      description: 'Lets SES rewrite links and add a tracking pixel, for the events opened and clicked',
      default: 'false',
      allowedValues: ['true', 'false'],
    });
    const condition = new CfnCondition(this, 'TracksEngagement', {
      expression: Fn.conditionEquals(isTracked, 'true'),
    });
    const destination = ivy.node
      .findAll()
      .find((each) => each instanceof ses.CfnConfigurationSetEventDestination);
    destination?.addPropertyOverride(
      'EventDestination.MatchingEventTypes',
      Fn.conditionIf(
        condition.logicalId,
        [...OUTCOME_EVENT_TYPES, ...ENGAGEMENT_EVENT_TYPES],
        OUTCOME_EVENT_TYPES,
      ),
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
