/**
 * Turns a bundled ES module without imports into a CommonJS module. esbuild would add 455 bytes that also convert imports and cyclic modules, which
 * is a seventh of the webhook module. Throws an Error if the module is another than esbuild writes for one entry.
 */
export function commonJsOf(esModule: string): string {
  const [statement, list] = /export\{([^}]*)\};\s*$/.exec(esModule) ?? [];
  if (statement === undefined || list === undefined || /(?:^|[;}])import\b/.test(esModule))
    throw new Error('The module imports something, or does not end with its exports');
  const properties = list.split(',').map((each) => {
    const [local = '', exported = local] = each.trim().split(' as ');
    return `${exported}:${local}`;
  });
  return `"use strict";${esModule.slice(0, -statement.length)}module.exports={${properties.join(',')}};\n`;
}
