/** The order in which activities run on the simulated clock. One activity runs at a time, until it ends or sleeps. */

interface Step {
  readonly atMs: number;
  readonly resume: () => void;
}

export class Timeline {
  private readonly steps: Step[] = [];
  private endStep = (): void => {};
  private fail = (_error: unknown): void => {};

  constructor(private readonly clock: { nowMs: number }) {}

  /** Starts an activity at a time. Activities of the same time start in the order of the calls. */
  at(atMs: number, run: () => Promise<void>): void {
    this.push(atMs, () => {
      run().then(
        () => this.endStep(),
        (error: unknown) => this.fail(error),
      );
    });
  }

  /** Pauses the running activity. Other activities run in the meantime. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.push(this.clock.nowMs + ms, resolve);
      this.endStep();
    });
  }

  /** Runs all activities, in the order of their times. Rejects with the first error of an activity. */
  async run(): Promise<void> {
    for (let step = this.steps.shift(); step; step = this.steps.shift()) {
      const { atMs, resume } = step;
      this.clock.nowMs = atMs;
      await new Promise<void>((resolve, reject) => {
        this.endStep = resolve;
        this.fail = reject;
        resume();
      });
    }
  }

  private push(atMs: number, resume: () => void): void {
    const after = this.steps.findLastIndex((step) => step.atMs <= atMs);
    this.steps.splice(after + 1, 0, { atMs, resume });
  }
}
