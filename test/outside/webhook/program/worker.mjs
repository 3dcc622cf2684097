import { resultsOf } from './results.mjs';
import vectors from './vectors.mjs';

// oxlint-disable-next-line import/no-default-export -- workerd requires it
export default {
  async test() {
    console.log(await resultsOf(vectors));
  },
};
