/** Something of the api's that writes: what leads to it, and what must be true after it was cut short and repeated. */
import { createSecretOpener } from '../../../lambdas/delivery/secrets.ts';
import { setUp, type Ask, type ApiResponse } from '../../api/harness.ts';
import { Process, processOf } from '../../../sim/process.ts';
import { passed } from './points.ts';

export type World = ReturnType<typeof setUp>;

export interface Write {
  /** Makes what must be there before; a request, or what another function than the api λ, or an operator, does. */
  readonly ask: (world: World) => Promise<Ask | (() => Promise<void>)>;
  /** What has changed by the time it is repeated. */
  readonly meanwhile?: (world: World) => Promise<void> | void;
  /** A repeated request may find that the first one was carried out. */
  readonly answers: readonly number[];
  readonly check: (world: World, told: ApiResponse) => void | Promise<void>;
}

export type Asked = Awaited<ReturnType<Write['ask']>>;

/** Of what is no request. */
const DONE: ApiResponse = { status: 204, headers: {}, body: undefined, text: '', fault: undefined };

export async function carryOut(world: World, asked: Asked): Promise<ApiResponse> {
  if (typeof asked !== 'function') return world.ask(asked);
  await asked();
  return DONE;
}

/** In a process of its own, and its answer; undefined where the process ended before it had one. */
export async function inProcess(world: World, asked: Asked): Promise<ApiResponse | undefined> {
  const process = new Process();
  const died = new Promise<undefined>((resolve) => {
    process.onDeath = [() => resolve(undefined)];
  });
  return Promise.race([died, processOf.run(process, () => carryOut(world, asked))]);
}

/** What a process kept in mind is gone with it: another opens the secrets anew. */
export function forget({ deps, kms, world }: World): void {
  Object.assign(deps, { secrets: createSecretOpener({ kms: kms.client, now: () => world.nowMs }) });
}

/** The awaits it comes by, and how often. */
export async function pointsOf(write: Write): Promise<ReadonlyMap<string, number>> {
  const world = setUp();
  const asked = await write.ask(world);
  passed.clear();
  await inProcess(world, asked);
  return new Map(passed);
}
