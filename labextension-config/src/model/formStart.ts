import type { IJob, IRun } from '../api/types';

/** What a form begins with. */
export interface IFormStart {
  notebook: string;
  /** `run` for a run now; `job` for a job with a name, and a schedule where the server has them. */
  purpose: 'run' | 'job';
  /** The job to change. */
  edit?: IJob;
  /** What to take values from: a job to duplicate, a run to run again. */
  like?: IJob | IRun;
}
