import { describe, expect, it } from 'vitest';
import { createProgress, isAnimated } from '../../local/progress.ts';

describe('progress', () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { CI: 'true' }, false],
    [{}, {}, false],
  ])('is animated on %j with %j: %s', (output, environment, animated) => {
    expect(isAnimated({ write: () => true, ...output }, environment)).toBe(animated);
  });

  it('prints one line per step to a log, with its duration and a cross if it failed', async () => {
    let text = '';
    let clock = 0;
    const output = { write: (part: string) => (text += part) };
    const progress = createProgress(output, { animated: false, now: () => clock });

    await progress.step('Stack deployed', async () => {
      clock += 3_940;
    });
    const failing = progress.step('Key made', async () => {
      throw new Error('no table');
    });

    await expect(failing).rejects.toThrow('no table');
    expect(text).toBe('✓ Stack deployed 3.9 s\n✗ Key made 0.0 s\n');
  });
});
