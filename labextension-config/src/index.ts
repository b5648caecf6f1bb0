import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer, IRouter } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { actionsOf } from './lab/actions';
import { addCommands, Commands } from './lab/commands';
import { DRIVE, isRecord, listFiles, RunsDrive } from './lab/drive';
import { clientOf } from './lab/fetch';
import { NotebookFinder } from './lab/finder';
import { followLinks, linkTo } from './lab/links';
import { Notifier } from './lab/notify';
import type { Page } from './lab/pages';
import { keyOf, PageWidget } from './lab/pages';
import { addViewers, guardDocuments } from './lab/safe/documents';
import { preferencesOf } from './lab/settings';
import { SidePanelWidget } from './lab/sidePanel';
import { slotsOf } from './lab/renderers';
import { Features } from './model/features';
import { History } from './model/history';
import { LiveModel } from './model/live';
import { NO_FILTERS, RunListModel } from './model/runList';
import type { IServices } from './view/services';

const ID = 'jupyter-batch:plugin';

/**
 * The drive of executed notebooks. It waits for nothing: JupyterLab opens again what was open
 * before a reload as soon as it can, and asks for the drive then.
 */
const drive: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-batch:drive',
  description: 'Shows executed notebooks and artifacts as documents.',
  autoStart: true,
  activate: ({ docRegistry, serviceManager }) => {
    const { contents, serverSettings } = serviceManager;
    const typeOf = (path: string) =>
      docRegistry.getFileTypesForPath(path).at(0)?.mimeTypes.at(0) ?? '';
    contents.addDrive(new RunsDrive(clientOf(serverSettings), serverSettings, typeOf));
    guardDocuments(docRegistry, isRecord);
  }
};

/** The batch panel: every token is optional but the one that draws outputs. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Runs notebooks as batch jobs, and shows what becomes of them.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [
    ILayoutRestorer,
    ISettingRegistry,
    ITranslator,
    ICommandPalette,
    ILauncher,
    IDefaultFileBrowser,
    INotebookTracker,
    IDocumentManager,
    IFileBrowserFactory,
    ILabShell,
    IRouter
  ],
  activate
};

function activate(
  app: JupyterFrontEnd,
  rendermime: IRenderMimeRegistry,
  restorer: ILayoutRestorer | null,
  registry: ISettingRegistry | null,
  translator: ITranslator | null,
  palette: ICommandPalette | null,
  launcher: ILauncher | null,
  browser: IDefaultFileBrowser | null,
  notebooks: INotebookTracker | null,
  documents: IDocumentManager | null,
  browsers: IFileBrowserFactory | null,
  shell: ILabShell | null,
  router: IRouter | null
): void {
  const trans = (translator ?? nullTranslator).load('jupyter_batch');
  const { serviceManager } = app;
  const client = clientOf(serviceManager.serverSettings);
  const live = new LiveModel(client);
  const preferences = preferencesOf(registry, ID);
  const features = new Features();
  const tracker = new WidgetTracker<PageWidget>({ namespace: 'jupyter-batch' });
  // Never shown: JupyterLab asks the browser of a drive for what is named in the address bar.
  const hidden = browsers?.createFileBrowser('jupyter-batch-runs', {
    driveName: DRIVE,
    auto: false,
    restore: false
  });
  // JupyterLab waits for it before it shows the files.
  void hidden?.model.restore(hidden.id, false);
  addViewers(app, rendermime, restorer);
  if (browser) {
    void listFiles(app, browser);
  }

  const open = (page: Page) => {
    if (!shell) {
      // Notebook 7 has room for its notebook only.
      window.open(linkTo(page, serviceManager.serverSettings.baseUrl));
      return;
    }
    const key = keyOf(page);
    let widget = tracker.find(one => keyOf(one.page) === key);
    if (
      widget?.content.model instanceof RunListModel &&
      page.kind === 'runs' &&
      page.filters
    ) {
      widget.content.model.setFilters({ ...NO_FILTERS, ...page.filters });
    }
    if (!widget) {
      widget = new PageWidget(page, services);
      void tracker.add(widget);
      app.shell.add(widget, 'main', { type: 'Batch' });
    }
    app.shell.activateById(widget.id);
  };
  const notifier = new Notifier({
    client,
    live,
    preferences,
    trans,
    open: (id, name) => open({ kind: 'run', id, name })
  });
  const actions = actionsOf({
    app,
    client,
    live,
    trans,
    open,
    started: run => notifier.add(run),
    documents,
    notebooks
  });
  const services: IServices = {
    client,
    live,
    history: new History(client),
    features,
    preferences,
    trans,
    actions,
    slots: slotsOf(rendermime, trans),
    locale: localeOf(translator?.languageCode)
  };

  const panel = new SidePanelWidget(services);
  app.shell.add(panel, 'left', { rank: 450, type: 'Batch' });
  restorer?.add(panel, 'jupyter-batch-panel');
  const finder = new NotebookFinder(app, notebooks, browser, trans);
  addCommands({ app, services, finder, open, panelId: panel.id });
  if (shell && router) {
    followLinks(app, router, Commands.followLink, open);
  }
  void restorer?.restore(tracker, {
    command: Commands.openPage,
    args: widget => widget.args,
    name: widget => keyOf(widget.page)
  });
  const category = trans.__('Batch');
  for (const command of [
    Commands.runNotebook,
    Commands.scheduleNotebook,
    Commands.openRuns,
    Commands.openJobs,
    Commands.showPanel
  ]) {
    palette?.addItem({ command, category });
  }
  launcher?.add({ command: Commands.openRuns, category: trans.__('Other'), rank: 5 });
  void app.started.then(() => {
    live.start();
    return features.load(client);
  });
}

/** JupyterLab's language, in the user's own way of writing times where that is the same language. */
function localeOf(code: string | undefined): string | undefined {
  const language = code?.replace('_', '-');
  return !language || navigator.language.startsWith(language.slice(0, 2))
    ? navigator.language
    : language;
}

export default [drive, plugin];
