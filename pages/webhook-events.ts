/** Generates webhook/events.ts: the types of webhook bodies, from the schemas of the API. */
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { Components } from '../lambdas/api/schema-json.ts';
import { webhookEventJson } from '../lambdas/api/schemas/events.ts';

type Schemas = Readonly<Record<string, JSONSchema>>;

const nameIn = ({ $ref = '' }: JSONSchema): string => $ref.split('/').at(-1) ?? '';

/** Replaces references by the schemas, so that every field has a description next to it. */
function inlined(schema: JSONSchema | undefined, schemas: Schemas): JSONSchema {
  const text = JSON.stringify(schema, (_, value: JSONSchema | null) =>
    typeof value?.$ref === 'string' ? schemas[nameIn(value)] : value,
  );
  return JSON.parse(text) as JSONSchema;
}

/** The fields that all events have, with the same schema. */
function commonFields(events: readonly JSONSchema[]): Schemas {
  const [first = {}, ...others] = events.map(({ properties = {} }) => properties);
  const isCommon = ([name, schema]: [string, JSONSchema]): boolean =>
    others.every((each) => JSON.stringify(each[name]) === JSON.stringify(schema));
  return Object.fromEntries(Object.entries(first).filter(isCommon));
}

const LATER_NAME = 'LaterEventName';
const HEAD = `/** The types of webhook bodies. \`npm run docs\` generates this file from the schemas of the API. Do not edit it. */

/** The name of an event that a later version adds. It is a string. This enum exists only for the compiler. */
declare enum ${LATER_NAME} {
  name = 'the name of an event that this version does not know',
}`;

/**
 * An event that a later version adds. The compiler then requires code for other events. The type of its `event` is an enum, because
 * the compiler could not narrow `event === 'bounced'` to one type if the union contained a `string`.
 */
function unknownEvent(events: readonly JSONSchema[]): JSONSchema {
  const fields = commonFields(events);
  const required = events[0]?.required as readonly string[];
  return {
    title: 'UnknownEvent',
    type: 'object',
    description:
      'A webhook for an event that a later version adds. Respond with 2xx, and process only events that you know.',
    properties: {
      event: {
        description: 'Name of the event: a string that is not one of the names above.',
        tsType: LATER_NAME,
      },
      ...fields,
    },
    required: ['event', ...required.filter((name) => name in fields)],
    additionalProperties: true,
  };
}

/** The text of webhook/events.ts. */
export async function webhookEventTypes(): Promise<string> {
  const components = new Components();
  components.schemaOf(webhookEventJson, 'output');
  const schemas = components.toJson() as Schemas;
  const { description, oneOf = [] } = schemas['WebhookEvent'] ?? {};
  const events = oneOf.map((reference) => ({
    ...inlined(schemas[nameIn(reference)], schemas),
    title: nameIn(reference),
  }));
  const union: JSONSchema = {
    title: 'WebhookEvent',
    ...(description !== undefined && { description }),
    oneOf: [...events, unknownEvent(events)],
  };
  return compile(union, 'WebhookEvent', {
    bannerComment: HEAD,
    // The style of this project (.oxfmtrc.json).
    style: { printWidth: 110, singleQuote: true, bracketSpacing: true, trailingComma: 'all' },
  });
}
