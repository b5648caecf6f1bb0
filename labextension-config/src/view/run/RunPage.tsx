import * as React from 'react';
import type { RunModel } from '../../model/run';
import { Notice, TryAgain } from '../basics';
import { useModel, useNow } from '../hooks';
import { useServices } from '../services';
import type { ITab } from '../Tabs';
import { Tabs } from '../Tabs';
import { Artifacts } from './Artifacts';
import { Attempts } from './Attempts';
import { Cells } from './Cells';
import { Facts, rulePairs } from './Facts';
import { Header } from './Header';
import { Log } from './Log';
import { Results } from './Results';
import { Timeline } from './Timeline';

/** A run: what it is, how it goes, and everything that it has left. */
export function RunPage({ model }: { model: RunModel }): React.ReactElement {
  const { trans } = useServices();
  useModel(model);
  const [tab, setTab] = React.useState('cells');
  const [wanted, setWanted] = React.useState<number | null>(null);
  const now = useNow(model.isLive);
  const { run, error } = model;
  React.useEffect(() => {
    if (!model.run) {
      void model.load();
    }
  }, [model]);
  if (!run) {
    return (
      <div className="jb-Page">
        {error ? (
          <TryAgain onAgain={() => void model.load()}>{error}</TryAgain>
        ) : (
          <p className="jb-quiet">{trans.__('Loading…')}</p>
        )}
      </div>
    );
  }
  const show = (cell: number) => {
    setTab('cells');
    setWanted(cell);
  };
  const count = (word: string, number: number) =>
    number ? `${word} (${number})` : word;
  const tabs: ITab[] = [
    {
      id: 'cells',
      label: trans.__('Cells'),
      content: () => (
        <Cells
          model={model}
          wanted={wanted}
          onShown={() => setWanted(null)}
          now={now}
        />
      )
    },
    {
      id: 'timeline',
      label: trans.__('Timeline'),
      content: () => <Timeline cells={model.cells} now={now} onOpen={show} />
    },
    {
      id: 'results',
      label: count(trans.__('Results'), model.results.results.length),
      content: () => <Results model={model.results} now={now} />
    },
    { id: 'log', label: trans.__('Log'), content: () => <Log model={model} /> },
    {
      id: 'facts',
      label: trans.__('Parameters and environment'),
      content: () => (
        <Facts
          parameters={run.parameters}
          environment={run.environment}
          more={[
            ...rulePairs(trans, run),
            [
              trans.__('Run id'),
              <code key="id" className="jb-small">
                {run.id}
              </code>
            ],
            [
              trans.__('Notebook’s SHA-256'),
              <code key="sha" className="jb-small">
                {run.notebook.sha256}
              </code>
            ]
          ]}
        />
      )
    },
    {
      id: 'attempts',
      label: count(trans.__('Attempts'), run.attempts?.length ?? 0),
      content: () => <Attempts model={model} now={now} />
    },
    {
      id: 'artifacts',
      label: count(
        trans.__('Artifacts'),
        run.artifact_count ?? run.artifacts?.length ?? 0
      ),
      content: () => <Artifacts run={run} />
    }
  ];
  return (
    <div className="jb-Page jb-mod-run">
      <Header model={model} run={run} now={now} onShowCell={show} />
      {error && <TryAgain onAgain={() => void model.load()}>{error}</TryAgain>}
      {model.isLive && model.status === 'lost' && (
        <Notice kind="warning">
          {trans.__(
            'The server does not answer. Trying again; the run goes on meanwhile.'
          )}
        </Notice>
      )}
      <Tabs
        label={trans.__('Of this run')}
        tabs={tabs}
        current={tab}
        onChange={setTab}
      />
    </div>
  );
}
