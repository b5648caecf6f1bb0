import { expect, test } from 'vitest';
import { linkTo, pageIn } from '../../src/lab/links';
import type { Page } from '../../src/lab/pages';

test('an address leads to the page that it was made of', () => {
  const page: Page = {
    kind: 'form',
    start: { purpose: 'run', notebook: 'a & b.ipynb' }
  };
  const link = linkTo(page, 'http://here/user/ada/');
  expect(link.startsWith('http://here/user/ada/lab?batch=')).toBe(true);
  expect(pageIn(new URL(link).search)).toEqual(page);
});

test('what names no page of ours leads nowhere', () => {
  for (const search of [
    '',
    '?batch=',
    '?batch=null',
    '?batch={"kind":"shell"}',
    '?batch=['
  ]) {
    expect(pageIn(search)).toBeNull();
  }
});
