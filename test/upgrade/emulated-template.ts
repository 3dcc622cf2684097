/** What a template of any release needs before the emulator can run it. The same changes for both releases are no part of the update. */
import type { RetryOptions } from '../../lambdas/core/retry-schedule.ts';
import { ENV } from '../../lambdas/core/env.ts';
import type { StackTemplate, TemplateResource } from './releases.ts';

interface Emulation {
  /** The `retry` option. A release waits minutes by default. */
  readonly retry: RetryOptions;
  /** The factor of the waits that no API response shows, such as the wait before a probe. */
  readonly waitScale: number;
}

/** The variables of a function that differ in the emulator. A function gets only those that it reads. */
function variablesOf(
  id: string,
  variables: Readonly<Record<string, unknown>>,
  { retry, waitScale }: Emulation,
): Readonly<Record<string, unknown>> {
  const changed = {
    [ENV.retry]: JSON.stringify(retry),
    // The inbox of the test is on loopback.
    [ENV.allowInsecureEndpoints]: 'true',
  };
  return {
    ...variables,
    ...Object.fromEntries(Object.entries(changed).filter(([name]) => variables[name] !== undefined)),
    ...(id.startsWith('IvyDelivery') && { [ENV.waitScale]: String(waitScale) }),
  };
}

/** The emulator refuses an alarm over more than one metric. */
const isRefused = ({ Type, Properties }: TemplateResource): boolean =>
  Type === 'AWS::CloudWatch::Alarm' && Properties?.['Metrics'] !== undefined;

/**
 * Returns a template that the emulator accepts: without the alarms that it refuses, and without the check of the CDK bootstrap
 * version, because the test uploads the assets itself. The functions allow loopback endpoints, and their waits are shorter.
 */
export function emulatedTemplate({ Resources, ...rest }: StackTemplate, emulation: Emulation): StackTemplate {
  const resources = Object.entries(Resources)
    .filter(([, resource]) => !isRefused(resource))
    .map(([id, resource]): [string, TemplateResource] => {
      const { Variables } = (resource.Properties?.['Environment'] ?? {}) as {
        readonly Variables?: Readonly<Record<string, unknown>>;
      };
      if (resource.Type !== 'AWS::Lambda::Function' || Variables === undefined) return [id, resource];
      const Environment = { Variables: variablesOf(id, Variables, emulation) };
      return [id, { ...resource, Properties: { ...resource.Properties, Environment } }];
    });
  return { ...(rest.Outputs && { Outputs: rest.Outputs }), Resources: Object.fromEntries(resources) };
}
