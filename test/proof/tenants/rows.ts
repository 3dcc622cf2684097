import { KIND } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import type { ApiResponse } from '../../api/harness.ts';
import type { SimulatedTable } from '../../../sim/table.ts';
import type { Tenant } from './tenants.ts';

/** The text of a row, with its binary values in hex. */
export function rowText(row: Row): string {
  return JSON.stringify(row, (_name, value: unknown) =>
    value instanceof Uint8Array ? `bytes:${Buffer.from(value).toString('hex')}` : value,
  );
}

/** The content of the table as text, to compare it byte by byte. */
export interface TableState {
  readonly allRows: string;
  /** Excludes the rows of one tenant. Also excludes probes, because they have no tenant: the token of a probe grants access to it. */
  readonly otherRows: string;
}

export function tableState({ rows }: Pick<SimulatedTable, 'rows'>, { workspaceId }: Tenant): TableState {
  const texts = [...rows.values()].map((row) => ({
    isProbe: row['kind'] === KIND.probe,
    text: rowText(row),
  }));
  return {
    allRows: texts.map(({ text }) => text).join('\n'),
    otherRows: texts
      .filter(({ isProbe, text }) => !isProbe && !text.includes(workspaceId))
      .map(({ text }) => text)
      .join('\n'),
  };
}

const ID = /(?:ws|key|evt|ep|dlv|rcv|req|ivm)_[a-z2-7]{26}/g;

/** The texts of a tenant that no other tenant may see: its marker, every id in its rows, its keys, secrets and cursors, and its count. */
export function tenantSecrets(tenant: Tenant, { rows }: Pick<SimulatedTable, 'rows'>): readonly string[] {
  const ownRows = [...rows.values()].map(rowText).filter((text) => text.includes(tenant.workspaceId));
  const ids = ownRows.flatMap((text) => text.match(ID) ?? []);
  return [
    ...new Set([
      tenant.marker,
      ...ids,
      ...tenant.revealedSecrets,
      ...Object.values(tenant.cursors),
      String(tenant.count),
    ]),
  ];
}

/** A response as text, to compare it byte by byte. The harness gives every request the same id. */
export function responseBytes({ status, headers, text }: ApiResponse): string {
  return JSON.stringify([status, headers, text]);
}

/** The secrets that the response contains, except those that the request contained. */
export function findLeaks(
  response: ApiResponse,
  secrets: readonly string[],
  request: string,
): readonly string[] {
  const bytes = responseBytes(response);
  return secrets.filter((secret) => bytes.includes(secret) && !request.includes(secret));
}
