import type { IRenderMime } from '@jupyterlab/rendermime';

/** Attributes whose address a browser loads, or sends something to, by itself or at a click. */
const LOADING = [
  'action',
  'background',
  'data',
  'formaction',
  'ping',
  'poster',
  'src',
  'srcset'
];
const OWN_DATA = /^data:(image|audio|video)\//i;
/** The parts of a style that make a browser load something. */
const LOADING_STYLE = /(url|image|image-set|cross-fade|src)\s*\(|@import/i;
const LINKS = ['http:', 'https:', 'mailto:'];

/**
 * JupyterLab's sanitizer keeps scripts out. This one also keeps out what loads something by being
 * looked at, and buttons that execute commands of JupyterLab.
 */
export function quietSanitizer(inner: IRenderMime.ISanitizer): IRenderMime.ISanitizer {
  return {
    ...boundTo(inner),
    sanitize: (dirty, options) => {
      const clean = inner.sanitize(dirty, options);
      // Texts come as spans with nothing of the notebook's in their attributes.
      return options?.allowedTags ? clean : withoutLoading(clean);
    }
  };
}

/** Returns markup without what loads, sends or executes something. */
export function withoutLoading(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const element of body.querySelectorAll<HTMLElement>('*')) {
    quieten(element);
  }
  for (const form of body.querySelectorAll('form')) {
    form.replaceWith(...form.childNodes);
  }
  return body.innerHTML;
}

function quieten(element: HTMLElement): void {
  for (const { name, value } of [...element.attributes]) {
    if (name.startsWith('data-commandlinker')) {
      element.removeAttribute(name);
    }
    if (LOADING.includes(name) && !(name === 'src' && OWN_DATA.test(value.trim()))) {
      element.removeAttribute(name);
      if (element.tagName === 'IMG') {
        element.replaceWith(placeholder(element, value));
        return;
      }
    }
  }
  for (const name of Array.from(element.style)) {
    if (
      name.startsWith('--') ||
      LOADING_STYLE.test(element.style.getPropertyValue(name))
    ) {
      element.style.removeProperty(name);
    }
  }
  // Escaped letters could spell anything.
  const style = element.getAttribute('style') ?? '';
  if (!style || style.includes('\\') || LOADING_STYLE.test(style)) {
    element.removeAttribute('style');
  }
  if (element.hasAttribute('href')) {
    quietenLink(element);
  }
}

/** The placeholder of a picture. */
function placeholder(image: HTMLElement, address: string): HTMLElement {
  const place = image.ownerDocument.createElement('span');
  place.className = 'jb-NotLoaded';
  place.textContent = image.getAttribute('alt') || address.slice(0, 200);
  place.title = address.slice(0, 200);
  return place;
}

/** A link leads to a place of this page or out of JupyterLab, never to the server's own pages. */
function quietenLink(link: HTMLElement): void {
  const href = link.getAttribute('href') ?? '';
  link.removeAttribute('target');
  if (href.startsWith('#')) {
    return;
  }
  const url = URL.canParse(href) ? new URL(href) : null;
  if (url && LINKS.includes(url.protocol) && url.origin !== location.origin) {
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer');
  } else {
    link.removeAttribute('href');
  }
}

function boundTo(inner: IRenderMime.ISanitizer): IRenderMime.ISanitizer {
  return {
    sanitize: (dirty, options) => inner.sanitize(dirty, options),
    getAutolink: () => inner.getAutolink?.() ?? true,
    get allowNamedProperties() {
      return inner.allowNamedProperties;
    },
    allowCommandLinker: false
  };
}
