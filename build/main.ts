import { buildTemplates } from './templates.ts';

buildTemplates();
