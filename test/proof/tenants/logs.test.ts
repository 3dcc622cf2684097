import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { playApiScenarios } from './api-scenarios.ts';
import { CANARY, linesContaining } from './canaries.ts';
import { loadFunctions, unloadFunctions } from './functions.ts';
import { captureLogs } from './log-capture.ts';
import { playEmailScenarios } from './email-scenarios.ts';
import { startReceivers, type Receivers } from './receivers.ts';
import { rowText } from './rows.ts';
import { ScenarioContext } from './scenario-context.ts';

const figures = { lines: 0, leaks: 0 };
afterAll(() => {
  recordFigures('logs', {
    'log lines checked': figures.lines,
    'log lines with a secret or a recipient': figures.leaks,
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

async function playScenarios(environment: Readonly<Record<string, string>>) {
  const functions = await loadFunctions(environment);
  const logs = captureLogs();
  try {
    const context = new ScenarioContext(functions, receivers, logs);
    await playApiScenarios(context);
    await playEmailScenarios(context);
    const lines = logs.lines();
    const leaks = linesContaining(lines, context.revealedSecrets);
    figures.lines += lines.length;
    figures.leaks += leaks.length;
    return {
      loggedIds: context.loggedIds,
      text: logs.text(),
      lines,
      leaks,
      rows: [...functions.table.rows.values()].map(rowText),
    };
  } finally {
    logs.stop();
  }
}

/** Every log message of the functions. */
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
  'delivery.group',
  'delivery.failed',
  'delivery.internal_error',
  'delivery.unrecorded',
  'recover.step',
];

describe('the logs contain no recipient, email content, key, secret or endpoint URL', () => {
  it.each(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'])('at level %s', async (level) => {
    const { lines, leaks } = await playScenarios({ POWERTOOLS_LOG_LEVEL: level });
    expect(leaks).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });

  it('if POWERTOOLS_LOGGER_LOG_EVENT is set', async () => {
    const { leaks } = await playScenarios({
      POWERTOOLS_LOG_LEVEL: 'INFO',
      POWERTOOLS_LOGGER_LOG_EVENT: 'true',
    });
    expect(leaks).toEqual([]);
  });
});

describe('the metric of the alarm DispatchStopped', () => {
  it('is 1 in the lines of ingest and 0 in the lines of dispatch', async () => {
    const { lines } = await playScenarios({ POWERTOOLS_LOG_LEVEL: 'INFO' });
    const values = lines.flatMap((line) => {
      const [, service] = /"service":"(\w+)"/.exec(line) ?? [];
      const [, value] = /"DispatchStalled":(\d)/.exec(line) ?? [];
      return value === undefined ? [] : [`${service} ${value}`];
    });
    expect(new Set(values)).toEqual(new Set(['ingest 1', 'dispatch 0']));
  });
});

describe('the proof itself', () => {
  it('captures every log message, and the ids in it', async () => {
    const { text, loggedIds, rows } = await playScenarios({ POWERTOOLS_LOG_LEVEL: 'INFO' });
    expect(MESSAGES.filter((message) => !text.includes(`"${message}"`))).toEqual([]);
    expect(loggedIds.filter((id) => !text.includes(id))).toEqual([]);
    expect(text).toContain('"AccessDeniedException"');
    // The scenarios used the canaries: the receivers got them, and the table contains the recipient and the receivers' responses.
    expect(linesContaining(receivers.received, []).length).toBeGreaterThan(5);
    expect(rows.filter((row) => row.includes(CANARY.recipient)).length).toBeGreaterThan(5);
    expect(rows.filter((row) => row.includes(CANARY.responseText)).length).toBeGreaterThan(2);
  });

  it('captures output from every source, and finds a canary in every form', () => {
    const logs = captureLogs();
    process.stdout.write(`a ${CANARY.recipient}\n`);
    process.stderr.write(Buffer.from(`b ${CANARY.token}\n`));
    console.warn('c', { [CANARY.tag]: 1 });
    for (const form of ['base64', 'hex'] as const)
      for (const prefix of ['', 'x', 'xx'])
        process.stdout.write(`${Buffer.from(`${prefix}${CANARY.subject}`).toString(form)}\n`);
    process.stdout.write(`${JSON.stringify(Buffer.from(CANARY.text))}\n`);
    logs.logUncaught(Object.assign(new Error('x'), { Item: { to: CANARY.recipient } }));
    process.stdout.write('an unrelated line\n');
    logs.stop();
    expect(linesContaining(logs.lines(), []).length).toBe(11);
    expect(logs.lines()).toHaveLength(12);
  });
});
