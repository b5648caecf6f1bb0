import * as React from 'react';
import { Button, Empty } from '../basics';
import { useModel, useNow } from '../hooks';
import { useServices } from '../services';
import { ServerStatus } from '../ServerStatus';
import { Failure } from './Failure';
import { Next } from './Next';
import { RunningRun } from './RunningRun';
import { Section } from './Section';
import { WaitingRun } from './WaitingRun';

/** Shows running runs, waiting runs with reasons, next runs, and recent failures. */
export function SidePanel(): React.ReactElement {
  const { live, actions, trans } = useServices();
  useModel(live);
  const { running, waiting } = live;
  const failures = live.failures.list;
  const now = useNow(running.length > 0);
  const isQuiet = live.loaded && !running.length && !waiting.length;
  const isNew = isQuiet && !Object.values(live.health?.runs ?? {}).some(Boolean);
  return (
    <div
      className="jb-Side jb-Scroller"
      tabIndex={0}
      aria-label={trans.__('Batch runs')}
      role="region"
    >
      <div className="jb-Side-head">
        <Button onClick={() => actions.openRuns()}>{trans.__('All runs')}</Button>
        <Button onClick={() => actions.openJobs()}>{trans.__('Jobs')}</Button>
      </div>
      <ServerStatus />
      {!live.loaded && !live.error && (
        <p className="jb-quiet jb-pad">{trans.__('Loading…')}</p>
      )}
      {isNew && (
        <Empty
          title={trans.__('Nothing has run yet')}
          action={
            <Button onClick={() => actions.showFiles()}>
              {trans.__('Show the files')}
            </Button>
          }
        >
          {trans.__(
            'Right-click a notebook in the file browser and choose "Run as Batch Job". Its parameters become a form, and you watch it here.'
          )}
        </Empty>
      )}
      {isQuiet && !isNew && (
        <p className="jb-quiet">{trans.__('Nothing runs or waits now.')}</p>
      )}
      <Section title={trans.__('Running')} count={running.length}>
        {running.map(row => (
          <RunningRun key={row.id} row={row} now={now} />
        ))}
      </Section>
      <Section title={trans.__('Waiting')} count={waiting.length}>
        {waiting.map((row, index) => (
          <WaitingRun
            key={row.id}
            row={row}
            now={now}
            ahead={index}
            busy={running.length}
          />
        ))}
      </Section>
      <Next />
      <Section title={trans.__('Last failures')} count={failures.length}>
        {failures.map(group => (
          <Failure key={group.newest.id} group={group} now={now} />
        ))}
      </Section>
    </div>
  );
}
