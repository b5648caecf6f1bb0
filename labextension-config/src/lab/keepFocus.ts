/**
 * Keeps the focus inside a page when what has it goes or is disabled, as a button does whose work
 * is done: the nearest part of the page that can take it has it then, and Tab goes on from there.
 */
export function keepFocus(page: HTMLElement): void {
  let path: HTMLElement[] = [];
  const observer = new MutationObserver(() => {
    const [last] = path;
    if (!last || (last.isConnected && !last.matches(':disabled'))) {
      return;
    }
    const { activeElement, body } = document;
    if (activeElement === null || activeElement === body || activeElement === last) {
      nearest(path)?.focus({ preventScroll: true });
    }
    path = [];
  });
  page.addEventListener('focusin', event => {
    path = pathOf(event.target as HTMLElement, page);
    observer.observe(page, {
      childList: true,
      subtree: true,
      attributeFilter: ['disabled']
    });
  });
  page.addEventListener('focusout', event => {
    // If the focus moved by itself to no element, the observer handles it.
    if (event.relatedTarget) {
      observer.disconnect();
    }
  });
}

function pathOf(from: HTMLElement, to: HTMLElement): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let one: HTMLElement | null = from; one; one = one.parentElement) {
    path.push(one);
    if (one === to) {
      break;
    }
  }
  return path;
}

function nearest(path: readonly HTMLElement[]): HTMLElement | undefined {
  return path.slice(1).find(one => one.isConnected && one.hasAttribute('tabindex'));
}
