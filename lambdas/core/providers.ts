import { domainOf } from './addresses.ts';
import { DOMAINS_BY_PROVIDER, NAMES_WITH_REGIONS, REGIONS } from './provider-domains.ts';

/** The provider that hosts the mailbox of a recipient. `other` includes every domain that the table does not name. */
export type Provider = keyof typeof DOMAINS_BY_PROVIDER | 'other';

type NamedProvider = Exclude<Provider, 'other'>;

const PROVIDER_BY_DOMAIN: ReadonlyMap<string, NamedProvider> = new Map([
  ...Object.entries(NAMES_WITH_REGIONS).flatMap(([provider, names]) =>
    names.flatMap((name) =>
      REGIONS.map((region) => [`${name}.${region}`, provider as NamedProvider] as const),
    ),
  ),
  ...Object.entries(DOMAINS_BY_PROVIDER).flatMap(([provider, { domains }]) =>
    domains.split(/\s+/).map((domain) => [domain, provider as NamedProvider] as const),
  ),
]);

/** The display name of each provider. */
export const PROVIDERS: Readonly<Record<Provider, string>> = {
  ...(Object.fromEntries(
    Object.entries(DOMAINS_BY_PROVIDER).map(([provider, { name }]) => [provider, name]),
  ) as Record<NamedProvider, string>),
  other: 'Other',
};

/** The provider of a recipient's address. `other` for an event that names no recipient. */
export function providerOf(address: string | undefined): Provider {
  const domain = address === undefined ? undefined : domainOf(address);
  return (domain === undefined ? undefined : PROVIDER_BY_DOMAIN.get(domain)) ?? 'other';
}
