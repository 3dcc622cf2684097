/** Every command that uses a deployment: its help, the options that it accepts, and the function that it runs. */
import { SCOPES } from '../lambdas/core/api-key.ts';
import { REPUTATION_MODES } from '../lambdas/core/reputation/types.ts';
import { DEFAULT_MISSED_KINDS, MISSED_KINDS } from '../lambdas/core/missed-kinds.ts';
import type { CommandSpec, OptionSpecs, Values } from '../cli/program.ts';
import { attach, detach } from './attach.ts';
import { dashboard } from './dashboard.ts';
import type { Deployment } from './deployment.ts';
import { describe } from './describe.ts';
import { init } from './init.ts';
import { keyCreate, keyList, keyRevoke } from './keys.ts';
import { recover } from './recover.ts';
import { redriveList, redriveRun, redriveShow } from './redrive.ts';
import {
  reputationDryRun,
  reputationPause,
  reputationResume,
  reputationSet,
  reputationShow,
} from './reputation.ts';
import { runDoctor } from './run-doctor.ts';
import type { CommandOutput } from './output.ts';
import { workspaceCreate, workspaceList, workspaceShow } from './workspaces.ts';

/** The input of a command, in addition to the deployment. */
interface Input<Specs extends OptionSpecs> {
  /** The first argument. Empty if the command declares none. */
  readonly argument: string;
  readonly values: Values<Specs>;
  /** Whether the command prints JSON for a program. */
  readonly json: boolean;
}

export interface AdminCommand extends CommandSpec {
  readonly standalone?: never;
  readonly run: (deployment: Deployment, input: Input<OptionSpecs>) => Promise<CommandOutput>;
}

/** The type checker verifies that `run` reads only options that the command declares. */
function command<const Specs extends OptionSpecs>(
  spec: CommandSpec & {
    readonly options: Specs;
    readonly run: (deployment: Deployment, input: Input<Specs>) => Promise<CommandOutput>;
  },
): AdminCommand {
  return spec as unknown as AdminCommand;
}

const WORKSPACE = {
  workspace: { value: 'ID', summary: 'The workspace (default: the default workspace)' },
} as const;
const EXPIRES_AT = { value: 'TIME', summary: 'When the key expires, such as 2030-01-01T00:00:00Z' } as const;
const SCOPES_SUMMARY = `What the key may do: ${SCOPES.join(', ')}, separated by commas`;
const DAY = {
  value: 'YYYY-MM-DD',
  summary: 'Only messages quarantined on this day (default: the last 14 days)',
} as const;
const SELECTION = {
  filter: { value: 'TEXT', summary: 'Only messages whose body contains this text' },
  reason: { value: 'REASON', summary: 'Only messages quarantined for this reason' },
  day: DAY,
} as const;
const PLACE = {
  name: 'PLACE',
  summary: 'A dead-letter queue or quarantine, as redrive list names it',
} as const;
const SCOPE = {
  ...WORKSPACE,
  'configuration-set': {
    value: 'NAME',
    summary: 'Only this configuration set (default: the whole workspace)',
  },
} as const;
const MODES_SUMMARY = `What the guard may do: ${REPUTATION_MODES.join(', ')}`;
const LIMITS = {
  value: 'LIMITS',
  summary: 'Limits to change, such as hour.bounce.pause=0.08,day.min_sent=500',
} as const;
const IDENTITY = { name: 'IDENTITY', summary: 'An SES identity: a domain or an email address' } as const;

export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  command({
    name: 'init',
    summary: 'Create the first API key of a workspace (scope admin) and show it once',
    options: {
      ...WORKSPACE,
      another: { summary: 'Create one more key if the workspace already has one' },
    },
    run: (deployment, { values }) => init(deployment, values),
  }),
  command({
    name: 'doctor',
    summary: 'Check everything between SES and your webhooks, then send test emails through it',
    options: {
      from: { value: 'ADDRESS', summary: 'The sender of the test emails, and the identity to check' },
      'api-key': { value: 'KEY', summary: 'A key with the scope admin (default: IVYMAIL_API_KEY)' },
      'no-send': { summary: 'Send no test emails' },
      repair: {
        summary:
          'Create the configuration set, its event destination and the subscription again if they are missing',
      },
      timeout: { value: 'SECONDS', summary: 'How long to wait for the test emails', default: '120' },
    },
    run: (deployment, { values, json }) => runDoctor(deployment, values, json),
  }),
  command({
    name: 'describe',
    summary: 'Print the names, addresses and ids of the deployment, one per line',
    options: {},
    run: describe,
  }),
  command({
    name: 'dashboard',
    summary: 'Create a link that signs in to the dashboard, valid for 12 hours',
    options: {
      ...WORKSPACE,
      scopes: { value: 'SCOPES', summary: SCOPES_SUMMARY, default: 'admin' },
      'expires-at': { value: 'TIME', summary: 'When the link expires, such as 2030-01-01T00:00:00Z' },
    },
    run: (deployment, { values }) => dashboard(deployment, values),
  }),
  command({
    name: 'workspace create',
    summary: 'Create a workspace',
    options: {
      name: { value: 'NAME', summary: 'The name of the workspace', required: true },
      'configuration-set': {
        value: 'NAME',
        summary: 'The SES configuration set whose events belong to the workspace',
      },
    },
    run: (deployment, { values }) => workspaceCreate(deployment, values),
  }),
  command({
    name: 'workspace list',
    summary: 'List the workspaces',
    options: {},
    run: workspaceList,
  }),
  command({
    name: 'workspace show',
    summary: 'Show one workspace',
    arguments: [{ name: 'ID', summary: 'The id of a workspace' }],
    options: {},
    run: (deployment, { argument }) => workspaceShow(deployment, argument),
  }),
  command({
    name: 'key create',
    summary: 'Create an API key and show it once',
    options: {
      ...WORKSPACE,
      name: { value: 'NAME', summary: 'The name of the key', required: true },
      scopes: { value: 'SCOPES', summary: SCOPES_SUMMARY, default: 'read' },
      'expires-at': EXPIRES_AT,
    },
    run: (deployment, { values }) => keyCreate(deployment, values),
  }),
  command({
    name: 'key list',
    summary: 'List the API keys of a workspace',
    options: WORKSPACE,
    run: (deployment, { values }) => keyList(deployment, values),
  }),
  command({
    name: 'key revoke',
    summary: 'Revoke an API key',
    arguments: [{ name: 'ID', summary: 'The id of an API key' }],
    options: WORKSPACE,
    run: (deployment, { argument, values }) => keyRevoke(deployment, argument, values),
  }),
  command({
    name: 'recover',
    summary:
      'Deliver the events of a time range that a webhook endpoint did not get, or count them by reason',
    arguments: [{ name: 'ENDPOINT', summary: 'The id of a webhook endpoint' }],
    options: {
      ...WORKSPACE,
      since: {
        value: 'TIME',
        summary: 'Only events at or after this time, such as 2026-02-25T12:00:00Z',
        required: true,
      },
      until: { value: 'TIME', summary: 'Only events before this time (default: now)' },
      include: {
        value: 'KINDS',
        summary: `The kinds of events: ${MISSED_KINDS.join(', ')}, separated by commas`,
        default: DEFAULT_MISSED_KINDS.join(','),
      },
      'dry-run': { summary: 'Only count the events of each kind' },
    },
    run: (deployment, { argument, values }) => recover(deployment, argument, values),
  }),
  command({
    name: 'reputation show',
    summary: 'Show the reputation guard: the mode, and the state, rates and limits of each scope',
    options: WORKSPACE,
    run: (deployment, { values }) => reputationShow(deployment, values),
  }),
  command({
    name: 'reputation pause',
    summary: 'Pause sending through the API',
    options: SCOPE,
    run: (deployment, { values }) => reputationPause(deployment, values),
  }),
  command({
    name: 'reputation resume',
    summary: 'Resume sending after a pause',
    options: {
      ...SCOPE,
      'grace-hours': { value: 'N', summary: 'How long complaints only warn, in hours', default: '24' },
    },
    run: (deployment, { values }) => reputationResume(deployment, values),
  }),
  command({
    name: 'reputation dry-run',
    summary: 'Show what the guard would have done in a past range of time',
    options: {
      ...SCOPE,
      after: { value: 'TIME', summary: 'The start of the range (default: 30 days before its end)' },
      before: { value: 'TIME', summary: 'The end of the range (default: now)' },
      mode: { value: 'MODE', summary: MODES_SUMMARY, default: 'pause' },
      limits: LIMITS,
    },
    run: (deployment, { values }) => reputationDryRun(deployment, values),
  }),
  command({
    name: 'reputation set',
    summary: 'Change the mode or the limits of the reputation guard',
    options: {
      ...WORKSPACE,
      mode: { value: 'MODE', summary: MODES_SUMMARY },
      limits: LIMITS,
      'default-limits': { summary: 'Set every limit to its default' },
    },
    run: (deployment, { values }) => reputationSet(deployment, values),
  }),
  command({
    name: 'redrive list',
    summary: 'List the dead-letter queues and the quarantine, and how many messages each holds',
    options: { day: DAY },
    run: (deployment, { values }) => redriveList(deployment, values),
  }),
  command({
    name: 'redrive show',
    summary: 'Show the messages of a dead-letter queue or of the quarantine',
    arguments: [PLACE],
    options: {
      ...SELECTION,
      limit: { value: 'N', summary: 'Show at most N messages', default: '10' },
    },
    run: (deployment, { argument, values }) => redriveShow(deployment, argument, values),
  }),
  command({
    name: 'redrive run',
    summary: 'Send the messages of a dead-letter queue or of the quarantine through the pipeline again',
    arguments: [PLACE],
    options: {
      ...SELECTION,
      limit: { value: 'N', summary: 'Redrive at most N messages' },
      'dry-run': { summary: 'Only count the messages that would be redriven' },
    },
    run: (deployment, { argument, values }) => redriveRun(deployment, argument, values),
  }),
  command({
    name: 'attach',
    summary: 'Make our configuration set the default of an SES identity',
    arguments: [IDENTITY],
    options: { force: { summary: 'Replace another default configuration set' } },
    run: (deployment, { argument, values }) => attach(deployment, argument, values),
  }),
  command({
    name: 'detach',
    summary: 'Remove our configuration set as the default of an SES identity',
    arguments: [IDENTITY],
    options: {},
    run: (deployment, { argument }) => detach(deployment, argument),
  }),
];
