import type { IRenderMime } from '@jupyterlab/rendermime';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { PanelLayout, Widget } from '@lumino/widgets';
import { withoutActions } from './spec';
import { nullTranslator } from '@jupyterlab/translation';

const VEGA = 'application/vnd.vega.v5+json';
export const VEGA_TYPES = [
  VEGA,
  'application/vnd.vegalite.v3+json',
  'application/vnd.vegalite.v4+json',
  'application/vnd.vegalite.v5+json'
];

const DARK = {
  background: 'transparent',
  title: { color: '#fff', subtitleColor: '#fff' },
  style: { 'guide-label': { fill: '#fff' }, 'guide-title': { fill: '#fff' } },
  axis: { domainColor: '#fff', gridColor: '#888', tickColor: '#fff' }
};

/**
 * Draws charts of Vega from the data that they hold: JupyterLab's own way lets a chart load any
 * file of the viewer's and send it elsewhere. Where the output is trusted, that way is taken.
 */
export function quietVega(
  original: IRenderMime.IRendererFactory
): IRenderMime.IRendererFactory {
  return {
    ...original,
    createRenderer: options => new QuietVega(options, original)
  };
}

class QuietVega extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly options: IRenderMime.IRendererOptions,
    private readonly original: IRenderMime.IRendererFactory
  ) {
    super();
    this.addClass('jb-Vega');
    this.layout = new PanelLayout();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.clear();
    const trans = (this.options.translator ?? nullTranslator).load('jupyter_batch');
    if (model.trusted) {
      const renderer = this.original.createRenderer(this.options);
      (this.layout as PanelLayout).addWidget(renderer);
      await renderer.renderModel(model);
      return;
    }
    const chart = document.createElement('div');
    const note = document.createElement('p');
    note.className = 'jb-small jb-quiet';
    note.setAttribute('role', 'note');
    this.node.append(chart, note);
    const refused: string[] = [];
    try {
      const { mimeType } = this.options;
      const view = await drawChart(chart, mimeType, model.data[mimeType], refused);
      if (this.isDisposed) {
        view.finalize();
        return;
      }
      this.view = view;
    } catch (error) {
      note.textContent = trans.__('The chart cannot be drawn: %1', String(error));
    }
    if (refused.length) {
      note.textContent = trans.__(
        'The chart asks for data from elsewhere, which is not loaded here: %1',
        refused.slice(0, 3).join(', ')
      );
    }
  }

  dispose(): void {
    this.clear();
    super.dispose();
  }

  private clear(): void {
    this.view?.finalize();
    this.view = null;
    for (const widget of [...((this.layout as PanelLayout | null)?.widgets ?? [])]) {
      widget.dispose();
    }
    this.node.replaceChildren();
  }

  private view: IView | null = null;
}

interface IView {
  finalize(): void;
}

async function drawChart(
  host: HTMLElement,
  mimeType: string,
  data: unknown,
  refused: string[]
): Promise<IView> {
  if (typeof data !== 'object' || data === null) {
    throw new Error('it is not an object');
  }
  const [vega, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-interpreter')
  ]);
  const spec =
    mimeType === VEGA
      ? (data as ReadonlyJSONObject)
      : (await import('vega-lite')).compile(data as ReadonlyJSONObject).spec;
  const dark = document.body.dataset.jpThemeLight === 'false';
  const runtime = vega.parse(withoutActions(spec), dark ? DARK : {}, { ast: true });
  const view = new vega.View(runtime, {
    expr: expressionInterpreter,
    loader: refusingLoader(refused),
    logLevel: 0,
    renderer: 'canvas'
  });
  view.initialize(host);
  await view.runAsync();
  return view;
}

/** Lets nothing through but pictures that the chart itself holds. */
function refusingLoader(refused: string[]) {
  const refuse = (uri: unknown) => {
    const name = String(uri).slice(0, 200);
    if (!refused.includes(name)) {
      refused.push(name);
    }
    return Promise.reject(new Error(`not loaded: ${name}`));
  };
  return {
    options: {},
    load: refuse,
    http: refuse,
    file: refuse,
    sanitize: (uri: string, options?: { context?: string }) =>
      options?.context === 'image' && /^data:image\//i.test(uri)
        ? Promise.resolve({ href: uri })
        : refuse(uri)
  };
}
