import * as React from 'react';
import type { Query } from '../../api/client';
import type { ISweep } from '../../api/sweeps';
import type { IJob, IPage } from '../../api/types';
import type { RunListModel } from '../../model/runList';
import { useModel } from '../hooks';
import { useServices } from '../services';

const PAGE = 1000;

interface IChoices {
  jobs: readonly IJob[];
  sweeps: readonly ISweep[];
  /** Asks anew: no event tells of jobs that are made elsewhere. */
  refresh: () => void;
}

/** The jobs and sweeps to filter by, also those that came after the page was opened. */
export function useChoices(model: RunListModel): IChoices {
  const { client, live } = useServices();
  useModel(model);
  const [jobs, setJobs] = React.useState<readonly IJob[]>([]);
  const [sweeps, setSweeps] = React.useState<readonly ISweep[]>([]);
  const [turn, setTurn] = React.useState(0);
  const refresh = React.useCallback(() => setTurn(old => old + 1), []);
  React.useEffect(() => {
    let wanted = true;
    const take = <T>(answer: Promise<T[]>, put: (items: T[]) => void) =>
      void answer.then(
        items => wanted && put(items),
        () => undefined
      );
    take(
      all(query => client.jobs(query)),
      setJobs
    );
    take(
      all(query => client.sweeps(query)),
      setSweeps
    );
    return () => {
      wanted = false;
    };
  }, [client, turn]);
  React.useEffect(() => {
    live.jobChanged.connect(refresh);
    return () => void live.jobChanged.disconnect(refresh);
  }, [live, refresh]);
  // A run of a job or a sweep that is not known yet.
  const newest = model.newestOwner;
  React.useEffect(() => {
    if (newest) {
      refresh();
    }
  }, [newest, refresh]);
  return { jobs, sweeps, refresh };
}

async function all<T>(ask: (query: Query) => Promise<IPage<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: IPage<T> = await ask({ limit: PAGE, cursor });
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return items;
}
