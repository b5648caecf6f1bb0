import * as React from 'react';
import type { BatchClient } from '../../api/client';
import { Instant } from '../basics';
import { useAnswer, useModel, useNow } from '../hooks';
import { useServices } from '../services';
import { Section } from './Section';

const SHOWN = 5;
/** Jobs with a schedule that are asked when they run next. */
const ASKED = 50;

interface INext {
  id: string;
  name: string;
  at: number;
}

/** Shows the next scheduled runs; nothing if the server has no schedules. */
export function Next(): React.ReactElement | null {
  const { client, features, live, actions, trans } = useServices();
  useModel(features);
  useModel(live);
  const now = useNow(false);
  const [turn, setTurn] = React.useState(0);
  // Runs that come and go are what moves the next instants.
  const tide = live.running.length + live.waiting.length;
  const jobs = useAnswer(
    async () => (features.schedules ? nextOf(client) : []),
    [client, features.version, tide, turn]
  );
  const due = jobs?.[0]?.at;
  React.useEffect(() => {
    if (due === undefined) {
      return;
    }
    const wait = Math.min(Math.max(due - Date.now() + 2000, 5000), 2 ** 31 - 1);
    const timer = setTimeout(() => setTurn(old => old + 1), wait);
    return () => clearTimeout(timer);
  }, [due, turn]);
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
              <Instant at={job.at} now={now} as="relative" />
            </span>
          </div>
        </li>
      ))}
    </Section>
  );
}

async function nextOf(client: BatchClient): Promise<INext[]> {
  const page = await client.jobs({ limit: 1000 });
  const scheduled = page.items.filter(job => job.triggers?.length && !job.paused);
  const answers = await Promise.all(
    scheduled.slice(0, ASKED).map(async ({ id, name }) => {
      const { instants } = await client.upcoming(id, 1);
      return instants.map(instant => ({ id, name, at: Date.parse(instant.at) }));
    })
  );
  return answers
    .flat()
    .sort((a, b) => a.at - b.at)
    .slice(0, SHOWN);
}
