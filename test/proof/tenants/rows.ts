import { KIND } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import type { ApiResponse } from '../../api/harness.ts';
import type { SimulatedTable } from '../../../sim/table.ts';
import type { Tenant } from './tenants.ts';

/** A row as text, its bytes included. */
export function textOfRow(row: Row): string {
  return JSON.stringify(row, (_name, value: unknown) =>
    value instanceof Uint8Array ? `bytes:${Buffer.from(value).toString('hex')}` : value,
  );
}

/** The table, byte for byte. */
export interface TableState {
  readonly all: string;
  /** Without the rows of one tenant, and without probes, which are of whoever knows their token. */
  readonly beside: string;
}

export function stateOf({ rows }: Pick<SimulatedTable, 'rows'>, { workspaceId }: Tenant): TableState {
  const texts = [...rows.values()].map((row) => ({
    probe: row['kind'] === KIND.probe,
    text: textOfRow(row),
  }));
  return {
    all: texts.map(({ text }) => text).join('\n'),
    beside: texts
      .filter(({ probe, text }) => !probe && !text.includes(workspaceId))
      .map(({ text }) => text)
      .join('\n'),
  };
}

const ID = /(?:ws|key|evt|ep|dlv|rcv|req|ivm)_[a-z2-7]{26}/g;

/** What of a tenant nobody else may see: its word, every id in its rows, what it was shown once, and its counts. */
export function secretsOf(tenant: Tenant, { rows }: Pick<SimulatedTable, 'rows'>): readonly string[] {
  const own = [...rows.values()].map(textOfRow).filter((text) => text.includes(tenant.workspaceId));
  const ids = own.flatMap((text) => text.match(ID) ?? []);
  return [
    ...new Set([
      tenant.word,
      ...ids,
      ...tenant.shown,
      ...Object.values(tenant.cursors),
      String(tenant.count),
    ]),
  ];
}

/** An answer, byte for byte; the harness gives every request the same id. */
export function bytesOf({ status, headers, text }: ApiResponse): string {
  return JSON.stringify([status, headers, text]);
}

/** Those of the secrets that are in an answer, and that the request did not say itself. */
export function leaksIn(told: ApiResponse, secrets: readonly string[], said: string): readonly string[] {
  const answer = bytesOf(told);
  return secrets.filter((secret) => answer.includes(secret) && !said.includes(secret));
}
