import type { IJob, IRun } from '../api/types';

/** The initial contents of a form. */
export interface IFormStart {
  notebook: string;
  /** `run` for a run now; `job` for a job with a name, and a schedule where the server has them. */
  purpose: 'run' | 'job';
  /** The job to change. */
  edit?: IJob;
  /** The source of values: a job to duplicate, or a run to run again. */
  like?: IJob | IRun;
}
