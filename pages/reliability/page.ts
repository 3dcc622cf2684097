/** docs/generated/reliability.md, of what the proofs recorded. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordName, type SeenFault } from './fault-record.ts';
import { FAULTS, type FaultRow } from './faults.ts';
import { RECORDS } from './records.ts';

type Figures = Readonly<Record<string, string | number>>;

/** What each record is called in the page, and what it shows. In the order of the page. */
const PROOFS: readonly { readonly record: string; readonly title: string; readonly what: string }[] = [
  {
    record: 'ledger',
    title: 'The ledger',
    what: 'Mail of every kind, a tenth of it published twice and a tenth late, goes through the real code over a table, a stream, a queue and state machines that answer as the deployed ones do, while one call in twenty fails, is throttled, is done by half, loses its answer, or ends its process. Then everything is accounted for: each event stored once, quarantined or in a dead-letter queue; each recipient’s status; each delivery at an end; each request an attempt that was recorded, or one that a crash explains; each counter a recount of the rows without those of the SES mailbox simulator.',
  },
  {
    record: 'crash',
    title: 'A crash at every await',
    what: 'The same deployment, and a process that ends at an await of ingest, dispatch, deliver, tally or recover: the first time it comes by, and other times. An await that no step of the scenario comes by fails the test.',
  },
  {
    record: 'crash-api',
    title: 'A crash in a write of the API',
    what: 'Each request of the API that writes, ended at each of its awaits and asked for again. An await of the code that neither these nor the day above come by fails the test, unless it is on a list of reads.',
  },
  {
    record: 'guard',
    title: 'The guard',
    what: 'Addresses against the special-purpose registries in three forms (CIDRs, ranges, Python’s own), URLs against a reading of our own, and sends through real sockets with names that answer as an attacker would have them. Listeners on loopback must hear nothing.',
  },
  {
    record: 'aliases',
    title: 'Names that stand for other names',
    what: 'Chains of CNAME records, by a name server that answers them, through the resolver and real sockets.',
  },
  {
    record: 'receivers',
    title: 'Hostile receivers',
    what: 'Receivers that misbehave at the level of TCP, TLS or HTTP, 200 at a time, beside a healthy one. The healthy one is timed alone, beside as many that are honest or silent, and beside those that misbehave; what lies below 25 ms is taken for the noise of a machine that does all of it at once, and is not compared.',
  },
  {
    record: 'tenants',
    title: 'Tenants',
    what: 'Every route of the OpenAPI document, with every id it takes, asked for by a tenant whom it does not belong to.',
  },
  {
    record: 'keys',
    title: 'Keys',
    what: 'Keys that are misspelt, unknown, expired or revoked, through the authorizer; and every row of the table, looked through for a key or a secret in clear.',
  },
  {
    record: 'logs',
    title: 'Logs',
    what: 'All seven functions on every path, with recipients, mails, keys and secrets that would be recognised in whatever they write, plain or encoded.',
  },
  {
    record: 'signatures',
    title: 'Signatures',
    what: 'One file of vectors for all languages, and generated requests, each also with something changed.',
  },
  {
    record: 'signatures-languages',
    title: 'Signatures in every language',
    what: 'Generated requests, each also with one byte changed, for the verifier of every language whose toolchain is installed.',
  },
  {
    record: 'parsers',
    title: 'Parsers',
    what: 'Everything that reads what others wrote, given real input with a part deleted, doubled, of another type or cut off, and noise. It may refuse in the way that it says, and no other.',
  },
  {
    record: 'permissions',
    title: 'Permissions',
    what: 'All seven functions with AWS’s rules of permission before the simulated AWS: the roles of the synthesized template decide on each call.',
  },
  {
    record: 'mutation',
    title: 'Mutation',
    what: 'The code changed a little in one place, and the unit tests asked whether they notice. What they do not is listed in [mutation.md](mutation.md).',
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

function section({ record, title, what }: (typeof PROOFS)[number]): string {
  const figures = read(record) as Figures | undefined;
  const rows = figures
    ? Object.entries(figures).map(([name, value]) => `| ${cell(name)} | ${cell(figure(value))} |`)
    : [`| ${NOT_RUN} | |`];
  return [`## ${title}`, '', what, '', '| | |', '| --- | ---: |', ...rows, ''].join('\n');
}

function seenOf(row: FaultRow, also?: FaultRow['place']): string {
  const record = read(recordName(row.number, also)) as SeenFault | undefined;
  return record?.seen ?? NOT_RUN;
}

function faultLine(row: FaultRow): string {
  const { number, fault, expected, place, also, because } = row;
  const seen = [seenOf(row), ...(also === undefined ? [] : [`${also}: ${seenOf(row, also)}`])].join('; ');
  const places = [place, also].filter((each) => each !== undefined).join(' and ');
  const where = because === undefined ? places : `${places}: ${because}`;
  return `| ${[String(number), fault, expected, seen, where].map(cell).join(' | ')} |`;
}

/** What the list wants of every row, and what looks after it for all of them at once. */
const OF_EVERY_ROW =
  'Two more things are expected of every row. That no secret and no recipient is logged: `test/proof/tenants/logs.test.ts` reads every line that all seven functions write, at every level (the group “Logs”), and `test/integration/logs.ts` what the deployed functions wrote during the integration tests, of which the emulator keeps warnings and errors. That no event is lost: a row of the stack that sends mail finds each event of it in the log; the rows of the world, the ledger and the crashes account for all that was published; a row of the process has no events but those whose delivery it follows to its end.';

function remarks(): readonly string[] {
  return FAULTS.flatMap(({ number, note }) => (note === undefined ? [] : [`- **${number}.** ${note}`]));
}

/** `run` says what was run, and when; `share`, how that compares to the other run there is. */
export function reliabilityPage({ run, share }: { readonly run: string; readonly share: string }): string {
  return [
    '# What was tried',
    '',
    `Made by ${run}. ${share} What it stands for is in [guarantees.md](../guarantees.md).`,
    '',
    ...PROOFS.map(section),
    '## Forty faults',
    '',
    'Each is a test of its name. “Stack” is the deployed stack of the local run, “world” the simulated deployment of the ledger, “process” the functions themselves, with real sockets where there is a receiver.',
    '',
    '| | fault | expected | seen | run against |',
    '| ---: | --- | --- | --- | --- |',
    ...FAULTS.map(faultLine),
    '',
    OF_EVERY_ROW,
    '',
    'The faults, and what was to be expected, were listed before the code was written. Where that is not what is expected now, or something is shown elsewhere:',
    '',
    ...remarks(),
    '',
  ].join('\n');
}
