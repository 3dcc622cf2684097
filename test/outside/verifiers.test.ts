import { installAptPackages } from '../../local/apt.ts';
import { describeVerifier } from '../verify/describe-verifier.ts';
import { isHere, LANGUAGES } from '../verify/languages.ts';

for (const language of LANGUAGES.filter(({ program }) => program !== 'node')) {
  if (language.debian && !isHere(language)) installAptPackages(language.debian);
  describeVerifier(language, !isHere(language));
}
