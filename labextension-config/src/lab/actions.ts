import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { IRun } from '../api/types';
import type { LiveModel } from '../model/live';
import type { IActions, ITrans } from '../view/services';
import { artifactPath, executedPath, untrusted } from './drive';
import type { Page } from './pages';
import { viewerFor } from './safe/documents';
import { tagParameters } from './parametersTag';
import type { INotebookTracker } from '@jupyterlab/notebook';

export interface IActionsOptions {
  app: JupyterFrontEnd;
  client: BatchClient;
  trans: ITrans;
  open: (page: Page) => void;
  live: LiveModel;
  /** Told of runs that somebody has started here. */
  started: (run: IRun) => void;
  documents: IDocumentManager | null;
  notebooks: INotebookTracker | null;
}

/** The server names what lies outside of its own folder by its whole path. */
const isElsewhere = (path: string) => path.startsWith('/');

/** Makes what views can have done, in the words of JupyterLab. */
export function actionsOf(options: IActionsOptions): IActions {
  const { app, client, live, trans, open, started, documents, notebooks } = options;

  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      Notification.error(messageOf(error), { autoClose: 8000 });
      return null;
    }
  };
  const confirm = async (title: string, body: string, word: string) => {
    const buttons = [
      Dialog.cancelButton({ label: trans.__('Keep') }),
      Dialog.warnButton({ label: word })
    ];
    // The focus is on what does no harm: Enter alone deletes nothing.
    const asked = { title, body, buttons, defaultButton: 0 };
    return (await showDialog(asked)).button.accept;
  };
  const each = async (ids: string[], work: (id: string) => Promise<unknown>) => {
    // One refusal is enough to read: the others have the same reason most of the time.
    const results = await Promise.allSettled(ids.map(work));
    const refused = results.find(result => result.status === 'rejected');
    if (refused) {
      Notification.error(messageOf(refused.reason), { autoClose: 8000 });
    }
  };

  return {
    started,
    openRun: (id, name = '') => open({ kind: 'run', id, name }),
    openJob: (id, name = '') => open({ kind: 'job', id, name }),
    openSweep: (id, name = '') => open({ kind: 'sweep', id, name }),
    openRuns: filters => open({ kind: 'runs', filters }),
    openJobs: () => open({ kind: 'jobs' }),
    openForm: start => open({ kind: 'form', start }),
    openReport: id => open({ kind: 'report', id }),
    compare: (one, other) => open({ kind: 'compare', one, other }),
    openNotebook: path => {
      if (isElsewhere(path)) {
        const told = trans.__(
          '%1 lies outside of the folder of this JupyterLab.',
          path
        );
        Notification.warning(told, { autoClose: 8000 });
      } else {
        void attempt(() => app.commands.execute('docmanager:open', { path }));
      }
    },
    showFiles: () =>
      void attempt(() => app.commands.execute('filebrowser:activate', {})),
    openExecuted: (run, attemptNo) => {
      const path = executedPath(run.id, run.name, attemptNo);
      documents?.openOrReveal(path, 'Notebook');
    },
    openArtifact: (id, artifact) => {
      const path = artifactPath(id, artifact);
      documents?.openOrReveal(path, viewerFor(app.docRegistry, path));
    },
    saveExecuted: run =>
      void attempt(async () => {
        const { path } = run.notebook;
        const dir = isElsewhere(path) ? '' : PathExt.dirname(path);
        const name = PathExt.basename(path, '.ipynb');
        const stamp = run.created_at.slice(0, 19).replace(/[:T]/g, '-');
        const { value } = await InputDialog.getText({
          title: trans.__('Save the executed notebook as'),
          label: trans.__('Path'),
          text: PathExt.join(dir, `${name}-${stamp}.ipynb`)
        });
        if (!value) {
          return;
        }
        const { contents } = app.serviceManager;
        const taken = await contents.get(value, { content: false }).then(
          () => true,
          () => false
        );
        if (
          taken &&
          !(await confirm(trans.__('Replace the file?'), value, trans.__('Replace')))
        ) {
          return;
        }
        const content = untrusted(await client.notebook(run.id));
        await contents.save(value, { type: 'notebook', format: 'json', content });
        Notification.success(trans.__('Saved as %1', value), { autoClose: 3000 });
      }),
    cancel: ids => each(ids, id => client.cancel(id)),
    retry: ids => each(ids, async id => started(await client.retry(id))),
    cancelSweep: async id => void (await attempt(() => client.cancelSweep(id))),
    retrySweep: async id => void (await attempt(() => client.retrySweep(id))),
    remove: async ids => {
      const gone = new Set<string>();
      const question = trans._n(
        '%1 run and all that was recorded of it will be gone.',
        '%1 runs and all that was recorded of them will be gone.',
        ids.length
      );
      if (await confirm(trans.__('Delete?'), question, trans.__('Delete'))) {
        for (let from = 0; from < ids.length; from += 1000) {
          const lot = ids.slice(from, from + 1000);
          if (await attempt(() => client.deleteRuns(lot))) {
            lot.forEach(id => gone.add(id));
          }
        }
      }
      live.forget(gone);
      return gone;
    },
    runJob: async id => {
      const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
      const run = await attempt(() => client.runJob(id, null, key));
      if (run) {
        started(run);
        open({ kind: 'run', id: run.id, name: run.name });
      }
    },
    pauseJob: async (id, pause) => {
      await attempt(() => (pause ? client.pauseJob(id) : client.resumeJob(id)));
      live.jobChanged.emit(id);
    },
    removeJob: async (id, name) => {
      const body = trans.__(
        'The job "%1" will be gone. Its runs stay on record.',
        name
      );
      if (!(await confirm(trans.__('Delete the job?'), body, trans.__('Delete')))) {
        return false;
      }
      const gone =
        (await attempt(async () => (await client.deleteJob(id), true))) ?? false;
      live.jobChanged.emit(id);
      return gone;
    },
    tagParameters: async path =>
      (await attempt(() =>
        tagParameters(path, app.serviceManager.contents, notebooks, trans)
      )) ?? false
  };
}
