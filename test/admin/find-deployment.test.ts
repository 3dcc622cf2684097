import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import { selectDeployment, type Selection } from '../../admin/find-deployment.ts';
import { StackNotFound } from '../../admin/failures.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { DESCRIPTION_LABEL } from '../../lambdas/core/deployment-description.ts';
import { aDescription, simulatedClient } from './deployment.ts';

type Outputs = Readonly<Record<string, string>>;

/** A simulated CloudFormation with these stacks. It returns one stack per page. */
function cloudFormationWith(stacks: Readonly<Record<string, Outputs>>): CloudFormationClient {
  const all = Object.entries(stacks).map(([StackName, outputs]): Stack => ({
    StackName,
    StackStatus: 'UPDATE_COMPLETE',
    CreationTime: new Date(0),
    Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  }));
  const client = simulatedClient<CloudFormationClient>({
    DescribeStacks({ StackName: name, NextToken: token = '0' }: { StackName?: string; NextToken?: string }) {
      if (name === undefined)
        return {
          Stacks: all.slice(Number(token), Number(token) + 1),
          ...(Number(token) + 1 < all.length && { NextToken: String(Number(token) + 1) }),
        };
      const found = all.find(({ StackName }) => StackName === name);
      if (!found) throw new Error(`Stack with id ${name} does not exist`);
      return { Stacks: [found] };
    },
  });
  return Object.assign(client, { config: { region: async () => 'eu-central-1' } });
}

function described(construct: string, changes = {}): string {
  return JSON.stringify(aDescription({ construct, ...changes }));
}

const OTHER = { BucketName: 'x', Json: '{"format":1}' };

async function select(stacks: Readonly<Record<string, Outputs>>, selection: Selection = {}) {
  const { stack, description } = await selectDeployment(cloudFormationWith(stacks), selection);
  return [stack, description.construct];
}

async function refusal(stacks: Readonly<Record<string, Outputs>>, selection: Selection = {}) {
  const error: unknown = await select(stacks, selection).catch((each: unknown) => each);
  if (!(error instanceof Error)) throw new Error('The deployment was found');
  return error;
}

describe('selectDeployment', () => {
  it('finds the deployment of a stack by its output, under any name of stack, construct and output', async () => {
    const stacks = { Shop: { ...OTHER, AnyName123: described('Emails/Events') } };
    expect(await select(stacks, { stack: 'Shop' })).toEqual(['Shop', 'Emails/Events']);
  });

  it('returns every value of the description', async () => {
    const client = cloudFormationWith({ Shop: { Out: described('Ivy') } });
    expect((await selectDeployment(client, { stack: 'Shop' })).description).toEqual(aDescription());
  });

  it('returns the name of the event destination, also if CloudFormation adds the configuration set to it', async () => {
    const client = cloudFormationWith({
      Shop: { Out: described('Mail', { event_destination: 'to-us|ours' }) },
    });
    const { description } = await selectDeployment(client, { stack: 'Shop' });
    expect(description.event_destination).toBe('to-us');
  });

  it('prefers the stack IvyMailEvents if no stack is named', async () => {
    const stacks = { Shop: { A: described('Mail') }, IvyMailEvents: { B: described('Ivy') } };
    expect(await select(stacks)).toEqual(['IvyMailEvents', 'Ivy']);
  });

  it('uses the only stack with a deployment if no stack is named, on any page of the list', async () => {
    const stacks = { First: OTHER, Second: {}, Shop: { ...OTHER, A: described('Mail') }, Last: OTHER };
    expect(await select(stacks)).toEqual(['Shop', 'Mail']);
  });

  it('refuses to choose between stacks, and names them', async () => {
    const error = await refusal({ Shop: { A: described('Mail') }, Blog: { A: described('Mail') } });
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe('There are 2 stacks with a deployment. Choose one with --stack: Shop, Blog');
  });

  it('refuses to choose between constructs of a stack, and names them', async () => {
    const stacks = { Shop: { A: described('Mail'), B: described('Other/Mail') } };
    for (const selection of [{}, { stack: 'Shop' }])
      expect((await refusal(stacks, selection)).message).toBe(
        'The stack Shop has 2 deployments. Choose one with --construct: Mail, Other/Mail',
      );
    expect(await select(stacks, { construct: 'Other/Mail' })).toEqual(['Shop', 'Other/Mail']);
    const wrong = await refusal(stacks, { construct: 'Emails' });
    expect(wrong).toBeInstanceOf(UsageError);
    expect(wrong.message).toBe(
      'The stack Shop has no deployment Emails. --construct can be Mail, Other/Mail',
    );
  });

  it.each([
    ['another stack', { IvyMailEvents: OTHER }, {}],
    ['a named stack', { Shop: OTHER }, { stack: 'Shop' }],
    ['a stack without outputs', { Shop: {} }, { stack: 'Shop' }],
  ])('says what it looked for in %s', async (_what, stacks, selection) => {
    const error = await refusal(stacks, selection);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain('has no deployment of IvyMail Events');
    expect(error.message).toContain('UPDATE_COMPLETE');
    expect(error.message).toContain(`the description "${DESCRIPTION_LABEL}"`);
    expect(error.message).toContain('--stack');
  });

  it('says what it looked for if no stack has a deployment', async () => {
    for (const stacks of [{}, { Shop: OTHER }]) {
      const error = await refusal(stacks);
      expect(error).toBeInstanceOf(StackNotFound);
      expect(error.message).toContain('There is no stack IvyMailEvents in eu-central-1, and no other stack');
      expect(error.message).toContain(`the description "${DESCRIPTION_LABEL}"`);
    }
  });

  it('says that a named stack does not exist', async () => {
    const error = await refusal({ Shop: { A: described('Mail') } }, { stack: 'Mine' });
    expect(error).toBeInstanceOf(StackNotFound);
    expect(error.message).toMatch(/^There is no stack Mine in eu-central-1\. .*--stack$/);
  });

  it('asks to deploy a stack of version 0.1.0 again', async () => {
    const stacks = {
      IvyMailEvents: { ApiUrl: 'u', ConfigurationSetName: 'c', DefaultWorkspaceId: 'w', TableName: 't' },
    };
    const error = await refusal(stacks);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(
      /^The stack IvyMailEvents was deployed by version 0\.1\.0\. Deploy it again with this version/,
    );
  });

  it.each([
    ['an absent field', { table_name: undefined }, 'table_name'],
    ['an empty field', { queue_url: '' }, 'queue_url'],
    ['a field of another type', { track_engagement: 'no' }, 'track_engagement'],
    ['an absent function', { functions: {} }, 'functions.Ingest, functions.DeliveryDispatch'],
  ])('refuses a description with %s, and names the field', async (_what, changes, field) => {
    const error = await refusal({ Shop: { Out: described('Mail', changes) } }, { stack: 'Shop' });
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain('The output Out of the stack Shop');
    expect(error.message).toContain(field);
  });

  it('refuses the description of a later version, and names the version', async () => {
    const later = described('Mail', { format: 2, version: '9.1.0' });
    const error = await refusal({ Shop: { Out: later } }, { stack: 'Shop' });
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain('9.1.0');
  });
});
