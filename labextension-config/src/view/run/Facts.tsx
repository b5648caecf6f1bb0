import * as React from 'react';
import type { IEnvironment, IJob, Json, JsonObject } from '../../api/types';
import { bytes, duration } from '../../model/format';
import type { ITrans } from '../services';
import { useTrans } from '../services';

interface IFactsProps {
  parameters?: JsonObject;
  environment?: IEnvironment;
  /** More to say, in pairs. */
  more: [string, React.ReactNode][];
}

/** Shows the settings of a run, or those that a job gives its runs. */
export function Facts({
  parameters,
  environment,
  more
}: IFactsProps): React.ReactElement {
  const trans = useTrans();
  const given = Object.entries(parameters ?? {});
  return (
    <div className="jb-Facts">
      <section>
        <h3>{trans.__('Parameters')}</h3>
        {given.length ? (
          <Pairs
            pairs={given.map(([name, value]) => [
              name,
              <Value key={name} value={value} />
            ])}
            code
          />
        ) : (
          <p className="jb-quiet">{trans.__('The notebook’s own defaults.')}</p>
        )}
      </section>
      <section>
        <h3>{trans.__('Environment')}</h3>
        <Pairs pairs={environmentPairs(trans, environment ?? {})} />
      </section>
      <section>
        <h3>{trans.__('Rules')}</h3>
        <Pairs pairs={more} />
      </section>
    </div>
  );
}

/** The facts that runs and jobs share, in pairs. */
export function rulePairs(trans: ITrans, of: IRules): [string, React.ReactNode][] {
  const none = trans.__('None');
  return [
    [trans.__('Timeout'), of.timeout_seconds ? duration(of.timeout_seconds) : none],
    [trans.__('Priority'), String(of.priority ?? 0)],
    [trans.__('Files'), of.files?.length ? of.files.join(', ') : none]
  ];
}

/** The policies of a job for late, overlapping and failed runs. */
export function policyPairs(trans: ITrans, job: IJob): [string, React.ReactNode][] {
  const overlaps: Record<string, string> = {
    skip: trans.__('The later one is skipped'),
    queue: trans.__('One waits, others are skipped'),
    queue_all: trans.__('All wait'),
    replace: trans.__('The earlier one is cancelled'),
    allow: trans.__('Both run')
  };
  const overlap = job.overlap_policy ?? (job.triggers?.length ? 'skip' : 'allow');
  const attempts = job.retry?.max_attempts ?? 1;
  const pairs: [string, React.ReactNode][] = [
    [
      trans.__('Runs at once'),
      job.max_concurrent ? String(job.max_concurrent) : trans.__('No limit of its own')
    ],
    [trans.__('Runs that overlap'), overlaps[overlap] ?? overlap],
    [trans.__('Attempts'), String(attempts)]
  ];
  if (job.run_timeout_seconds) {
    pairs.push([trans.__('Time for all attempts'), duration(job.run_timeout_seconds)]);
  }
  if (job.queue_timeout_seconds) {
    pairs.push([trans.__('Waits at most'), duration(job.queue_timeout_seconds)]);
  }
  if (job.pause_after_failures) {
    pairs.push([
      trans.__('Pauses after'),
      trans._n('%1 failure', '%1 failures in a row', job.pause_after_failures)
    ]);
  }
  if (job.keep_runs) {
    pairs.push([trans.__('Runs kept'), String(job.keep_runs)]);
  }
  if (job.keep_days) {
    pairs.push([trans.__('Kept for'), trans._n('%1 day', '%1 days', job.keep_days)]);
  }
  if (job.source === 'pinned') {
    pairs.push([trans.__('Notebook'), trans.__('As it was when the job was saved')]);
  }
  return pairs;
}

interface IRules {
  timeout_seconds?: number | null;
  priority?: number;
  files?: string[];
}

function environmentPairs(
  trans: ITrans,
  environment: IEnvironment
): [string, React.ReactNode][] {
  const none = trans.__('None');
  const env = Object.entries(environment.env ?? {});
  const pairs: [string, React.ReactNode][] = [
    [trans.__('Executor'), environment.executor ?? null],
    [trans.__('Image'), environment.image ?? null],
    [
      trans.__('Image digest'),
      environment.image_digest ? (
        <code className="jb-small">{environment.image_digest}</code>
      ) : null
    ],
    [trans.__('CPUs'), environment.cpus?.toString() ?? null],
    [
      trans.__('Memory'),
      environment.memory_bytes ? bytes(environment.memory_bytes) : null
    ],
    [trans.__('GPUs'), gpusOf(trans, environment.gpus)],
    [trans.__('Network'), environment.network ?? null],
    [trans.__('Kernel'), environment.kernel ?? null],
    [
      trans.__('Files in the working folder'),
      environment.keep_files ? trans.__('Kept') : null
    ],
    [trans.__('Strict errors'), environment.strict_errors ? trans.__('Yes') : null],
    [
      trans.__('Variables'),
      env.length ? env.map(([k, v]) => `${k}=${v}`).join('\n') : none
    ],
    [trans.__('Secrets'), environment.secrets?.join(', ') || none],
    [
      trans.__('Volumes'),
      environment.volumes?.map(v => `${v.source} → ${v.target}`).join('\n') || none
    ]
  ];
  // The server's settings decide unset values when a run is made.
  const set = pairs.filter(([, value]) => value !== null && value !== none);
  const rest = set.length ? trans.__('All else') : trans.__('All of it');
  return environment.executor
    ? set
    : [...set, [rest, trans.__('As in the server’s settings')]];
}

function gpusOf(trans: ITrans, gpus: number | undefined): string | null {
  return gpus === -1 ? trans.__('All') : gpus ? String(gpus) : null;
}

interface IPairsProps {
  pairs: [string, React.ReactNode][];
  code?: boolean;
}

/** Names and values in two columns. */
export function Pairs({ pairs, code }: IPairsProps): React.ReactElement {
  return (
    <dl className="jb-Pairs">
      {pairs.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{code ? <code>{name}</code> : name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

/** A parameter's value as JSON has it. */
export function Value({ value }: { value: Json }): React.ReactElement {
  return <code>{JSON.stringify(value, null, typeof value === 'object' ? 1 : 0)}</code>;
}
