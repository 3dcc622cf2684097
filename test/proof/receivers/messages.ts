/** What the test and the process of the sender say to each other. */
export interface Job {
  readonly name: string;
  readonly url: string;
}

export interface AttemptReport {
  readonly name: string;
  /** Error class, or `delivered`. */
  readonly comesTo: string;
  readonly ms: number;
}

export type SenderRequest =
  | { readonly ask: 'state' }
  | {
      readonly ask: 'attempts';
      readonly jobs: readonly Job[];
      readonly parallel: number;
      /** One that is well, asked again and again meanwhile. */
      readonly healthy?: Job;
    };

export interface AttemptReports {
  readonly told: readonly AttemptReport[];
  readonly healthy: readonly AttemptReport[];
}

/** Of memory, bytes. */
export interface ProcessState {
  /** Of the whole process, now and at its most. */
  readonly rss: number;
  readonly peak: number;
  /** Of V8's heap. */
  readonly heapUsed: number;
  readonly sockets: number;
}
