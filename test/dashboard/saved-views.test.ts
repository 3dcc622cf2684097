import { describe, expect, it } from 'vitest';
import {
  deleteView,
  readViews,
  renameView,
  saveView,
  writeViews,
  type ViewStorage,
} from '../../dashboard/state/saved-views.ts';

function storage(initial?: string): ViewStorage & { readonly values: Map<string, string> } {
  const values = new Map<string, string>(initial === undefined ? [] : [['ivymail.views.ws_a', initial]]);
  return {
    values,
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
  };
}

const search = (text: string) => new URLSearchParams(text);

describe('saved views', () => {
  it('are stored for each workspace', () => {
    const store = storage();
    const views = saveView([], 'Problems', search('status=bounced&cursor=c'));
    writeViews(store, 'ws_a', views);
    expect(readViews(store, 'ws_a')).toEqual([{ name: 'Problems', search: 'status=bounced' }]);
    expect(readViews(store, 'ws_b')).toEqual([]);
  });

  it('are sorted by name, and a name occurs once', () => {
    const views = saveView(
      saveView(saveView([], 'B', search('q=1')), 'A', search('q=2')),
      'B',
      search('q=3'),
    );
    expect(views).toEqual([
      { name: 'A', search: 'q=2' },
      { name: 'B', search: 'q=3' },
    ]);
  });

  it('can be renamed and deleted', () => {
    const views = saveView(saveView([], 'A', search('q=1')), 'B', search('q=2'));
    expect(renameView(views, 'A', 'C')).toEqual([
      { name: 'B', search: 'q=2' },
      { name: 'C', search: 'q=1' },
    ]);
    expect(renameView(views, 'A', 'B')).toEqual([{ name: 'B', search: 'q=1' }]);
    expect(renameView(views, 'A', 'A')).toBe(views);
    expect(renameView(views, 'unknown', 'C')).toBe(views);
    expect(deleteView(views, 'A')).toEqual([{ name: 'B', search: 'q=2' }]);
  });

  it.each(['', 'no json', '{}', 'null', '[null, {"name": "A"}, {"name": 1, "search": "q"}]'])(
    'are empty if the storage contains %j',
    (text) => {
      expect(readViews(storage(text), 'ws_a')).toEqual([]);
    },
  );
});
