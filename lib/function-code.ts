import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/**
 * The built functions, one folder per handler. This file is in lib/ of a clone, and bundled into dist/ of the package. Both are
 * one level below the folder that contains dist/.
 */
const FUNCTIONS = join(import.meta.dirname, '../dist/functions');

/**
 * The code of lambdas/handlers/`handler`.ts, built by build/functions.ts. So a synth bundles nothing, and the construct needs
 * no bundler. Throws an Error if the code is not built.
 */
export function functionCode(handler: string): lambda.Code {
  const folder = join(FUNCTIONS, handler);
  if (!existsSync(folder))
    throw new Error(`The code of the function ${handler} is missing. In a clone, run: npm run build`);
  return lambda.Code.fromAsset(folder);
}
