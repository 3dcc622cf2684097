/** The settings of the template that determine the number of calls and their cost. */
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
  /** The maximum number of records per invocation. */
  readonly batchSize: Readonly<Record<'ingest' | 'dispatch' | 'tally', number>>;
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
  const batchOf = (name: FunctionName): number => {
    const { id } = lambda(name);
    const mappingsOfFunction = mappings.filter((each) => textOf(each['FunctionName']) === `\${${id}}`);
    if (mappingsOfFunction.length !== 1)
      throw new Error(`${name} has ${mappingsOfFunction.length} event sources, expected 1`);
    return number(mappingsOfFunction[0]?.['BatchSize']);
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
    isTraced: machines.some(
      (each) => (each['TracingConfiguration'] as { Enabled?: boolean } | undefined)?.Enabled === true,
    ),
  };
}
