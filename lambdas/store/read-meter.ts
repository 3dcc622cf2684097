/** What one request may read. */
export interface ReadBudget {
  readonly units: number;
  readonly milliseconds: number;
}

/** Counts the read units and the time of one request. */
export class ReadMeter {
  /** Units that the next reads need. They do not count as left. */
  reserved = 0;
  private units = 0;
  private readonly startedMs: number;

  constructor(
    private readonly budget: ReadBudget,
    /** Epoch milliseconds. */
    private readonly now: () => number,
  ) {
    this.startedMs = now();
  }

  /** Adds the units that DynamoDB reports for a read. */
  add(units: number): void {
    this.units += units;
  }

  /** The read units that are left. Zero after the time has passed, and never negative. */
  get left(): number {
    if (this.now() - this.startedMs >= this.budget.milliseconds) return 0;
    return Math.max(this.budget.units - this.units - this.reserved, 0);
  }
}
