import pc from 'picocolors';

/** Shows the steps of a run and how long each one took. */
export interface Progress {
  /** Runs `work`, and prints a line when it has ended. Steps can overlap. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Prints one line between the steps. */
  note(text: string): void;
}

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const FRAME_MS = 100;
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const CLEAR_LINE = '\r\u001B[2K';

/** Whether to animate the running steps. A terminal shows them. A log contains only complete lines. */
export function isAnimated(output: ProgressOutput, environment: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && !environment['NO_COLOR'] && !environment['CI'];
}

export function createProgress(
  output: ProgressOutput,
  { animated, now }: { readonly animated: boolean; readonly now: () => number },
): Progress {
  const colors = pc.createColors(animated);
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
    output.write(`${animated ? CLEAR_LINE : ''}${text}\n`);
  }
  function begin(name: string): symbol {
    const key = Symbol(name);
    running.set(key, { name, since: now() });
    if (animated) timer ??= setInterval(draw, FRAME_MS).unref();
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

/** Prints nothing. Tests use it. */
export const SILENT: Progress = { step: (_name, work) => work(), note: () => {} };
