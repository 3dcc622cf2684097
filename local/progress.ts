import pc from 'picocolors';

/** Tells a person what is being done, and how long each step took. */
export interface Progress {
  /** Does the work, and writes a line when it is done. Steps may overlap. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** One line, beside the steps. */
  note(text: string): void;
}

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const FRAME_MS = 100;
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const CLEAR_LINE = '\r\u001B[2K';

/** A person at a terminal sees what is running now; a log gets plain lines only. */
export function isAnimated(output: ProgressOutput, environment: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && !environment['NO_COLOR'] && !environment['CI'];
}

export function createProgress(
  output: ProgressOutput,
  { lively, now }: { readonly lively: boolean; readonly now: () => number },
): Progress {
  const colors = pc.createColors(lively);
  const running = new Map<symbol, { readonly name: string; readonly since: number }>();
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const seconds = (since: number): string => `${((now() - since) / 1000).toFixed(1)} s`;

  function draw(): void {
    frame = (frame + 1) % FRAMES.length;
    const steps = [...running.values()].map(({ name, since }) => `${name} ${colors.dim(seconds(since))}`);
    output.write(`${CLEAR_LINE}${colors.cyan(FRAMES[frame] ?? '')} ${steps.join(' · ')}`);
  }
  function line(text: string): void {
    output.write(`${lively ? CLEAR_LINE : ''}${text}\n`);
  }
  function begin(name: string): symbol {
    const key = Symbol(name);
    running.set(key, { name, since: now() });
    if (lively) timer ??= setInterval(draw, FRAME_MS).unref();
    return key;
  }
  function finish(key: symbol, mark: string): void {
    const step = running.get(key);
    running.delete(key);
    if (step) line(`${mark} ${step.name} ${colors.dim(seconds(step.since))}`);
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    async step(name, work) {
      const key = begin(name);
      try {
        const result = await work();
        finish(key, colors.green('✓'));
        return result;
      } catch (error) {
        finish(key, colors.red('✗'));
        throw error;
      }
    },
    note: line,
  };
}

/** Says nothing: for a run that a test has started. */
export const SILENT: Progress = { step: (_name, work) => work(), note: () => {} };
