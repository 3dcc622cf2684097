/** Builds everything that the npm package contains into dist/. `npm pack` runs it. */
import { readFileSync } from 'node:fs';
import { bundleFunctions } from '../build/functions.ts';
import { writeFolder, type FolderContents } from '../build/folder.ts';
import { PROJECT_ROOT } from '../build/project-root.ts';
import { buildTemplates } from '../build/templates.ts';
import { buildPackageBundles } from './bundles.ts';
import { buildDeclarations } from './declarations.ts';
import { buildNotices } from './notices.ts';

/** The files of local/ that the local run reads while it runs. */
const LOCAL_FILES = ['emulator.py', 'inbox.html', 'requirements.txt', 'node-requirements.txt'];

function prefixed(folder: string, files: FolderContents): FolderContents {
  return new Map([...files].map(([path, contents]) => [`${folder}/${path}`, contents]));
}

const functions = bundleFunctions();
const bundles = buildPackageBundles();
const local = LOCAL_FILES.map(
  (name) => [`local/${name}`, readFileSync(`${PROJECT_ROOT}local/${name}`)] as const,
);
const notices = Buffer.from(buildNotices([...functions.metafiles, ...bundles.metafiles]));
writeFolder(
  `${PROJECT_ROOT}dist`,
  new Map([
    ...prefixed('functions', functions.files),
    ...prefixed('templates', buildTemplates()),
    ...bundles.files,
    ...buildDeclarations(),
    ...local,
    ['THIRD-PARTY-NOTICES.txt', notices],
  ]),
);
