/** The settings of the template that determine the number of calls and their cost. */
import type { Template } from 'aws-cdk-lib/assertions';
import { resource, resourcesOf, textOf } from '../template.ts';

const FUNCTIONS = {
  api: 'IvyApiFunction',
  authorizer: 'IvyApiAuthorizer',
  ingest: 'IvyIngestFunction',
  dispatch: 'IvyDeliveryDispatch',
  deliver: 'IvyDeliveryDeliver',
  recover: 'IvyDeliveryRecover',
  tally: 'IvyTallyFunction',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

export interface Deployment {
  readonly memoryMb: Readonly<Record<FunctionName, number>>;
  /** The maximum number of records per invocation. */
  readonly batchSize: Readonly<Record<'ingest' | 'dispatch' | 'tally', number>>;
  /** The number of batches of one shard that dispatch processes at the same time. */
  readonly dispatchParallelization: number;
  /** How long Lambda collects records for tally before it invokes the function. */
  readonly tallyWindowSeconds: number;
  /** The length of the tumbling window of tally. Lambda ends each window with one more invocation. */
  readonly tallyTumblingSeconds: number;
  /** Whether X-Ray traces a state machine. */
  readonly isTraced: boolean;
}

export function deploymentOf(template: Template): Deployment {
  const lambda = (name: FunctionName) => resource(template, 'AWS::Lambda::Function', FUNCTIONS[name]);
  const number = (value: unknown): number => {
    if (typeof value !== 'number')
      throw new TypeError(`Expected a number in the template, got ${String(value)}`);
    return value;
  };
  const memoryOf = (name: FunctionName): number => number(lambda(name).Properties['MemorySize']);
  const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(
    ([, each]) => each.Properties,
  );
  const mappingOf = (name: FunctionName): Readonly<Record<string, unknown>> => {
    const { id } = lambda(name);
    const mappingsOfFunction = mappings.filter((each) => textOf(each['FunctionName']) === `\${${id}}`);
    const [mapping] = mappingsOfFunction;
    if (mappingsOfFunction.length !== 1 || !mapping)
      throw new Error(`${name} has ${mappingsOfFunction.length} event sources, expected 1`);
    return mapping;
  };
  const batchOf = (name: FunctionName): number => number(mappingOf(name)['BatchSize']);
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
      recover: memoryOf('recover'),
      tally: memoryOf('tally'),
    },
    batchSize: { ingest: batchOf('ingest'), dispatch: batchOf('dispatch'), tally: batchOf('tally') },
    dispatchParallelization: number(mappingOf('dispatch')['ParallelizationFactor']),
    tallyWindowSeconds: number(mappingOf('tally')['MaximumBatchingWindowInSeconds']),
    tallyTumblingSeconds: number(mappingOf('tally')['TumblingWindowInSeconds']),
    isTraced: machines.some(
      (each) => (each['TracingConfiguration'] as { Enabled?: boolean } | undefined)?.Enabled === true,
    ),
  };
}
