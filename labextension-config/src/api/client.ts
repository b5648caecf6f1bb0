import { BatchError, errorOf } from './errors';
import type { IResultRow, ISweep } from './sweeps';
import type {
  IBackfillReport,
  IArtifact,
  ICell,
  IHealth,
  IJob,
  IJobBody,
  ILogPage,
  IPage,
  IParameterSchema,
  IResult,
  IRun,
  IRunBody,
  ISchedulePreview,
  JsonObject
} from './types';

/** After which a request that nobody answered is sent once more, where that does no harm. */
const AGAIN_MS = 300;

/** Asks the server for a path below `batch/`; rejects only where nothing answers. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

export type Query = Record<
  string,
  string | number | boolean | string[] | null | undefined
>;

/** The routes of the server as functions; each rejects with a `BatchError`. */
export class BatchClient {
  /** `urlOf` gives the address of a path, for links and frames. */
  constructor(
    readonly fetch: Fetch,
    readonly urlOf: (path: string) => string = path => path
  ) {}

  health = () => this.get<IHealth>('health');
  openapi = () => this.get<JsonObject>('openapi.json');
  parameters = (path: string) =>
    this.get<IParameterSchema>('notebooks/parameters', { path });

  runs = (query: Query = {}) => this.get<IPage<IRun>>('runs', query);
  run = (id: string) => this.get<IRun>(`runs/${id}`);
  submit = (body: IRunBody, key: string) => this.post<IRun>('runs', body, key);
  /** Rejects with what `submit` would. */
  checkRun = (body: IRunBody) => this.post<null>('runs/check', body);
  cancel = (id: string) => this.post<IRun>(`runs/${id}/cancel`);
  retry = (id: string) => this.post<IRun>(`runs/${id}/retry`);
  deleteRuns = (ids: string[]) =>
    this.send<{ deleted: number }>('DELETE', 'runs', { ids });

  cells = (id: string, attempt?: number) =>
    this.get<IPage<ICell>>(`runs/${id}/cells`, { outputs: true, attempt });
  /** Cells without their outputs. */
  cellMarks = (id: string, attempt?: number) =>
    this.get<IPage<ICell>>(`runs/${id}/cells`, { attempt });
  log = (id: string, after: number, attempt?: number) =>
    this.get<ILogPage>(`runs/${id}/logs`, { after, attempt, limit: 5000 });
  /** Returns the results of an attempt; of the newest if none is given. */
  results = (id: string, attempt?: number) =>
    this.get<IPage<IResult>>(`runs/${id}/results`, { attempt });
  artifacts = (id: string) => this.get<IPage<IArtifact>>(`runs/${id}/artifacts`);
  notebook = (id: string, query: Query = {}) =>
    this.get<JsonObject>(`runs/${id}/notebook`, query);

  /** Runs with their parameters and results, newest first. */
  resultRows = (query: Query) => this.get<IPage<IResultRow>>('results', query);

  sweeps = (query: Query = {}) => this.get<IPage<ISweep>>('sweeps', query);
  sweep = (id: string) => this.get<ISweep>(`sweeps/${id}`);
  cancelSweep = (id: string) => this.post<ISweep>(`sweeps/${id}/cancel`);
  /** Only the failed ones. */
  retrySweep = (id: string) => this.post<ISweep>(`sweeps/${id}/retry`);

  /** The names of the secrets that runs may ask for. */
  secrets = () => this.get<{ items: string[] }>('secrets');

  jobs = (query: Query = {}) => this.get<IPage<IJob>>('jobs', query);
  job = (id: string) => this.get<IJob>(`jobs/${id}`);
  createJob = (body: IJobBody, key: string) => this.post<IJob>('jobs', body, key);
  /** Rejects with what `createJob` would, or `changeJob` of the job of an id. */
  checkJob = (body: IJobBody, id?: string) =>
    this.post<null>(`jobs/check${search({ job_id: id })}`, body);
  changeJob = (id: string, body: Partial<IJobBody>) =>
    this.send<IJob>('PATCH', `jobs/${id}`, body);
  deleteJob = (id: string) => this.send<null>('DELETE', `jobs/${id}`);
  jobRuns = (id: string, query: Query = {}) =>
    this.get<IPage<IRun>>(`jobs/${id}/runs`, query);
  runJob = (id: string, parameters: JsonObject | null, key: string) =>
    this.post<IRun>(`jobs/${id}/runs`, { parameters, trigger: 'manual' }, key);
  pauseJob = (id: string) => this.post<IJob>(`jobs/${id}/pause`);
  resumeJob = (id: string) => this.post<IJob>(`jobs/${id}/resume`);
  upcoming = (id: string, count: number) =>
    this.get<ISchedulePreview>(`jobs/${id}/upcoming`, { count });
  backfill = (id: string, from: string, to: string) =>
    this.post<IBackfillReport>(`jobs/${id}/backfill`, { from, to });
  preview = (query: Query) => this.get<ISchedulePreview>('schedules/preview', query);

  /** The executed notebook as a page. */
  report = async (id: string) =>
    (await this.ask('GET', `runs/${id}/notebook?format=html`)).blob();
  notebookUrl = (id: string) => this.urlOf(`runs/${id}/notebook`);
  artifactUrl = (id: string, path: string) =>
    this.urlOf(
      `runs/${id}/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`
    );

  private get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>('GET', path + search(query));
  }

  private post<T>(path: string, body: object = {}, key?: string): Promise<T> {
    return this.send<T>('POST', path, body, key);
  }

  private async send<T>(
    method: string,
    path: string,
    body?: object,
    key?: string
  ): Promise<T> {
    const response = await this.ask(method, path, body, key);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  private async ask(
    method: string,
    path: string,
    body?: object,
    key?: string
  ): Promise<Response> {
    const init: RequestInit = {
      method,
      ...(body && { body: JSON.stringify(body) }),
      ...(key && { headers: { 'Idempotency-Key': key } })
    };
    // Browsers drop what is under way when the network changes, as each new container makes it.
    const again = method === 'GET' || key !== undefined;
    const response = await this.fetch(path, init)
      .catch((error: unknown) => {
        if (!again) {
          throw error;
        }
        return new Promise(resolve => setTimeout(resolve, AGAIN_MS)).then(() =>
          this.fetch(path, init)
        );
      })
      .catch((error: unknown) => {
        throw new BatchError(0, 'unreachable', 'the Jupyter server does not answer', {
          why: String(error)
        });
      });
    if (!response.ok) {
      throw await errorOf(response);
    }
    return response;
  }
}

/** Returns `?a=1&b=2`, leaving out what is not set. */
export function search(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === ''
      ? []
      : [value].flat().map(one => `${name}=${encodeURIComponent(String(one))}`)
  );
  return pairs.length ? `?${pairs.join('&')}` : '';
}
