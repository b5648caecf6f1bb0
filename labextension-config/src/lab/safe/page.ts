import type { IRenderMime } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** The page itself forbids whatever stands in it to load something. */
const POLICY =
  "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'";
const ACTIVE = 'script, base, link, meta[http-equiv], iframe, object, embed';
const NOT_SHOWN = 'script, link, iframe, object, embed, [src]:not([src^="data:"])';

/** A page of a run's in a frame of its own, which runs no script and loads nothing. */
class QuietPage extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly options: IRenderMime.IRendererOptions) {
    super();
    this.addClass('jb-QuietPage');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const source = [model.data['text/html'] ?? ''].flat().join('');
    const trans = (this.options.translator ?? nullTranslator).load('jupyter_batch');
    const page = new DOMParser().parseFromString(source, 'text/html');
    const isWhole = !page.querySelector(NOT_SHOWN);
    page.querySelectorAll(ACTIVE).forEach(element => element.remove());
    const policy = page.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = POLICY;
    page.head.prepend(policy);
    const frame = document.createElement('iframe');
    frame.className = 'jb-Report';
    frame.title = page.title || trans.__('Page of a run');
    frame.setAttribute('sandbox', '');
    frame.srcdoc = `<!DOCTYPE html>${page.documentElement.outerHTML}`;
    const note = document.createElement('p');
    note.className = 'jb-QuietPage-note';
    note.setAttribute('role', 'note');
    note.textContent = trans.__(
      'Scripts of this page do not run here, and nothing is loaded from elsewhere. Download it to see all of it.'
    );
    this.node.replaceChildren(...(isWhole ? [frame] : [note, frame]));
  }
}

export const quietPage: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: ['text/html'],
  createRenderer: options => new QuietPage(options)
};
