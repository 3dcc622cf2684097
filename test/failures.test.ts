import { expect, it } from 'vitest';
import { failuresOfReport, lastLines } from './failures.mjs';

const passed = { ancestorTitles: [], title: 'passes', status: 'passed', failureMessages: [] };

function reportOf(...files: object[]): object {
  return { testResults: files };
}

it('names each failed test with its file and its groups', () => {
  const report = reportOf({
    name: '/project/test/a.test.ts',
    status: 'failed',
    message: '',
    assertionResults: [
      passed,
      {
        ancestorTitles: ['a webhook', 'that fails'],
        title: 'is repeated',
        status: 'failed',
        failureMessages: [
          '\u001B[31mexpected 1 to be 2\u001B[39m\n    at file:///project/node_modules/x/y.js:1:1',
        ],
      },
    ],
  });
  expect(failuresOfReport(report, '/project')).toEqual([
    { name: 'test/a.test.ts › a webhook › that fails › is repeated', message: 'expected 1 to be 2' },
  ]);
});

it('names a file that failed outside of its tests', () => {
  const report = reportOf(
    { name: '/project/test/b.test.ts', status: 'failed', message: 'cannot load b', assertionResults: [] },
    {
      name: '/project/test/c.test.ts',
      status: 'failed',
      message: 'afterAll failed',
      assertionResults: [passed],
    },
    { name: '/project/test/d.test.ts', status: 'passed', message: '', assertionResults: [passed] },
  );
  expect(failuresOfReport(report, '/project')).toEqual([
    { name: 'test/b.test.ts', message: 'cannot load b' },
    { name: 'test/c.test.ts', message: 'afterAll failed' },
  ]);
});

it('shortens a long message, and says by how much', () => {
  const failureMessages = [Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')];
  const failed = { ...passed, status: 'failed', failureMessages };
  const report = reportOf({ name: '/project/a', status: 'failed', message: '', assertionResults: [failed] });
  const lines = failuresOfReport(report, '/project')[0]?.message.split('\n');
  expect(lines).toHaveLength(31);
  expect(lines?.at(-2)).toBe('line 29');
  expect(lines?.at(-1)).toBe('(70 more lines)');
});

it('keeps the end of the output of a command', () => {
  const output = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  expect(lastLines(`${output}\n`).split('\n')).toEqual(
    Array.from({ length: 30 }, (_, index) => `line ${70 + index}`),
  );
});
