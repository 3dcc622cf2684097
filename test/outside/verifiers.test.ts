import { describeVerifier } from '../verify/describe-verifier.ts';
import { isHere, LANGUAGES } from '../verify/languages.ts';

for (const language of LANGUAGES.filter(({ program }) => program !== 'node'))
  describeVerifier(language, !isHere(language));
