import {
  GetEmailIdentityCommand,
  PutEmailIdentityConfigurationSetAttributesCommand,
} from '@aws-sdk/client-sesv2';
import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';
import type { CommandOutput } from './output.ts';

async function currentSet({ ses }: Deployment, identity: string): Promise<string | undefined> {
  try {
    const found = await ses.send(new GetEmailIdentityCommand({ EmailIdentity: identity }));
    return found.ConfigurationSetName;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundException')
      throw new UsageError(`SES has no identity ${identity} in this region`, { cause: error });
    throw error;
  }
}

async function setDefault({ ses }: Deployment, identity: string, set?: string): Promise<void> {
  await ses.send(
    new PutEmailIdentityConfigurationSetAttributesCommand({
      EmailIdentity: identity,
      ...(set !== undefined && { ConfigurationSetName: set }),
    }),
  );
}

/** `attach`: makes our configuration set the default of an identity. From then on, all its emails are tracked. */
export async function attach(
  deployment: Deployment,
  identity: string,
  { force }: { readonly force: boolean },
): Promise<CommandOutput> {
  const { configurationSet } = deployment;
  const before = await currentSet(deployment, identity);
  if (before !== undefined && before !== configurationSet && !force)
    throw new UsageError(
      `${identity} already has the default configuration set ${before}. --force replaces it`,
    );
  if (before !== configurationSet) await setDefault(deployment, identity, configurationSet);
  return {
    result: { identity, configuration_set: configurationSet, before: before ?? null },
    text: `${identity} sends with ${configurationSet} (before: ${before ?? 'none'})`,
  };
}

/** `detach`: removes our configuration set as the default of an identity. Do this before you destroy the stack. */
export async function detach(deployment: Deployment, identity: string): Promise<CommandOutput> {
  const before = await currentSet(deployment, identity);
  if (before !== deployment.configurationSet)
    throw new UsageError(
      before === undefined
        ? `${identity} has no default configuration set`
        : `${identity} has the default configuration set ${before}, not ours`,
    );
  await setDefault(deployment, identity);
  return {
    result: { identity, configuration_set: null, before },
    text: `${identity} no longer has a default configuration set (before: ${before})`,
  };
}
