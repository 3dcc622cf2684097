/** Builds the functions and the template of the local run into dist/. `npm start` runs it as a process of its own. */
import { buildLocalTemplate } from '../build/templates.ts';

buildLocalTemplate();
