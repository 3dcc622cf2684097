/** What the test and the process of the sender say to each other. */
export interface Job {
  readonly name: string;
  readonly url: string;
}

export interface Told {
  readonly name: string;
  /** Error class, or `delivered`. */
  readonly comesTo: string;
  readonly ms: number;
}

export type Asked =
  | { readonly ask: 'state' }
  | {
      readonly ask: 'attempts';
      readonly jobs: readonly Job[];
      readonly parallel: number;
      readonly healthy: Job;
    };

export interface Attempts {
  readonly told: readonly Told[];
  readonly healthy: readonly Told[];
}

export interface State {
  /** Bytes. */
  readonly rss: number;
  readonly sockets: number;
}
