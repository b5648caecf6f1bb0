import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { DocumentRegistry, IDocumentWidget } from '@jupyterlab/docregistry';
import { MimeDocumentFactory } from '@jupyterlab/docregistry';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { DisposableDelegate } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';
import { quietPage } from './page';
import { secure } from './registry';

/** JupyterLab's viewers that show the content of a file and do nothing else. */
const HARMLESS = [
  'AudioViewer',
  'CSVTable',
  'Editor',
  'Image',
  'Image (Text)',
  'JSON',
  'Notebook',
  'PDF',
  'TSVTable',
  'VideoViewer'
];
/** Types of files that JupyterLab's own viewers load things for, by the data that they hold. */
const OWN_VIEWERS: Record<string, 'string' | 'json'> = {
  html: 'string',
  markdown: 'string',
  vega5: 'json',
  'vega-lite3': 'json',
  'vega-lite4': 'json',
  'vega-lite5': 'json'
};

const viewerOf = (type: string) => `Batch Artifact (${type})`;
const isOwn = (name: string) =>
  Object.keys(OWN_VIEWERS).some(type => viewerOf(type) === name);

/** Returns the viewer to open an artifact with, which runs nothing and loads nothing. */
export function viewerFor(registry: DocumentRegistry, path: string): string {
  const types = registry.getFileTypesForPath(path).map(({ name }) => name);
  const own = types.find(type => type in OWN_VIEWERS);
  if (own) {
    return viewerOf(own);
  }
  const usual = registry.defaultWidgetFactory(path).name;
  return HARMLESS.includes(usual) ? usual : 'Editor';
}

/** Keeps viewers that could load or run something away from what runs have left. */
export function guardDocuments(
  registry: DocumentRegistry,
  isRecord: (path: string) => boolean
): void {
  const guarded = new Set<string>();
  const guard = (name: string) => {
    if (guarded.has(name)) {
      return;
    }
    guarded.add(name);
    registry.addWidgetExtension(name, {
      createNew: (widget: Widget, context) => {
        if (isRecord(context.path)) {
          keepQuiet(widget, name);
        }
        return new DisposableDelegate(() => undefined);
      }
    });
  };
  [...registry.widgetFactories()].forEach(({ name }) => guard(name));
  registry.changed.connect((_, { type, name }) => {
    if (type === 'widgetFactory' && name) {
      guard(registry.getWidgetFactory(name)?.name ?? name);
    }
  });
}

function keepQuiet(widget: Widget, viewer: string): void {
  if (widget instanceof NotebookPanel) {
    secure(widget.content.rendermime);
    // A record has no kernel.
    widget.sessionContext.kernelPreference = {
      ...widget.sessionContext.kernelPreference,
      shouldStart: false,
      canStart: false,
      autoStartDefault: false
    };
    // Callers that wait for it, as ipywidgets does, then assume a kernel.
    const never = new Promise<void>(() => undefined);
    Object.defineProperty(widget.sessionContext, 'ready', { value: never });
  } else if (!HARMLESS.includes(viewer) && !isOwn(viewer)) {
    widget.dispose();
    throw new Error(
      `"${viewer}" does not open what runs have left: open it from the run.`
    );
  }
}

/** Adds the viewers of artifacts, and has what they show there again after a reload. */
export function addViewers(
  app: JupyterFrontEnd,
  rendermime: IRenderMimeRegistry,
  restorer: ILayoutRestorer | null
): void {
  const { docRegistry } = app;
  const tracker = new WidgetTracker<IDocumentWidget>({
    namespace: 'jupyter-batch-artifacts'
  });
  const names = new WeakMap<IDocumentWidget, string>();
  for (const [type, dataType] of Object.entries(OWN_VIEWERS)) {
    const primaryFileType = docRegistry.getFileType(type);
    if (!primaryFileType) {
      continue;
    }
    const name = viewerOf(type);
    const factory = new MimeDocumentFactory({
      name,
      primaryFileType,
      // None: other files of the type are opened as ever.
      fileTypes: [],
      dataType,
      rendermime: secure(rendermime.clone()),
      ...(type === 'html' && { factory: quietPage })
    });
    factory.widgetCreated.connect((_, widget) => {
      names.set(widget, name);
      void tracker.add(widget);
    });
    docRegistry.addWidgetFactory(factory);
  }
  void restorer?.restore(tracker, {
    command: 'docmanager:open',
    args: widget => ({ path: widget.context.path, factory: names.get(widget) ?? '' }),
    name: widget => widget.context.path
  });
}
