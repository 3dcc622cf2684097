/** The entry of the package `ivymail-events`: the CDK construct. */
// This import is first, because the next one already loads aws-cdk-lib.
// oxlint-disable-next-line import/no-unassigned-import -- it only checks, and exports nothing that is needed here
import './supported-versions.ts';

export { IvyMailEvents } from './ivy-mail-events.ts';
export type {
  AccessLogProps,
  AutoSuppressProps,
  DomainProps,
  IvyMailAlarmName,
  IvyMailEventsProps,
  IvyMailFunctions,
  IvyMailQueues,
  IvyMailStateMachines,
  ReputationProps,
  RetryProps,
  ThrottleProps,
} from './props.ts';
