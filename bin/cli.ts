#!/usr/bin/env node
// The first file of the program. An old Node could not load the other files, so this file imports nothing before its check.
const OLDEST_NODE = '20.11';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);

if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
  // The AWS SDK warns on every command that a later release of the SDK will need Node 22. This release contains its own SDK.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else {
  console.error(
    `ivymail-events needs Node ${OLDEST_NODE} or later, and this is Node ${process.versions.node}.`,
  );
  process.exitCode = 2;
}
