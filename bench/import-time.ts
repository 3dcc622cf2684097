import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HANDLER_ENV } from '../sim/handler-env.ts';
import { bundle } from './bundle.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 41;

const DYNAMODB = `
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, BatchWriteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
export const commands = [BatchWriteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand];
export const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
`;

/** Source text that creates only the AWS clients of each handler, in the same way as the handler. */
const CLIENTS_OF: Readonly<Record<string, string>> = {
  ingest: DYNAMODB,
  dispatch: `${DYNAMODB}
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { PutConfigurationSetSendingOptionsCommand } from '@aws-sdk/client-sesv2';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
export const clients = [new SFNClient({}), new SNSClient({}), new SQSClient({}), StartExecutionCommand, SendMessageCommand, PublishCommand, PutConfigurationSetSendingOptionsCommand];
`,
  deliver: `${DYNAMODB}
import { KMSClient, DecryptCommand } from '@aws-sdk/client-kms';
export const clients = [new KMSClient({}), DecryptCommand];
`,
  api: `${DYNAMODB}
import { KMSClient, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
export const clients = [new KMSClient({}), new SESv2Client({}), DecryptCommand, EncryptCommand, SendEmailCommand, DeleteCommand];
`,
  recover: `${DYNAMODB}
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
export const clients = [new SFNClient({}), StartExecutionCommand];
`,
  tally: DYNAMODB,
  authorizer: DYNAMODB,
};

function importMs(runner: string, file: string): number {
  const output = execFileSync(process.execPath, [runner, file], {
    env: { ...process.env, ...HANDLER_ENV },
    encoding: 'utf8',
  });
  return Number(output.trim().split('\n').at(-1));
}

/** The time to load a handler divided by the time to load only its AWS clients. Medians of alternating runs. */
export async function importTime(directory: string): Promise<readonly Figure[]> {
  const runner = join(directory, 'import.mjs');
  const figures: Figure[] = [];
  for (const [name, clients] of Object.entries(CLIENTS_OF)) {
    const handler = await bundle(directory, name, { file: `lambdas/handlers/${name}.ts` });
    const baseline = await bundle(directory, `${name}-clients`, { text: clients });
    writeFileSync(
      runner,
      'const start = performance.now(); await import(process.argv[2]); console.log(performance.now() - start);',
    );
    const times: { handler: number[]; baseline: number[] } = { handler: [], baseline: [] };
    for (let run = 0; run < RUNS; run += 1) {
      times.handler.push(importMs(runner, handler));
      times.baseline.push(importMs(runner, baseline));
    }
    figures.push({
      name: `import time of ${name} over its AWS clients`,
      value: median(times.handler) / median(times.baseline),
      goal: 1.15,
      unit: '×',
      how: `median of ${RUNS}, alternating: ${median(times.handler).toFixed(1)} ms over ${median(times.baseline).toFixed(1)} ms`,
    });
  }
  return figures;
}
