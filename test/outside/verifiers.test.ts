import { installAptPackages } from '../../local/apt.ts';
import { describeVerifier } from '../verify/describe-verifier.ts';
import { isInstalled, VERIFIERS } from '../verify/languages.ts';

for (const language of VERIFIERS.filter(({ program }) => program !== 'node')) {
  if (language.debianPackages && !isInstalled(language)) installAptPackages(language.debianPackages);
  describeVerifier(language, !isInstalled(language));
}
