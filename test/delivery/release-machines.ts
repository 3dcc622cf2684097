/** What version 0.1.0 leaves behind: its state machines, and the inputs with which they called the deliver function. */
import { readFileSync } from 'node:fs';
import type { SingleDeliverInput } from '../../lambdas/core/deliveries.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import type { Row } from '../../lambdas/store/table.ts';
import type { StateMachineDefinition } from '../../sim/state-machine.ts';
import { RELEASES, releaseTemplate } from '../upgrade/releases.ts';

export interface RecordedInput {
  readonly input: SingleDeliverInput;
  /** The rows of the delivery at the time of the call. */
  readonly rows: readonly Row[];
}

export const RECORDED = JSON.parse(readFileSync(new URL('v0.1.0-inputs.json', RELEASES), 'utf8')) as {
  readonly event: EmailEvent;
  readonly endpoint_id: string;
  readonly cases: Readonly<Record<string, RecordedInput>>;
};

export function recordedInput(name: string): RecordedInput {
  const recorded = RECORDED.cases[name];
  if (!recorded) throw new Error(`No input is recorded as ${name}`);
  return recorded;
}

type Reference = { readonly Ref?: string; readonly 'Fn::GetAtt'?: readonly [string, string] };

/** The names that the model of the state machines uses for the resources of the template. */
const RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/^AWS::Partition$/, 'aws'],
  [/DeliverDeadLetters/, 'dead-letters'],
  [/RedeliverMachine/, 'redeliver'],
  [/^IvyDeliveryDeliver[0-9A-F]{8}$/, 'deliver-function'],
];

function resolve(part: string | Reference): string {
  if (typeof part === 'string') return part;
  const id = part.Ref ?? part['Fn::GetAtt']?.[0] ?? '';
  const [, name] = RESOURCES.find(([pattern]) => pattern.test(id)) ?? [];
  if (name === undefined) throw new Error(`The definition refers to the unknown resource ${id}`);
  return name;
}

/** The definitions in the template of version 0.1.0. */
export function releaseDefinitions(): Readonly<Record<'deliver' | 'redeliver', StateMachineDefinition>> {
  const { Resources: resources } = releaseTemplate('0.1.0');
  const definitionOf = (pattern: RegExp): StateMachineDefinition => {
    const [, machine] = Object.entries(resources).find(([id]) => pattern.test(id)) ?? [];
    const joined = machine?.Properties?.['DefinitionString'] as {
      readonly 'Fn::Join': readonly [string, readonly (string | Reference)[]];
    };
    return JSON.parse(joined['Fn::Join'][1].map(resolve).join('')) as StateMachineDefinition;
  };
  return {
    deliver: definitionOf(/^IvyDeliveryDeliverMachine[0-9A-F]{8}$/),
    redeliver: definitionOf(/^IvyDeliveryRedeliverMachine[0-9A-F]{8}$/),
  };
}
