import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { apiKeyHash, apiKeyHint, newApiKey } from '../lambdas/core/api-key.ts';
import { isId, randomId } from '../lambdas/core/ids.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { hasApiKey, putApiKey } from '../lambdas/store/api-keys.ts';
import { createTable, type Table } from '../lambdas/store/table.ts';
import { ensureWorkspace } from '../lambdas/store/workspaces.ts';

const USAGE = `Usage: npm run admin -- init [--stack NAME] [--workspace ws_…] [--another] [--json]

  init   makes the first API key of a workspace (scope admin) and shows it, once

  --stack NAME       the deployed stack (default IvyMailEvents)
  --workspace ws_…   the workspace (default: the one that exists from the deploy on)
  --another          makes a key although the workspace has one
  --json             prints one JSON object`;

/** What went wrong in a way that the person at the keyboard can mend; exit code 2. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface FirstKey {
  readonly api_key: string;
  readonly key_id: string;
  readonly workspace_id: string;
}

/** Makes an admin key of a workspace; the key itself is only in the answer. */
export async function initWorkspace(deps: {
  readonly table: Table;
  readonly workspaceId: string;
  readonly mode?: 'live' | 'test';
}): Promise<FirstKey> {
  const createdAt = formatTimestamp(Date.now());
  await ensureWorkspace(deps.table, { id: deps.workspaceId, name: 'default', created_at: createdAt });
  const key = newApiKey(deps.mode ?? 'live', randomBytes);
  const id = randomId('key', randomBytes);
  await putApiKey(deps.table, apiKeyHash(key), {
    id,
    workspace_id: deps.workspaceId,
    name: 'admin',
    scopes: ['admin'],
    hint: apiKeyHint(key),
    created_at: createdAt,
  });
  return { api_key: key, key_id: id, workspace_id: deps.workspaceId };
}

async function stackOutputs(stack: string): Promise<Readonly<Record<string, string>>> {
  const answer = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = answer.Stacks?.[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

async function init(options: {
  stack: string;
  workspace?: string | undefined;
  another: boolean;
  json: boolean;
}): Promise<void> {
  const outputs = await stackOutputs(options.stack);
  const { TableName: tableName, DefaultWorkspaceId: defaultWorkspace, ApiUrl: apiUrl } = outputs;
  const workspaceId = options.workspace ?? defaultWorkspace;
  if (tableName === undefined || workspaceId === undefined) {
    throw new UsageError(`The stack ${options.stack} has no outputs of IvyMail Events`);
  }
  if (!isId('ws', workspaceId)) throw new UsageError(`${workspaceId} is not the id of a workspace`);
  const table = createTable(tableName);
  if (!options.another && (await hasApiKey(table, workspaceId))) {
    throw new UsageError(`${workspaceId} has a key already; --another makes one more`);
  }
  const made = await initWorkspace({ table, workspaceId });
  if (options.json) {
    console.log(JSON.stringify(made));
    return;
  }
  console.log(`API key of ${made.workspace_id} (scope admin); it is not shown again:\n\n  ${made.api_key}\n`);
  if (apiUrl !== undefined)
    console.log(`curl -H 'x-api-key: ${made.api_key}' '${apiUrl}v1/send/logs?limit=10'`);
}

async function main(args: readonly string[]): Promise<void> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        stack: { type: 'string', default: 'IvyMailEvents' },
        workspace: { type: 'string' },
        another: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const [command, ...rest] = parsed.positionals;
  if (command !== 'init' || rest.length > 0) throw new UsageError(`${command ?? 'nothing'} is not a command`);
  await init(parsed.values);
}

if (process.argv[1] === import.meta.filename) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    const usage = error instanceof UsageError;
    console.error(
      usage
        ? `${error.message}\n\n${USAGE}`
        : error instanceof Error
          ? `${error.name}: ${error.message}`
          : error,
    );
    process.exitCode = usage ? 2 : 1;
  });
}
