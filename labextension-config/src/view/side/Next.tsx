import * as React from 'react';
import type { IJob } from '../../api/types';
import { Instant } from '../basics';
import { useAnswer, useModel, useNow } from '../hooks';
import { useServices } from '../services';
import { Section } from './SidePanel';

const SHOWN = 5;

/** What starts next by itself; nothing where the server has no schedules. */
export function Next(): React.ReactElement | null {
  const { client, features, live, actions, trans } = useServices();
  useModel(features);
  useModel(live);
  const now = useNow(true);
  // Runs that come and go are what moves the next instants.
  const tide = live.running.length + live.waiting.length;
  const jobs = useAnswer(
    async () =>
      features.schedules ? nextOf((await client.jobs({ limit: 1000 })).items) : [],
    [client, features.version, tide]
  );
  if (!jobs?.length) {
    return null;
  }
  return (
    <Section title={trans.__('Next')} count={jobs.length}>
      {jobs.map(job => (
        <li key={job.id} className="jb-Card">
          <div className="jb-Card-line">
            <button
              type="button"
              className="jb-Link jb-grow"
              onClick={() => actions.openJob(job.id, job.name)}
            >
              {job.name}
            </button>
            <span className="jb-small jb-figures">
              <Instant at={Date.parse(job.next_at ?? '')} now={now} as="relative" />
            </span>
          </div>
        </li>
      ))}
    </Section>
  );
}

function nextOf(jobs: readonly IJob[]): IJob[] {
  return jobs
    .filter(job => job.next_at && !job.paused)
    .sort((a, b) => (a.next_at ?? '').localeCompare(b.next_at ?? ''))
    .slice(0, SHOWN);
}
