import { aptInstall } from '../../local/apt.ts';
import { describeVerifier } from '../verify/describe-verifier.ts';
import { isHere, LANGUAGES } from '../verify/languages.ts';

for (const language of LANGUAGES.filter(({ program }) => program !== 'node')) {
  if (language.debian && !isHere(language)) aptInstall(language.debian);
  describeVerifier(language, !isHere(language));
}
