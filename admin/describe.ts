import type { Deployment } from './deployment.ts';
import { formatTable, type CommandOutput } from './output.ts';

/** Returns each value with its name: `api_url`, `functions.Ingest`, … */
function flatten(values: object, prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, String(value)] as const],
  );
}

/** `describe`: the names, addresses and ids of a deployment, one per line for a script without a JSON parser. */
export async function describe({ stack, description, apiUrl }: Deployment): Promise<CommandOutput> {
  const result = { stack, ...description, api_url: apiUrl };
  const [names = [], ...rows] = flatten(result);
  return { result, text: formatTable(names, rows) };
}
