import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { chooseWorkspace } from '../../lambdas/ingest/choose-workspace.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import type { WorkspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { minimalMail } from '../../sim/ses/samples.ts';

describe('chooseWorkspace', () => {
  const taggedId = deterministicId('ws', ['tagged']);
  const ownerId = deterministicId('ws', ['owner']);
  const workspaces: WorkspaceDirectory = {
    isWorkspace: (id) => Promise.resolve(id === taggedId),
    findByConfigurationSet: (name) => Promise.resolve(name === 'tenant-set' ? ownerId : undefined),
  };

  it.each([
    ['the workspace in the tag', { workspaceTag: taggedId, configurationSet: 'tenant-set' }, taggedId, false],
    ['the owner of the configuration set', { configurationSet: 'tenant-set' }, ownerId, false],
    [
      'the owner of the configuration set if the tag names no workspace',
      { workspaceTag: 'ws_x', configurationSet: 'tenant-set' },
      ownerId,
      true,
    ],
    [
      'the default workspace for an unknown configuration set',
      { configurationSet: 'unknown' },
      DEFAULT_WORKSPACE_ID,
      false,
    ],
    ['the default workspace for a legacy notification', {}, DEFAULT_WORKSPACE_ID, false],
  ])('returns %s', async (_case, hints, workspaceId, unknownTag) => {
    expect(await chooseWorkspace(hints, workspaces)).toEqual({ workspaceId, unknownTag });
  });

  it('looks nothing up for an email without hints', async () => {
    const rejectLookup = (): Promise<never> => Promise.reject(new Error('unexpected lookup'));
    const unused: WorkspaceDirectory = { isWorkspace: rejectLookup, findByConfigurationSet: rejectLookup };
    expect(await chooseWorkspace({}, unused)).toEqual({
      workspaceId: DEFAULT_WORKSPACE_ID,
      unknownTag: false,
    });
  });
});

describe('normalize', () => {
  it('reads the workspace hints from the tags of the email', () => {
    const tags = { ivymail_workspace: ['ws_tagged'], 'ses:configuration-set': ['tenant-set'] };
    expect(normalize({ eventType: 'Send', mail: minimalMail({ tags }) }).workspaceHints).toEqual({
      workspaceTag: 'ws_tagged',
      configurationSet: 'tenant-set',
    });
  });
});
