import { ENV } from '../lambdas/core/env.ts';

/** The environment of every handler. A handler checks its environment when it loads. */
export const HANDLER_ENV = {
  AWS_REGION: 'us-east-1',
  [ENV.tableName]: 'table',
  [ENV.retentionDays]: '90',
  [ENV.configurationSet]: 'set',
  [ENV.secretsKeyArn]: 'arn:aws:kms:us-east-1:000000000000:key/key',
  [ENV.topicArn]: 'arn:aws:sns:us-east-1:000000000000:topic',
  [ENV.deliverMachineArn]: 'arn:aws:states:us-east-1:000000000000:stateMachine:deliver',
  [ENV.metricsNamespace]: 'IvyMail/Stack',
  [ENV.recoverMachineArn]: 'arn:aws:states:us-east-1:000000000000:stateMachine:recover',
  [ENV.dispatchDeadLettersUrl]: 'http://127.0.0.1/queue',
  [ENV.autoSuppress]: '{"hardBounces":true,"complaints":true}',
  [ENV.reputation]: '{"pauseConfigurationSet":false}',
  [ENV.alarmTopicArn]: 'arn:aws:sns:us-east-1:000000000000:alarms',
  [ENV.retry]: '{"firstDelaySeconds":60,"factor":5,"count":3}',
};
