import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { IServices } from '../view/services';
import { batchIcon } from './icons';
import type { NotebookFinder } from './finder';
import type { Page } from './pages';

export const Commands = {
  runNotebook: 'batch:run-notebook',
  scheduleNotebook: 'batch:schedule-notebook',
  openRuns: 'batch:open-runs',
  openJobs: 'batch:open-jobs',
  openRun: 'batch:open-run',
  openJob: 'batch:open-job',
  openSweep: 'batch:open-sweep',
  runJob: 'batch:run-job',
  cancelRun: 'batch:cancel-run',
  retryRun: 'batch:retry-run',
  compareRuns: 'batch:compare-runs',
  showPanel: 'batch:show-panel',
  openPage: 'batch:open-page',
  followLink: 'batch:follow-link'
} as const;

const PATH = { path: { type: 'string', description: 'Path of the notebook.' } };
const ID = {
  id: { type: 'string', description: 'Id of the run, the job or the sweep.' }
};

interface ICommandsOptions {
  app: JupyterFrontEnd;
  services: IServices;
  finder: NotebookFinder;
  open: (page: Page) => void;
  panelId: string;
}

/** Adds the commands: all that the panel does, for menus, shortcuts and other extensions. */
export function addCommands(options: ICommandsOptions): void {
  const { app, services, finder, open, panelId } = options;
  const { trans, actions } = services;
  const { commands } = app;

  const form = (purpose: 'run' | 'job') => async (args: Record<string, unknown>) => {
    const path = finder.pathOf(args);
    if (path && (await finder.offerToSave(path))) {
      open({ kind: 'form', start: { purpose, notebook: path } });
    }
  };

  commands.addCommand(Commands.runNotebook, {
    label: args => (args.from === 'toolbar' ? '' : trans.__('Run as Batch Job…')),
    caption: trans.__('Run this notebook as a batch job'),
    describedBy: describe('Opens the form that runs a notebook as a batch job.', PATH),
    icon: batchIcon,
    isEnabled: args => finder.pathOf(args) !== null,
    execute: form('run')
  });
  commands.addCommand(Commands.scheduleNotebook, {
    label: trans.__('Schedule…'),
    caption: trans.__('Run this notebook on a schedule'),
    describedBy: describe('Opens the form that makes a job of a notebook.', PATH),
    icon: batchIcon,
    isEnabled: args => finder.pathOf(args) !== null,
    execute: form('job')
  });
  commands.addCommand(Commands.openRuns, {
    label: trans.__('Batch Runs'),
    caption: trans.__('All runs and their states'),
    describedBy: describe('Opens the list of runs.', {
      filters: {
        type: 'object',
        description: 'states, jobId, sweepId, text, since, until'
      }
    }),
    icon: batchIcon,
    execute: args => open({ kind: 'runs', filters: args.filters as object | undefined })
  });
  commands.addCommand(Commands.openJobs, {
    label: trans.__('Batch Jobs'),
    caption: trans.__('Jobs and their schedules'),
    describedBy: describe('Opens the list of jobs.', {}),
    icon: batchIcon,
    execute: () => open({ kind: 'jobs' })
  });
  commands.addCommand(Commands.showPanel, {
    label: trans.__('Show Batch Panel'),
    caption: trans.__('Running, waiting and recently failed runs'),
    describedBy: describe('Shows the panel in the side bar.', {}),
    icon: batchIcon,
    execute: () => app.shell.activateById(panelId)
  });
  commands.addCommand(Commands.compareRuns, {
    label: trans.__('Compare Batch Runs'),
    describedBy: describe('Shows two runs side by side.', {
      one: { type: 'string', description: 'Id of a run.' },
      other: { type: 'string', description: 'Id of another run.' }
    }),
    isEnabled: args => typeof args.one === 'string' && typeof args.other === 'string',
    execute: args => actions.compare(String(args.one), String(args.other))
  });
  const byId: [string, string, string, (id: string) => unknown][] = [
    [
      Commands.openRun,
      trans.__('Open Batch Run'),
      'Opens a run.',
      id => actions.openRun(id)
    ],
    [
      Commands.openJob,
      trans.__('Open Batch Job'),
      'Opens a job.',
      id => actions.openJob(id)
    ],
    [
      Commands.openSweep,
      trans.__('Open Batch Sweep'),
      'Opens a sweep.',
      id => actions.openSweep(id)
    ],
    [
      Commands.runJob,
      trans.__('Run Batch Job Now'),
      'Starts a run of a job.',
      actions.runJob
    ],
    [
      Commands.cancelRun,
      trans.__('Cancel Batch Run'),
      'Cancels a run that is not over.',
      id => actions.cancel([id])
    ],
    [
      Commands.retryRun,
      trans.__('Retry Batch Run'),
      'Queues a run that did not succeed once more.',
      id => actions.retry([id])
    ]
  ];
  for (const [command, label, usage, work] of byId) {
    commands.addCommand(command, {
      label,
      describedBy: describe(usage, ID, ['id']),
      isEnabled: args => typeof args.id === 'string',
      execute: args => work(String(args.id))
    });
  }
  commands.addCommand(Commands.openPage, {
    label: trans.__('Open Batch Page'),
    describedBy: describe('Opens a tab as it was before a reload.', {
      kind: { type: 'string' }
    }),
    execute: args => open(args as unknown as Page)
  });
}

/** Describes a command and its arguments for readers of the command registry. */
function describe(
  description: string,
  properties: ReadonlyJSONObject,
  required: string[] = []
): { args: ReadonlyJSONObject } {
  return { args: { type: 'object', description, properties, required } };
}
