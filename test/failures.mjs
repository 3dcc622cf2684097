// What `test/run.mjs` repeats at the end of its output: the failed tests and what they reported. In a long run, the failure itself is thousands of lines above the end.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** More lines of one failure add little: the rest is a stack trace or a repeated diff. */
const LINES_PER_FAILURE = 30;

/** Returns the first lines of a text, without colors and without the lines of a stack trace that lie in packages. */
function firstLines(text) {
  const lines = stripVTControlCharacters(text)
    .trim()
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'));
  return lines.length <= LINES_PER_FAILURE
    ? lines.join('\n')
    : [...lines.slice(0, LINES_PER_FAILURE), `(${lines.length - LINES_PER_FAILURE} more lines)`].join('\n');
}

/** Returns the last lines of the output of a command, without colors. */
export function lastLines(output) {
  return stripVTControlCharacters(output).trim().split('\n').slice(-LINES_PER_FAILURE).join('\n');
}

/**
 * Returns the failures in a JSON report of vitest: `{ name, message }` for each failed test, and for each file that failed outside of its tests.
 *
 * @param {object} report The parsed report (https://vitest.dev/guide/reporters.html#json-reporter).
 * @param {string} root The folder that file names are relative to.
 */
export function failuresOfReport(report, root) {
  return report.testResults.flatMap((file) => {
    const path = relative(root, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    if (file.status === 'failed' && failed.length === 0)
      return [{ name: path, message: firstLines(file.message) }];
    return failed.map((test) => ({
      name: `${path} › ${[...test.ancestorTitles, test.title].join(' › ')}`,
      message: firstLines(test.failureMessages.join('\n')),
    }));
  });
}
