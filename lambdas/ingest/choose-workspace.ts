import { DEFAULT_WORKSPACE_ID } from '../core/ids.ts';
import type { WorkspaceDirectory } from '../store/workspaces.ts';
import type { WorkspaceHints } from './normalize.ts';

/**
 * The workspace of an email: the workspace in its tag, else the owner of its configuration set, else the default
 * workspace. `unknownTag` is true if the tag names no workspace. Such a tag is ignored, and a metric counts it.
 */
export async function chooseWorkspace(
  hints: WorkspaceHints,
  workspaces: WorkspaceDirectory,
): Promise<{ readonly workspaceId: string; readonly unknownTag: boolean }> {
  const { workspaceTag, configurationSet } = hints;
  if (workspaceTag !== undefined && (await workspaces.isWorkspace(workspaceTag))) {
    return { workspaceId: workspaceTag, unknownTag: false };
  }
  const owner =
    configurationSet === undefined ? undefined : await workspaces.findByConfigurationSet(configurationSet);
  return { workspaceId: owner ?? DEFAULT_WORKSPACE_ID, unknownTag: workspaceTag !== undefined };
}
