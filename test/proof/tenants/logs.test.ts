import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { playApi } from './api-scenarios.ts';
import { CANARY, linesWith } from './canaries.ts';
import { loadFunctions, unloadFunctions } from './functions.ts';
import { captureLogs } from './log-capture.ts';
import { playMail } from './email-scenarios.ts';
import { startReceivers, type Receivers } from './receivers.ts';
import { textOfRow } from './rows.ts';
import { Stage } from './scenario-context.ts';

const figures = { lines: 0, found: 0 };
afterAll(() => {
  recordFigures('logs', {
    'log lines read': figures.lines,
    'lines with a secret or a recipient': figures.found,
  });
});

let receivers: Receivers;
beforeEach(async () => {
  receivers = await startReceivers();
});
afterEach(() => {
  receivers.close();
  unloadFunctions();
});

async function play(environment: Readonly<Record<string, string>>) {
  const functions = await loadFunctions(environment);
  const logs = captureLogs();
  try {
    const stage = new Stage(functions, receivers, logs);
    await playApi(stage);
    await playMail(stage);
    const lines = logs.lines();
    const found = linesWith(lines, stage.shown);
    figures.lines += lines.length;
    figures.found += found.length;
    return {
      named: stage.named,
      text: logs.text(),
      lines,
      found,
      rows: [...functions.table.rows.values()].map(textOfRow),
    };
  } finally {
    logs.stop();
  }
}

/** Every kind of line there is. */
const MESSAGES = [
  'key.checked',
  'request.completed',
  'request.failed',
  'ingest.batch',
  'ingest.error',
  'dispatch.batch',
  'dispatch.error',
  'tally.batch',
  'tally.unreadable',
  'delivery.attempted',
  'delivery.unrecorded',
  'recover.step',
];

describe('no recipient, no mail, no key, no secret and no address of an endpoint is logged', () => {
  it.each(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'])('at level %s', async (level) => {
    const { lines, found } = await play({ POWERTOOLS_LOG_LEVEL: level });
    expect(found).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });

  it('where the environment asks for whole events to be logged', async () => {
    const { found } = await play({ POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_LOGGER_LOG_EVENT: 'true' });
    expect(found).toEqual([]);
  });
});

describe('the means of this proof', () => {
  it('hear every kind of line, with the ids that it is about', async () => {
    const { text, named, rows } = await play({ POWERTOOLS_LOG_LEVEL: 'INFO' });
    expect(MESSAGES.filter((message) => !text.includes(`"${message}"`))).toEqual([]);
    expect(named.filter((id) => !text.includes(id))).toEqual([]);
    expect(text).toContain('"AccessDeniedException"');
    // The canaries were on their way: stored, sent to receivers, and answered.
    expect(linesWith(receivers.received, []).length).toBeGreaterThan(5);
    expect(rows.filter((row) => row.includes(CANARY.recipient)).length).toBeGreaterThan(5);
    expect(rows.filter((row) => row.includes(CANARY.said)).length).toBeGreaterThan(2);
  });

  it('hear what is written in any way, and know a canary in any form', () => {
    const logs = captureLogs();
    process.stdout.write(`a ${CANARY.recipient}\n`);
    process.stderr.write(Buffer.from(`b ${CANARY.token}\n`));
    console.warn('c', { [CANARY.tag]: 1 });
    for (const form of ['base64', 'hex'] as const)
      for (const before of ['', 'x', 'xx'])
        process.stdout.write(`${Buffer.from(`${before}${CANARY.subject}`).toString(form)}\n`);
    process.stdout.write(`${JSON.stringify(Buffer.from(CANARY.text))}\n`);
    logs.thrown(Object.assign(new Error('x'), { Item: { to: CANARY.recipient } }));
    process.stdout.write('nothing of the kind\n');
    logs.stop();
    expect(linesWith(logs.lines(), []).length).toBe(11);
    expect(logs.lines()).toHaveLength(12);
  });
});
