/** The messages between the test and the process of the sender. */
export interface Job {
  readonly name: string;
  readonly url: string;
}

export interface AttemptReport {
  readonly name: string;
  /** The error class, or `delivered`. */
  readonly outcome: string;
  readonly ms: number;
}

export type SenderRequest =
  | { readonly type: 'state' }
  | {
      readonly type: 'attempts';
      readonly jobs: readonly Job[];
      readonly parallel: number;
      /** A healthy receiver that gets attempts, one after the other, until the jobs have ended. */
      readonly healthy?: Job;
    };

export interface AttemptReports {
  readonly reports: readonly AttemptReport[];
  readonly healthy: readonly AttemptReport[];
}

/** The memory, in bytes, and the open sockets of the sender's process. */
export interface ProcessState {
  /** The memory of the whole process: now, and its peak. */
  readonly rss: number;
  readonly peak: number;
  /** The used part of V8's heap. */
  readonly heapUsed: number;
  readonly sockets: number;
}
