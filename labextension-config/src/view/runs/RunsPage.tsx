import * as React from 'react';
import type { RunListModel } from '../../model/runList';
import { Button, Empty, TryAgain } from '../basics';
import { useModel } from '../hooks';
import { useServices } from '../services';
import { ServerStatus } from '../ServerStatus';
import { Bulk } from './Bulk';
import { Columns } from './Columns';
import { Filters } from './Filters';
import { RunTable } from './RunTable';

/** All runs: filters, what can be done with the chosen ones, the list. */
export function RunsPage({ model }: { model: RunListModel }): React.ReactElement {
  const { live, actions, trans } = useServices();
  useModel(model);
  useModel(live);
  React.useEffect(() => {
    if (!model.loaded) {
      void model.reload();
    }
  }, [model]);
  const { rows, total } = model;
  const nothing = model.loaded && !rows.length && !model.loading;
  return (
    <div className="jb-Page jb-mod-list">
      <header className="jb-Page-head">
        <h2>{trans.__('Runs')}</h2>
        <span className="jb-quiet" role="status">
          {counted(model, total)}
        </span>
        <span className="jb-grow" />
        <Button onClick={() => actions.openJobs()}>{trans.__('Jobs')}</Button>
        <Columns />
      </header>
      <ServerStatus />
      <Filters model={model} />
      <Bulk model={model} />
      {model.error && (
        <TryAgain onAgain={() => void model.reload()}>{model.error}</TryAgain>
      )}
      {nothing && !model.isFiltered && (
        <Empty
          title={trans.__('No runs yet')}
          action={
            <Button onClick={() => actions.showFiles()}>
              {trans.__('Show the files')}
            </Button>
          }
        >
          {trans.__(
            'A run is one execution of a notebook, in an environment of its own. Right-click a notebook in the file browser and choose "Run as Batch Job".'
          )}
        </Empty>
      )}
      {nothing && model.isFiltered && (
        <Empty
          title={trans.__('No run is like that')}
          action={
            <Button
              onClick={() =>
                model.setFilters({
                  states: [],
                  jobId: null,
                  sweepId: null,
                  text: '',
                  since: '',
                  until: ''
                })
              }
            >
              {trans.__('Show all runs')}
            </Button>
          }
        >
          {trans.__('No run fits all of the filters above.')}
        </Empty>
      )}
      {rows.length > 0 && <RunTable model={model} />}
    </div>
  );

  function counted(list: RunListModel, all: number | null): string {
    if (!list.loaded) {
      return trans.__('Loading…');
    }
    return all === null
      ? trans.__('%1 and more', list.rows.length.toLocaleString())
      : trans
          ._n('%1 run', '%1 runs', all, all.toLocaleString())
          .replace(String(all), all.toLocaleString());
  }
}
