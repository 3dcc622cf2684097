import { PHRASE_RULES } from './phrase-rules.ts';
import { PROVIDER_RULES } from './provider-rules.ts';
import type { Rule } from './rule.ts';

/** The rules in their order: the first rule that matches decides. */
export const DIAGNOSTIC_RULES: readonly Rule[] = [...PROVIDER_RULES, ...PHRASE_RULES];
