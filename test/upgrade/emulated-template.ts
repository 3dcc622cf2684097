/** What a template of any release needs before the emulator can run it. Both templates are changed alike, so the changes are no part of the update. */
import { ENV } from '../../lambdas/core/env.ts';
import { localTemplate, type LocalTiming, type TemplateResource } from '../../local/local-template.ts';
import type { StackTemplate } from './releases.ts';

/** The inbox of the test is on loopback. */
function allowLoopback(resource: TemplateResource): TemplateResource {
  const { Variables: variables } = (resource.Properties?.['Environment'] ?? {}) as {
    readonly Variables?: Readonly<Record<string, unknown>>;
  };
  if (variables?.[ENV.allowInsecureEndpoints] === undefined) return resource;
  const Environment = { Variables: { ...variables, [ENV.allowInsecureEndpoints]: 'true' } };
  return { ...resource, Properties: { ...resource.Properties, Environment } };
}

/**
 * Returns a template that the emulator accepts, with the changes of the local run. It lacks the check of the CDK bootstrap version,
 * because the test uploads the assets itself.
 */
export function emulatedTemplate({ Resources, Outputs }: StackTemplate, timing: LocalTiming): StackTemplate {
  const { template } = localTemplate({ Resources }, timing);
  const resources = Object.entries(template.Resources).map(([id, resource]) => [id, allowLoopback(resource)]);
  return { Resources: Object.fromEntries(resources), ...(Outputs && { Outputs }) };
}
