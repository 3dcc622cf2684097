// An app that uses every member of the construct. It prints the template of its stack as JSON.
const { App, CfnParameter, RemovalPolicy, Stack } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');
const logs = require('aws-cdk-lib/aws-logs');
const ses = require('aws-cdk-lib/aws-ses');
const { IvyMailEvents } = require('./dist/index.cjs');

const app = new App();
const stack = new Stack(app, 'App');
const mail = new IvyMailEvents(stack, 'Mail');
const second = new IvyMailEvents(stack, 'Second', {
  retentionDays: new CfnParameter(stack, 'Days', { type: 'Number' }).valueAsNumber,
  alarmEmail: 'ops@example.com',
  configurationSet: mail.configurationSet,
  encryptionKey: mail.secretsKey,
  logRetention: logs.RetentionDays.ONE_DAY,
  consumerConcurrency: 2,
  tracing: true,
  removalPolicy: RemovalPolicy.DESTROY,
});
const sender = new lambda.Function(stack, 'Sender', {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = () => {};'),
});
mail.grantSend(sender);
mail.grantReadLogs(sender);
mail.attach(new ses.EmailIdentity(stack, 'Identity', { identity: ses.Identity.domain('example.com') }));
second.metricDeliveriesExhausted().createAlarm(stack, 'Exhausted', { threshold: 1, evaluationPeriods: 1 });
process.stdout.write(JSON.stringify(app.synth().getStackByName('App').template));
