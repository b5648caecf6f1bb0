import * as React from 'react';
import type { IEnvironment, IRun, Json } from '../../api/types';
import { bytes, duration } from '../../model/format';
import type { ITrans } from '../services';
import { useTrans } from '../services';

/** What a run was given. */
export function Facts({ run }: { run: IRun }): React.ReactElement {
  const trans = useTrans();
  const parameters = Object.entries(run.parameters ?? {});
  return (
    <div className="jb-Facts">
      <section>
        <h3>{trans.__('Parameters')}</h3>
        {parameters.length ? (
          <Pairs
            pairs={parameters.map(([name, value]) => [
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
        <Pairs pairs={environmentPairs(trans, run.environment ?? {})} />
      </section>
      <section>
        <h3>{trans.__('Rules')}</h3>
        <Pairs
          pairs={[
            [
              trans.__('Timeout'),
              run.timeout_seconds ? duration(run.timeout_seconds) : trans.__('None')
            ],
            [trans.__('Priority'), String(run.priority ?? 0)],
            [
              trans.__('Files'),
              run.files?.length ? run.files.join(', ') : trans.__('None')
            ],
            [trans.__('Run id'), <code key="id">{run.id}</code>],
            [
              trans.__('Notebook’s SHA-256'),
              <code key="sha">{run.notebook.sha256}</code>
            ]
          ]}
        />
      </section>
    </div>
  );
}

function environmentPairs(
  trans: ITrans,
  environment: IEnvironment
): [string, React.ReactNode][] {
  const none = trans.__('None');
  const env = Object.entries(environment.env ?? {});
  const pairs: [string, React.ReactNode][] = [
    [trans.__('Executor'), environment.executor ?? '–'],
    [trans.__('Image'), environment.image ?? '–'],
    [trans.__('Image digest'), environment.image_digest ?? '–'],
    [trans.__('CPUs'), environment.cpus?.toString() ?? '–'],
    [trans.__('Memory'), bytes(environment.memory_bytes)],
    [
      trans.__('GPUs'),
      environment.gpus === -1 ? trans.__('All') : String(environment.gpus ?? 0)
    ],
    [trans.__('Network'), environment.network ?? '–'],
    [trans.__('Kernel'), environment.kernel ?? trans.__('The notebook’s own')],
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
  return environment.executor === 'process'
    ? pairs.filter(([, value]) => value !== '–')
    : pairs;
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
