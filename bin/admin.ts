import { parseArgs } from 'node:util';
import picocolors from 'picocolors';
import { attach, detach } from './admin/attach.ts';
import { verdictOf, type Check, type CheckStatus } from './admin/checks.ts';
import { findDeployment, readStackFile, type Deployment } from './admin/deployment.ts';
import { dashboard } from './admin/dashboard.ts';
import { doctor } from './admin/doctor.ts';
import { UsageError } from './admin/errors.ts';
import { init } from './admin/init.ts';
import { key } from './admin/keys.ts';
import { redrive } from './admin/redrive.ts';
import type { Told } from './admin/told.ts';
import { workspace } from './admin/workspaces.ts';

const USAGE = `Usage: npm run admin -- COMMAND [options]

  init                          the first API key of a workspace (scope admin), shown once
      --workspace ws_…  --another
  doctor                        looks at everything between SES and your webhooks, then sends through it
      --from ADDRESS  --api-key KEY (or IVYMAIL_API_KEY)  --no-send  --timeout SECONDS (120)
  dashboard                     a link that signs in to the dashboard, for 12 hours
      --workspace ws_…  --scopes read  --expires-at TIME
  workspace create | list | show ID
      --name NAME  --configuration-set NAME
  key create | list | revoke ID
      --workspace ws_…  --name NAME  --scopes send,read  --expires-at TIME
  redrive list | show PLACE | run PLACE
      --filter TEXT  --reason REASON  --day YYYY-MM-DD  --limit N  --dry-run
  attach IDENTITY | detach IDENTITY    our configuration set as the default of an SES identity
      --force

  --stack NAME   the deployed stack (IvyMailEvents)      --local   the running npm start
  --json         one JSON object, for programs
  Exit codes: 0 all well, 1 something is wrong, 2 wrong use, 3 AWS could not be asked,
      4 doctor has something for you to look at, or could not look`;

const OPTIONS = {
  stack: { type: 'string', default: 'IvyMailEvents' },
  local: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  workspace: { type: 'string' },
  another: { type: 'boolean', default: false },
  from: { type: 'string' },
  'api-key': { type: 'string' },
  'no-send': { type: 'boolean', default: false },
  timeout: { type: 'string', default: '120' },
  name: { type: 'string' },
  'configuration-set': { type: 'string' },
  scopes: { type: 'string' },
  'expires-at': { type: 'string' },
  filter: { type: 'string' },
  reason: { type: 'string' },
  day: { type: 'string' },
  limit: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
type Values = ReturnType<typeof parse>['values'];

const SIGNS: Readonly<Record<CheckStatus, string>> = {
  ok: picocolors.green('✓'),
  failed: picocolors.red('✗'),
  warning: picocolors.yellow('!'),
  not_checked: picocolors.dim('–'),
  declined: picocolors.dim('–'),
};

function line({ name, status, detail, advice }: Check): string {
  const said = status === 'not_checked' ? `not checked: ${detail}` : detail;
  return `${SIGNS[status]} ${name.padEnd(24)} ${said}${advice === undefined ? '' : `\n  ${' '.repeat(24)} → ${advice}`}`;
}

async function runDoctor(deployment: Deployment, values: Values): Promise<Told> {
  const patienceMs = Number(values.timeout) * 1000;
  if (!(patienceMs > 0)) throw new UsageError('--timeout takes seconds');
  const checks = await doctor(deployment, {
    from: values.from ?? deployment.from,
    apiKey: values['api-key'] ?? process.env['IVYMAIL_API_KEY'] ?? deployment.apiKey,
    send: !values['no-send'],
    patienceMs,
    onCheck: (done) => {
      if (!values.json) console.log(line(done));
    },
  });
  return verdictOf(checks);
}

type Command = (deployment: Deployment, rest: readonly string[], values: Values) => Promise<Told>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['init', (deployment, _rest, values) => init(deployment, values)],
  ['doctor', (deployment, _rest, values) => runDoctor(deployment, values)],
  ['dashboard', (deployment, _rest, values) => dashboard(deployment, values)],
  ['workspace', (deployment, rest, values) => workspace(deployment, rest, values)],
  ['key', (deployment, rest, values) => key(deployment, rest, values)],
  ['redrive', (deployment, rest, values) => redrive(deployment, rest, values)],
  ['attach', (deployment, [identity], values) => attach(deployment, identity, values)],
  ['detach', (deployment, [identity]) => detach(deployment, identity)],
]);

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  const command = COMMANDS.get(name ?? '');
  if (!command) throw new UsageError(`${name ?? 'nothing'} is not a command`);
  if (['init', 'doctor', 'dashboard'].includes(name ?? '') && rest.length > 0)
    throw new UsageError(`${rest.join(' ')} is too much`);
  const told = await command(
    await findDeployment({
      stack: values.stack,
      running: values.local ? readStackFile() : undefined,
    }),
    rest,
    values,
  );
  console.log(values.json ? JSON.stringify(told.result) : told.text);
  return told.exitCode ?? 0;
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const usage = error instanceof UsageError;
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    console.error(usage ? `${error.message}\n\n${USAGE}` : said);
    process.exitCode = usage ? 2 : 3;
  },
);
