// The first file of the program. An old Node could not load the other files, so this file imports nothing before its check.
const OLDEST_NODE = 20;
const [major] = process.versions.node.split('.').map(Number);

if (major !== undefined && major >= OLDEST_NODE) {
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else {
  console.error(
    `ivymail-events needs Node ${OLDEST_NODE} or later, and this is Node ${process.versions.node}.`,
  );
  process.exitCode = 2;
}
