import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { buildFunctions } from '../build/functions.ts';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import type { StackOptions } from '../lib/options.ts';

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** The template of a deployment. */
export function templateOf(options: StackOptions = {}): Template {
  buildFunctions();
  const app = new App({ context });
  return Template.fromStack(new IvyMailStack(app, 'IvyMailEvents', { options }));
}

export function resourcesOf(template: Template, type: string): readonly (readonly [string, Resource])[] {
  return Object.entries(template.findResources(type) as Record<string, Resource>);
}

/** The only resource of a type whose id begins with `prefix`. Throws unless there is exactly one. */
export function resource(template: Template, type: string, prefix = ''): Resource & { readonly id: string } {
  const found = resourcesOf(template, type).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources ${type} ${prefix}`);
  return { id: found[0][0], ...found[0][1] };
}

/** A CloudFormation value as readable text: `arn:${AWS::Partition}:ses:…`, `${Id.Arn}`. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  switch (name) {
    case 'Ref': {
      return `\${${String(argument)}}`;
    }
    case 'Fn::GetAtt': {
      return `\${${(argument as string[]).join('.')}}`;
    }
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(textOf).join(separator);
    }
    default: {
      return JSON.stringify(value);
    }
  }
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, unknown>;
}

export function statementsOf(policy: Resource): readonly Statement[] {
  return (policy.Properties['PolicyDocument'] as { Statement: Statement[] }).Statement;
}

export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
