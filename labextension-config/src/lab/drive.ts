import type { Contents, ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { BatchClient } from '../api/client';

export const DRIVE = 'BatchRuns';

/** The path under which an executed notebook is opened; its name is what the tab shows. */
export function executedPath(
  runId: string,
  name: string,
  attempt: number | null
): string {
  const readable = name.replace(/\.ipynb$/, '').replace(/[/:\\]/g, '-');
  const folder = attempt === null ? runId : `${runId}@${attempt}`;
  return `${DRIVE}:${folder}/${readable} (executed).ipynb`;
}

/** Executed notebooks as documents that can be read and saved elsewhere, never written. */
export class RunsDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  isDisposed = false;

  constructor(
    private readonly client: BatchClient,
    readonly serverSettings: ServerConnection.ISettings
  ) {}

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const [run, attempt] = path.split('/')[0].split('@');
    const model = this.describe(path);
    if (options?.content === false) {
      return model;
    }
    return {
      ...model,
      format: 'json',
      content: await this.client.notebook(run, { attempt: attempt ?? null })
    };
  }

  async getDownloadUrl(path: string): Promise<string> {
    return this.client.notebookUrl(path.split('/')[0].split('@')[0]);
  }

  async listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return [];
  }

  newUntitled = refuse;
  delete = refuse;
  rename = refuse;
  save = refuse;
  copy = refuse;
  createCheckpoint = refuse;
  restoreCheckpoint = refuse;
  deleteCheckpoint = refuse;

  private describe(path: string): Contents.IModel {
    const now = new Date(0).toISOString();
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      path,
      type: 'notebook',
      writable: false,
      created: now,
      last_modified: now,
      mimetype: 'application/x-ipynb+json',
      content: null,
      format: null
    };
  }
}

function refuse(): Promise<never> {
  return Promise.reject(
    new Error('An executed notebook is a record: save it under a path of your own.')
  );
}
