import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';
import {
  countQuarantine,
  countMessages,
  QUARANTINE,
  readQuarantine,
  readQueue,
  type DeadLetter,
  type DeadLetterBatches,
} from './dead-letters.ts';
import { formatTable, type CommandOutput } from './output.ts';
import { redriveRoute } from './redrive-routes.ts';

export interface RedriveOptions {
  /** Only messages whose body contains this text. */
  readonly filter?: string | undefined;
  /** Only quarantined messages with this reason. */
  readonly reason?: string | undefined;
  /** Day of the quarantine, `YYYY-MM-DD`. Default: the last 14 days. */
  readonly day?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly limit?: string | undefined;
}

const QUARANTINE_OPTIONS = ['reason', 'day'] as const;

/** An ignored option would redrive, or hide, other messages than the operator named. */
function checkOptions(place: string, options: RedriveOptions): void {
  const unused = QUARANTINE_OPTIONS.find((name) => place !== QUARANTINE && options[name] !== undefined);
  if (unused !== undefined)
    throw new UsageError(`${place} does not use --${unused}. Only ${QUARANTINE} does`);
  if (options.day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(options.day))
    throw new UsageError(`--day needs a day such as 2026-02-25, not ${options.day}`);
}

function parseLimit({ limit }: RedriveOptions, defaultLimit: number): number {
  if (limit === undefined) return defaultLimit;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError('--limit needs a whole number of at least 1');
  return count;
}

/** Returns the messages of a place. The first message is read when the first batch is requested. */
function readPlace(deployment: Deployment, place: string, options: RedriveOptions): DeadLetterBatches {
  const url = deployment.deadLetterQueues[place];
  if (place !== QUARANTINE && url === undefined) {
    const places = [...Object.keys(deployment.deadLetterQueues), QUARANTINE];
    throw new UsageError(`There is no place ${place}. The places are ${places.join(', ')}`);
  }
  checkOptions(place, options);
  return url === undefined ? readQuarantine(deployment, options.day) : readQueue(deployment, url);
}

function isSelected({ body, reason }: DeadLetter, options: RedriveOptions): boolean {
  return (
    (options.filter === undefined || body.includes(options.filter)) &&
    (options.reason === undefined || reason === options.reason)
  );
}

/** `redrive list` */
export async function redriveList(
  deployment: Deployment,
  options: Pick<RedriveOptions, 'day'>,
): Promise<CommandOutput> {
  checkOptions(QUARANTINE, options);
  const queues = await Promise.all(
    Object.entries(deployment.deadLetterQueues).map(async ([place, url]) => ({
      place,
      count: await countMessages(deployment, url),
      reasons: '',
    })),
  );
  const counts = [...(await countQuarantine(deployment, options.day))];
  const quarantined = {
    place: QUARANTINE,
    count: counts.reduce((sum, [, count]) => sum + count, 0),
    reasons: counts.map(([reason, count]) => `${count} ${reason}`).join(', '),
  };
  const places = [...queues, quarantined];
  const rows = places.map((each) => [each.place, String(each.count), each.reasons]);
  return { result: places, text: formatTable(['place', 'messages', 'reasons'], rows) };
}

const DEFAULT_SHOWN = 10;
const EXCERPT_CHARACTERS = 300;

/** `redrive show PLACE` */
export async function redriveShow(
  deployment: Deployment,
  place: string,
  options: RedriveOptions,
): Promise<CommandOutput> {
  const batches = readPlace(deployment, place, options);
  const limit = parseLimit(options, DEFAULT_SHOWN);
  const shown: Omit<DeadLetter, 'remove'>[] = [];
  let count = 0;
  for await (const batch of batches) {
    const selected = batch.filter((each) => isSelected(each, options));
    count += selected.length;
    for (const { id, reason, body } of selected.slice(0, limit - shown.length))
      shown.push({ id, ...(reason !== undefined && { reason }), body });
  }
  const lines = shown.map(
    ({ id, reason, body }) =>
      `${id}${reason === undefined ? '' : `  ${reason}`}\n  ${body.slice(0, EXCERPT_CHARACTERS).toWellFormed()}`,
  );
  const text = [...lines, `${shown.length} of ${count}`].join('\n');
  return { result: { count, messages: shown }, text };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `redrive run PLACE` */
export async function redriveRun(
  deployment: Deployment,
  place: string,
  options: RedriveOptions,
): Promise<CommandOutput> {
  const batches = readPlace(deployment, place, options);
  const limit = parseLimit(options, Infinity);
  const dryRun = options['dry-run'] === true;
  const redrive = redriveRoute(deployment, place);
  const failed: { readonly id: string; readonly error: string }[] = [];
  let matched = 0;
  let redriven = 0;
  async function redriveOne(message: DeadLetter): Promise<void> {
    try {
      await redrive(message);
      // The message is removed last, so a message that could not be redriven stays in its place.
      await message.remove();
      redriven += 1;
    } catch (error) {
      failed.push({ id: message.id, error: textOf(error) });
    }
  }
  let stopped: string | undefined;
  try {
    for await (const batch of batches) {
      const selected = batch.filter((each) => isSelected(each, options)).slice(0, limit - matched);
      matched += selected.length;
      if (!dryRun) await Promise.all(selected.map(redriveOne));
      if (matched >= limit) break;
    }
  } catch (error) {
    // The command still reports the messages that it redrove before the error.
    stopped = textOf(error);
  }
  const lines = failed.map(({ id, error }) => `${id} was not redriven: ${error}`);
  const summary = dryRun ? `${matched} would be redriven` : `${redriven} of ${matched} redriven`;
  const end =
    stopped !== undefined ? `, then the command stopped: ${stopped}` : matched >= limit ? ' (--limit)' : '';
  return {
    result: { place, matched, redriven, failed, ...(stopped !== undefined && { stopped }) },
    text: [...lines, `${summary}${end}`].join('\n'),
    exitCode: stopped !== undefined ? 3 : failed.length > 0 ? 1 : 0,
  };
}
