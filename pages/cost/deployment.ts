/** What of the deployed template decides how much is called, and how dear a call is. */
import type { Template } from 'aws-cdk-lib/assertions';
import { resource, resourcesOf, textOf } from '../template.ts';

const FUNCTIONS = {
  api: 'IvyApiFunction',
  authorizer: 'IvyApiAuthorizer',
  ingest: 'IvyIngestFunction',
  dispatch: 'IvyDeliveryDispatch',
  deliver: 'IvyDeliveryDeliver',
  tally: 'IvyTallyFunction',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

export interface Deployment {
  readonly memoryMb: Readonly<Record<FunctionName, number>>;
  /** Records that an invocation gets at most. */
  readonly batchSize: Readonly<Record<'ingest' | 'dispatch' | 'tally', number>>;
  /** State machines that X-Ray hears of. */
  readonly traced: boolean;
}

export function deploymentOf(template: Template): Deployment {
  const lambda = (name: FunctionName) => resource(template, 'AWS::Lambda::Function', FUNCTIONS[name]);
  const number = (value: unknown): number => {
    if (typeof value !== 'number') throw new TypeError(`The template has no number but ${String(value)}`);
    return value;
  };
  const memoryOf = (name: FunctionName): number => number(lambda(name).Properties['MemorySize']);
  const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(
    ([, each]) => each.Properties,
  );
  const batchOf = (name: FunctionName): number => {
    const { id } = lambda(name);
    const own = mappings.filter((each) => textOf(each['FunctionName']) === `\${${id}}`);
    if (own.length !== 1) throw new Error(`${name} has ${own.length} event sources`);
    return number(own[0]?.['BatchSize']);
  };
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(
    ([, each]) => each.Properties,
  );
  return {
    memoryMb: {
      api: memoryOf('api'),
      authorizer: memoryOf('authorizer'),
      ingest: memoryOf('ingest'),
      dispatch: memoryOf('dispatch'),
      deliver: memoryOf('deliver'),
      tally: memoryOf('tally'),
    },
    batchSize: { ingest: batchOf('ingest'), dispatch: batchOf('dispatch'), tally: batchOf('tally') },
    traced: machines.some(
      (each) => (each['TracingConfiguration'] as { Enabled?: boolean } | undefined)?.Enabled === true,
    ),
  };
}
