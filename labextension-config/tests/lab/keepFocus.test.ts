import { waitFor } from '@testing-library/dom';
import { afterEach, expect, test } from 'vitest';
import { keepFocus } from '../../src/lab/keepFocus';

function page(): { node: HTMLElement; list: HTMLElement; button: HTMLButtonElement } {
  document.body.innerHTML = `<div id="page" tabindex="-1"><div id="list" tabindex="0">
    <div><button id="button">Cancel</button></div></div></div>`;
  const node = document.getElementById('page');
  const list = document.getElementById('list');
  const button = document.getElementById('button');
  if (!node || !list || !(button instanceof HTMLButtonElement)) {
    throw new Error('the page is not there');
  }
  keepFocus(node);
  return { node, list, button };
}

afterEach(() => {
  document.body.innerHTML = '';
});

test('the part around a button has the focus when the button has gone', async () => {
  const { list, button } = page();
  button.focus();
  button.parentElement?.remove();
  await waitFor(() => expect(document.activeElement).toBe(list));
});

test('a button that is disabled hands the focus on too', async () => {
  const { list, button } = page();
  button.focus();
  button.disabled = true;
  await waitFor(() => expect(document.activeElement).toBe(list));
});

test('what goes while something else has the focus moves nothing', async () => {
  const { node, list, button } = page();
  button.focus();
  list.focus();
  button.remove();
  node.append('more');
  await new Promise(resolve => setTimeout(resolve));
  expect(document.activeElement).toBe(list);
});
