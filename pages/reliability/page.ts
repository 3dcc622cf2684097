/** Renders docs/generated/reliability.md from the results that the proofs recorded. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordName, type FaultResult } from './fault-record.ts';
import { FAULTS, type FaultRow } from './faults.ts';
import { RECORDS } from './records.ts';

type Figures = Readonly<Record<string, string | number>>;

/** The sections of the page, in its order: the record with the figures, the title and the description. */
const PROOFS: readonly { readonly record: string; readonly title: string; readonly description: string }[] = [
  {
    record: 'ledger',
    title: 'The ledger',
    description:
      'Events of emails of every kind go through the real code. A tenth of the messages is published twice, and a tenth arrives late. The table, the stream, the queue and the state machines are simulated and behave like the deployed ones. One call in twenty fails, is throttled, is carried out in part, loses its response, or ends its process. Afterward, the ledger checks the account of everything. Each event is stored once, quarantined, or in a dead-letter queue. Each recipient has the right status. Each delivery has ended. Each request has a recorded attempt, or a crash explains why it has none. Each counter equals a recount of the rows, without those of the SES mailbox simulator.',
  },
  {
    record: 'shards',
    title: 'Counters with eight shards',
    description:
      'The stream has eight shards. All events belong to one workspace, and all attempts to one endpoint, so the shards add to the same counters. DynamoDB refuses a transaction while another one changes the same counters. One call in ten fails, loses its response, or ends its process. Afterward, the counters equal what was inserted.',
  },
  {
    record: 'crash-first-half',
    title: 'A crash at every await',
    description:
      'In the same simulated deployment, a process ends at an await of ingest, dispatch, deliver, tally or recover: the first time that it reaches the await, and at later times. The test fails if the scenario does not reach an await. These are the figures of every second await.',
  },
  {
    record: 'crash-second-half',
    title: 'A crash at every await: the other awaits',
    description: 'The same for the awaits between these.',
  },
  {
    record: 'crash-api',
    title: 'A crash in every write of the API',
    description:
      'Each API request that writes is ended at each of its awaits and then repeated. The test fails if neither these requests nor the scenario above reach an await of the code, unless the await is on a list of reads.',
  },
  {
    record: 'guard',
    title: 'The address guard',
    description:
      'Addresses are compared with the special-purpose registries in three forms (CIDRs, ranges, Python’s own). URLs are compared with an independent parser. Webhooks are sent through real sockets to names whose DNS responses an attacker controls. Listeners on loopback must receive nothing.',
  },
  {
    record: 'aliases',
    title: 'CNAME aliases',
    description:
      'Webhooks are sent through the resolver and real sockets to names with chains of CNAME records, which a test name server returns.',
  },
  {
    record: 'receivers',
    title: 'Hostile receivers',
    description:
      '200 receivers at a time misbehave at the level of TCP, TLS or HTTP, next to a healthy one. The healthy receiver is timed alone, next to 200 well-behaved or silent receivers, and next to the hostile ones. Times below 25 ms are not compared, because they are noise of one machine that runs everything.',
  },
  {
    record: 'tenants',
    title: 'Tenant isolation',
    description:
      'A tenant requests every route of the OpenAPI document with every id that belongs to another tenant.',
  },
  {
    record: 'keys',
    title: 'API keys and secrets',
    description:
      'The authorizer gets keys that are misspelled, unknown, expired or revoked. Every row of the table is searched for a key or a secret in clear text.',
  },
  {
    record: 'logs',
    title: 'Logs',
    description:
      'All seven functions run on every path. Their recipients, emails, keys and secrets are recognizable in the logs, plain or encoded, and must not appear there.',
  },
  {
    record: 'signatures',
    title: 'Signatures',
    description:
      'The test vectors that all languages share, and generated requests, each also with a change that must make it invalid.',
  },
  {
    record: 'signatures-languages',
    title: 'Signatures in every language',
    description:
      'Generated requests, each also with one changed byte, for the verifier of every language whose toolchain is installed.',
  },
  {
    record: 'parsers',
    title: 'Parsers',
    description:
      'Every parser of input from outside gets noise, and real input with a part deleted, doubled, cut off or of another type. A parser may refuse the input only in the documented way.',
  },
  {
    record: 'permissions',
    title: 'IAM permissions',
    description:
      'All seven functions run against the simulated AWS. The IAM roles of the synthesized template decide on each call by AWS’s rules.',
  },
  {
    record: 'mutation',
    title: 'Mutation tests',
    description:
      'Each mutation changes the code in one place, and then the unit tests run. [mutation.md](mutation.md) lists the changes that no test notices.',
  },
];

const NOT_RUN = 'not part of this run';

function read(name: string): unknown {
  const file = join(RECORDS, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined;
}

function figure(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function section({ record, title, description }: (typeof PROOFS)[number]): string {
  const figures = read(record) as Figures | undefined;
  const rows = figures
    ? Object.entries(figures).map(([name, value]) => `| ${cell(name)} | ${cell(figure(value))} |`)
    : [`| ${NOT_RUN} | |`];
  return [`## ${title}`, '', description, '', '| | |', '| --- | ---: |', ...rows, ''].join('\n');
}

function observedResult(row: FaultRow, secondEnvironment?: FaultRow['environment']): string {
  const record = read(recordName(row.number, secondEnvironment)) as FaultResult | undefined;
  return record?.observed ?? NOT_RUN;
}

function faultLine(row: FaultRow): string {
  const { number, fault, expected, environment, secondEnvironment, reason } = row;
  const second =
    secondEnvironment === undefined
      ? []
      : [`${secondEnvironment}: ${observedResult(row, secondEnvironment)}`];
  const observed = [observedResult(row), ...second].join('; ');
  const environments = [environment, secondEnvironment].filter((each) => each !== undefined).join(' and ');
  const runsIn = reason === undefined ? environments : `${environments}: ${reason}`;
  return `| ${[String(number), fault, expected, observed, runsIn].map(cell).join(' | ')} |`;
}

/** The two expectations that hold for every row, and the tests that check them for all rows together. */
const EXPECTED_OF_EVERY_ROW = `Two more results are expected of every row:

- No secret and no recipient is logged. \`test/proof/tenants/logs.test.ts\` reads every line that all seven functions write, at every level (the section “Logs”). \`test/integration/logs.ts\` reads the warnings and errors of the deployed functions during the integration tests, because the emulator stores only these.
- No event is lost. A row that runs on the stack and sends email finds each of its events in the log. The rows of the simulation, the ledger and the crashes account for everything that was published. A row that runs in the process follows the delivery of each of its events to the end.`;

function notes(): readonly string[] {
  return FAULTS.flatMap(({ number, note }) => (note === undefined ? [] : [`- **${number}.** ${note}`]));
}

/** `run` describes the run and its date. `share` compares the run with the other kind of run. */
export function reliabilityPage({ run, share }: { readonly run: string; readonly share: string }): string {
  return [
    '# What the tests tried',
    '',
    `Generated by ${run}. ${share} [The guarantees](../guarantees.md) say what these results mean for you.`,
    '',
    ...PROOFS.map(section),
    '## Forty faults',
    '',
    'Each row is a test with the same name. The last column says where the test runs. “stack” is the deployed stack of the local run. “simulation” is the simulated deployment that the ledger uses. “process” means the functions themselves, with real sockets if there is a receiver.',
    '',
    '| | Fault | Expected | Observed | Runs in |',
    '| ---: | --- | --- | --- | --- |',
    ...FAULTS.map(faultLine),
    '',
    EXPECTED_OF_EVERY_ROW,
    '',
    'The faults and their expected results were listed before the code was written. These notes say where the expected result differs from that list, and where another test covers a part of the row:',
    '',
    ...notes(),
    '',
  ].join('\n');
}
