import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { commonJsOf } from '../../package/common-js.ts';

it('a CommonJS module has the exports of the ES module', () => {
  const module = { exports: {} };
  runInNewContext(commonJsOf('var a=1;function b(){return 2}export{a as one,b};\n'), { module });
  expect(module.exports).toEqual({ one: 1, b: expect.any(Function) as unknown });
});

it.each(['import a from"b";export{a};', 'var a=1;', 'export default 1;'])(
  'a module of another shape is refused: %s',
  (source) => {
    expect(() => commonJsOf(source)).toThrow(
      'The module imports something, or does not end with its exports',
    );
  },
);
