import { expect, it } from 'vitest';
import { recordFigures } from '../../pages/reliability/records.ts';
import { requestOf } from '../proof/signatures/receivers.ts';
import { generateRequests } from '../proof/signatures/requests.ts';
import { SEED, sized } from '../proof/size.ts';
import { runProgram, isInstalled, VERIFIERS, type Verifier } from '../verify/languages.ts';

const IN_EVERY_LANGUAGE = sized(1_000, 50_000);
/** The Bash verifier starts openssl several times per request. */
const IN_BASH = sized(50, 1_000);
const TIMEOUT_MS = sized(900_000, 12 * 3_600_000);

const [installed, missing] = [true, false].map((expected) =>
  VERIFIERS.filter((language) => isInstalled(language) === expected),
);
const namesOf = (languages: readonly Verifier[] = []): string =>
  languages.map(({ name }) => name).join(', ') || 'none';

it(
  'the verifier of every language accepts a signed request, and refuses it with one changed byte',
  { timeout: TIMEOUT_MS },
  async () => {
    const requests = generateRequests(IN_EVERY_LANGUAGE, SEED + 2).flatMap(({ genuine, forged }, index) => [
      { request: requestOf(genuine), genuine: true },
      { request: requestOf(forged[index % forged.length] ?? genuine), genuine: false },
    ]);
    const errors: string[] = [];
    for (const language of installed ?? []) {
      const some = requests.slice(0, language.program === 'bash' ? 2 * IN_BASH : requests.length);
      const results = await runProgram(
        language,
        some.map(({ request }) => request),
      );
      errors.push(
        ...some.flatMap(({ request, genuine }, index) =>
          results[index] === String(genuine)
            ? []
            : [`${language.name} of ${JSON.stringify({ ...request, genuine })}`],
        ),
      );
    }
    recordFigures('signatures-languages', {
      languages: namesOf(installed),
      'languages skipped, because their toolchain is not installed': namesOf(missing),
      'requests for every language, half of them changed': requests.length,
      'of these, for Bash, which is slow': 2 * IN_BASH,
      'wrong results of a language': errors.length,
    });
    expect(errors).toEqual([]);
  },
);
