import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { Contents, ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { search } from '../api/client';
import type { BatchClient } from '../api/client';
import { errorOf } from '../api/errors';
import type { IArtifact, JsonObject } from '../api/types';

export const DRIVE = 'BatchRuns';
const ARTIFACTS = 'artifacts';

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

/** The path under which an artifact is opened. */
export function artifactPath(runId: string, artifact: IArtifact): string {
  return `${DRIVE}:${runId}@${artifact.attempt_no ?? 1}/${ARTIFACTS}/${artifact.path}`;
}

/** Executed notebooks and artifacts as documents that can be read and saved elsewhere, never written. */
export class RunsDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);
  isDisposed = false;

  /** `typeOf` gives the media type of a file's name, as JupyterLab's viewers need it. */
  constructor(
    private readonly client: BatchClient,
    readonly serverSettings: ServerConnection.ISettings,
    private readonly typeOf: (path: string) => string = () => ''
  ) {}

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const { run, attempt, artifact } = placesOf(path);
    if (!path.endsWith('.ipynb') && !artifact) {
      // JupyterLab looks for the folder of whatever is open, after a reload at the latest.
      return { ...this.describe(path, 'directory'), format: 'json', content: [] };
    }
    const isNotebook =
      artifact === null || (path.endsWith('.ipynb') && options?.type === 'notebook');
    const model = this.describe(path, isNotebook ? 'notebook' : 'file');
    if (options?.content === false) {
      return model;
    }
    if (artifact !== null && isNotebook) {
      const text = await this.readArtifact(run, artifact, attempt, 'text');
      const content = asRecord(JSON.parse(text) as JsonObject);
      return { ...model, format: 'json', content };
    }
    if (artifact !== null) {
      const format = options?.format === 'base64' ? 'base64' : 'text';
      const content = await this.readArtifact(run, artifact, attempt, format);
      return { ...model, format, content };
    }
    return {
      ...model,
      format: 'json',
      content: asRecord(await this.client.notebook(run, { attempt }))
    };
  }

  async getDownloadUrl(path: string): Promise<string> {
    const { run, artifact } = placesOf(path);
    return artifact === null
      ? this.client.notebookUrl(run)
      : this.client.artifactUrl(run, artifact);
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

  private async readArtifact(
    run: string,
    artifact: string,
    attempt: string | null,
    format: 'text' | 'base64'
  ): Promise<string> {
    const place = artifact.split('/').map(encodeURIComponent).join('/');
    const response = await this.client.fetch(
      `runs/${run}/artifacts/${place}${search({ attempt })}`
    );
    if (!response.ok) {
      throw await errorOf(response);
    }
    if (format === 'text') {
      return response.text();
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    let text = '';
    for (let from = 0; from < bytes.length; from += 8192) {
      text += String.fromCharCode(...bytes.subarray(from, from + 8192));
    }
    return btoa(text);
  }

  private describe(
    path: string,
    type: 'notebook' | 'file' | 'directory'
  ): Contents.IModel {
    const now = new Date(0).toISOString();
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      path,
      type,
      writable: false,
      created: now,
      last_modified: now,
      mimetype: type === 'notebook' ? 'application/x-ipynb+json' : this.typeOf(path),
      content: null,
      format: null
    };
  }
}

/**
 * Returns a notebook whose cells do not say that they are trusted: JupyterLab would believe it, and
 * the server would sign it when it is saved.
 */
export function untrusted(notebook: JsonObject): JsonObject {
  const cells = Array.isArray(notebook.cells) ? (notebook.cells as JsonObject[]) : [];
  return {
    ...notebook,
    cells: cells.map(cell => {
      const { trusted: _, ...metadata } = (cell.metadata ?? {}) as JsonObject;
      return { ...cell, metadata };
    })
  };
}

/**
 * Returns a notebook as it is shown. Widgets are left out: JupyterLab makes them as soon as it
 * opens a notebook, trusted or not, and what they bring can hold scripts.
 */
function asRecord(notebook: JsonObject): JsonObject {
  const { widgets: _, ...metadata } = (notebook.metadata ?? {}) as JsonObject;
  return { ...untrusted(notebook), metadata };
}

/** Whether a path is of what runs have left. */
export function isRecord(path: string): boolean {
  return path.startsWith(`${DRIVE}:`);
}

/**
 * Lists the files when JupyterLab begins at an executed notebook: it then leaves that to the
 * browser of the notebook's drive, which is never shown.
 */
export async function listFiles(
  app: JupyterFrontEnd,
  browser: IDefaultFileBrowser
): Promise<void> {
  if (decodeURIComponent(location.pathname).includes(`/${DRIVE}:`)) {
    await Promise.all([app.restored, browser.model.restored]);
    await browser.model.refresh();
  }
}

/** Reads `<run>[@<attempt>]/<name>.ipynb` or `<run>@<attempt>/artifacts/<path>`. */
function placesOf(path: string): {
  run: string;
  attempt: string | null;
  artifact: string | null;
} {
  const [head, kind, ...rest] = path.split('/');
  const [run, attempt = null] = head.split('@');
  return { run, attempt, artifact: kind === ARTIFACTS ? rest.join('/') : null };
}

function refuse(): Promise<never> {
  return Promise.reject(
    new Error('An executed notebook is a record: save it under a path of your own.')
  );
}
