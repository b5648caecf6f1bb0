import * as React from 'react';
import type { IHealth } from '../api/types';
import { Button, Notice, TryAgain } from './basics';
import { useModel } from './hooks';
import { useServices } from './services';

/** How often an executor that cannot run anything is looked at again. */
const CHECK_MS = 15_000;

/** Shows warnings about the server; nothing when all is well. */
export function ServerStatus(props: { executor?: string | null }): React.ReactElement {
  const { live, trans } = useServices();
  useModel(live);
  const check = React.useCallback(() => void live.checkHealth(), [live]);
  return (
    <>
      {live.status === 'lost' && (
        <Notice kind="warning">
          {trans.__('The server does not answer. Trying again; runs go on meanwhile.')}
        </Notice>
      )}
      {live.error && live.status !== 'lost' && (
        <TryAgain onAgain={() => void live.reload()}>{live.error}</TryAgain>
      )}
      {live.health && (
        <Executor health={live.health} name={props.executor} onCheck={check} />
      )}
    </>
  );
}

interface IExecutorProps {
  health: IHealth;
  name?: string | null;
  onCheck: () => void;
}

function Executor({
  health,
  name,
  onCheck
}: IExecutorProps): React.ReactElement | null {
  const { trans } = useServices();
  const chosen = name || health.default_executor;
  const executor = health.executors[chosen];
  const bad = executor ? !executor.ok : false;
  React.useEffect(() => {
    // No event tells that an engine has come back.
    const timer = bad ? setInterval(onCheck, CHECK_MS) : undefined;
    return () => clearInterval(timer);
  }, [bad, onCheck]);
  if (!executor) {
    return (
      <Notice kind="error">
        {trans.__('There is no executor "%1" on this server.', chosen)}
      </Notice>
    );
  }
  if (!executor.ok) {
    return (
      <Notice
        kind="error"
        action={<Button onClick={onCheck}>{trans.__('Check again')}</Button>}
      >
        <strong>{trans.__('Runs have to wait: nothing can run them now.')}</strong>{' '}
        {executor.message}
      </Notice>
    );
  }
  if (!executor.isolated) {
    return (
      <Notice kind="warning">
        {trans.__(
          'Runs are not isolated: with the executor "%1" a notebook can read and change whatever this server can.',
          chosen
        )}
      </Notice>
    );
  }
  return null;
}
