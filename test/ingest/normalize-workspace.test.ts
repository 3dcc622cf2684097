import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { chooseWorkspace, normalize } from '../../lambdas/ingest/normalize.ts';
import { bareMail } from '../../sim/ses/samples.ts';

describe('the workspace of an event is', () => {
  const tagged = deterministicId('ws', ['tagged']);
  const owner = deterministicId('ws', ['owner']);
  const known = {
    isWorkspace: (id: string) => Promise.resolve(id === tagged),
    ofConfigurationSet: (name: string) => Promise.resolve(name === 'theirs' ? owner : undefined),
  };

  it.each([
    ['that of its tag', { workspaceTag: tagged, configurationSet: 'theirs' }, tagged, false],
    ['that of its configuration set', { configurationSet: 'theirs' }, owner, false],
    [
      'that of its configuration set where the tag names none',
      { workspaceTag: 'ws_x', configurationSet: 'theirs' },
      owner,
      true,
    ],
    ['the default one', { configurationSet: 'unknown' }, DEFAULT_WORKSPACE_ID, false],
    ['the default one for a legacy notification', {}, DEFAULT_WORKSPACE_ID, false],
  ])('%s', async (_what, claims, workspaceId, unknownTag) => {
    expect(await chooseWorkspace(claims, known)).toEqual({ workspaceId, unknownTag });
  });

  it('read from the tags of the mail', () => {
    const tags = { ivymail_workspace: [tagged], 'ses:configuration-set': ['theirs'] };
    expect(normalize({ eventType: 'Send', mail: bareMail({ tags }) }).claims).toEqual({
      workspaceTag: tagged,
      configurationSet: 'theirs',
    });
  });

  it('asked of nobody for a mail that claims none', async () => {
    const asked = (): Promise<never> => Promise.reject(new Error('asked'));
    const nobody = { isWorkspace: asked, ofConfigurationSet: asked };
    expect(await chooseWorkspace({}, nobody)).toEqual({
      workspaceId: DEFAULT_WORKSPACE_ID,
      unknownTag: false,
    });
  });
});
