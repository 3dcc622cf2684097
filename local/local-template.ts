/** Changes the template of a deployment for the local run. No other code differs between the local run and a deployment. */
import { ENV } from '../lambdas/core/env.ts';
import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import { checkedWaitScale } from '../lambdas/core/wait-scale.ts';
import type { MachineDefinition } from '../lib/deliver-machine.ts';
import { scaleRetry } from './retry-scale.ts';
import { scaledDefinition } from './scaled-definition.ts';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A CloudFormation template, parsed. */
export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** The waits of the local run that differ from a deployment. Each factor is more than 0 and at most 1. */
export interface LocalTiming {
  /** The factor that shortens the delays of the option `retry`, which the API shows. */
  readonly retryScale: number;
  /** The factor that shortens the waits that no displayed time depends on. */
  readonly waitScale: number;
}

export interface LocalTemplate {
  readonly template: CloudFormationTemplate;
  /** The retry schedule of the template, scaled. */
  readonly retry: RetryOptions;
}

/** The functions that compute a wait, by the start of their logical ids. */
const WAITING_FUNCTIONS = /^IvyDelivery(?:Deliver|Dispatch|Recover)[0-9A-F]{8}$/;

/** Counters of the local run are at most this late, because its user watches them. */
const TALLY_WINDOW_SECONDS = 5;
const TALLY_STREAM = /^IvyTallyFunctionStream/;

/**
 * Returns the template that is deployed to the emulator:
 *
 * - The delays of the retries and the other waits are shorter.
 * - A batch of tally waits 5 seconds instead of a minute.
 *
 * Throws a RangeError if a factor is invalid, and an Error if the template does not contain what is changed.
 */
export function localTemplate(deployed: CloudFormationTemplate, timing: LocalTiming): LocalTemplate {
  checkedWaitScale(timing.retryScale);
  checkedWaitScale(timing.waitScale);
  const retry = scaleRetry(retryOf(deployed), timing.retryScale);
  const resources = Object.entries(deployed.Resources).map(([id, resource]) => {
    const changed = changedProperties(id, resource, { retry, waitScale: timing.waitScale });
    return [id, changed ? { ...resource, Properties: { ...resource.Properties, ...changed } } : resource];
  });
  return { template: { ...deployed, Resources: Object.fromEntries(resources) }, retry };
}

function changedProperties(
  id: string,
  { Type: type, Properties: properties = {} }: TemplateResource,
  { retry, waitScale }: { readonly retry: RetryOptions; readonly waitScale: number },
): Readonly<Record<string, unknown>> | undefined {
  if (type === 'AWS::Lambda::Function') {
    const variables = variablesOf(properties);
    const added = {
      ...(variables[ENV.retry] !== undefined && { [ENV.retry]: JSON.stringify(retry) }),
      ...(waitScale !== 1 && WAITING_FUNCTIONS.test(id) && { [ENV.waitScale]: String(waitScale) }),
    };
    if (Object.keys(added).length === 0) return undefined;
    return { Environment: { Variables: { ...variables, ...added } } };
  }
  if (type === 'AWS::StepFunctions::StateMachine')
    return { DefinitionString: scaledDefinitionString(properties['DefinitionString'], waitScale) };
  if (type === 'AWS::Lambda::EventSourceMapping' && TALLY_STREAM.test(id))
    return { MaximumBatchingWindowInSeconds: TALLY_WINDOW_SECONDS };
  return undefined;
}

function variablesOf(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return (properties['Environment'] as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};
}

function retryOf({ Resources: resources }: CloudFormationTemplate): RetryOptions {
  const [retry] = Object.values(resources).flatMap(
    ({ Properties: properties = {} }) => variablesOf(properties)[ENV.retry] ?? [],
  );
  if (typeof retry !== 'string') throw new Error(`The template has no function with ${ENV.retry}`);
  return JSON.parse(retry) as RetryOptions;
}

/** A text that is in no definition. Numbered copies of it replace the CloudFormation values while a definition is parsed. */
const PLACEHOLDER = '\u0000value\u0000';

/**
 * Scales a definition in a template. There it is JSON text in which CloudFormation values, such as the ARN of a function, are joined with
 * plain text.
 */
function scaledDefinitionString(value: unknown, waitScale: number): unknown {
  const [separator, parts] = (value as { 'Fn::Join': [string, readonly unknown[]] })['Fn::Join'];
  const escaped = JSON.stringify(PLACEHOLDER).slice(1, -1);
  const text = parts.map((part) => (typeof part === 'string' ? part : escaped)).join(separator);
  const scaled = scaledDefinition(JSON.parse(text) as MachineDefinition, waitScale);
  const values = parts.filter((part) => typeof part !== 'string');
  const texts = JSON.stringify(scaled).split(escaped);
  return {
    'Fn::Join': ['', texts.flatMap((each, index) => (index === 0 ? [each] : [values[index - 1], each]))],
  };
}
