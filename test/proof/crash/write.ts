/** A write of the API: how to set it up, and what must be true after a crash in the middle and a repetition. */
import { createSecretOpener } from '../../../lambdas/delivery/secrets.ts';
import { setUpApi, type ApiRequest, type ApiResponse } from '../../api/harness.ts';
import { LambdaProcess, currentProcess } from '../../../sim/process.ts';
import { settledAwaits } from './points.ts';

export type Harness = ReturnType<typeof setUpApi>;

export interface Write {
  /** Creates what the write needs. Returns an API request, or a function for a write that another component makes. */
  readonly prepare: (harness: Harness) => Promise<Action>;
  /** Changes the state between the crash and the repetition. */
  readonly beforeRepeat?: (harness: Harness) => Promise<void> | void;
  /** The status codes that the repetition may return. It may find that the first request was carried out. */
  readonly statuses: readonly number[];
  readonly check: (harness: Harness, response: ApiResponse) => void | Promise<void>;
}

export type Action = ApiRequest | (() => Promise<void>);

/** The result of an action that is not an API request. */
const NO_CONTENT: ApiResponse = {
  status: 204,
  headers: {},
  body: undefined,
  text: '',
  loggedError: undefined,
};

export async function execute(harness: Harness, action: Action): Promise<ApiResponse> {
  if (typeof action !== 'function') return harness.sendRequest(action);
  await action();
  return NO_CONTENT;
}

/** Executes the action in a new process. Returns undefined if the process ends before there is a response. */
export async function runInProcess(harness: Harness, action: Action): Promise<ApiResponse | undefined> {
  const process = new LambdaProcess();
  const died = new Promise<undefined>((resolve) => {
    process.onDeath = [() => resolve(undefined)];
  });
  return Promise.race([died, currentProcess.run(process, () => execute(harness, action))]);
}

/** Empties the cache of opened secrets, because a new process starts without it. */
export function forgetSecrets({ deps, kms, state }: Harness): void {
  Object.assign(deps, { secrets: createSecretOpener({ kms: kms.client, now: () => state.nowMs }) });
}

/** The awaits that the write reaches, and how often it reaches each. */
export async function countAwaits(write: Write): Promise<ReadonlyMap<string, number>> {
  const harness = setUpApi();
  const action = await write.prepare(harness);
  settledAwaits.clear();
  await runInProcess(harness, action);
  return new Map(settledAwaits);
}
