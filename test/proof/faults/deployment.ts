import { SimulatedDeployment, type SimulatedDeploymentOptions } from '../../../sim/deployment.ts';
import { START_MS } from '../../../sim/builders/deployment.ts';
import { SEED } from '../size.ts';

export function createDeployment(
  options: Pick<SimulatedDeploymentOptions, 'concurrency'> = {},
): SimulatedDeployment {
  return new SimulatedDeployment({ seed: SEED, startMs: START_MS, ...options });
}
