import * as React from 'react';
import { printedBy } from '../../model/printed';
import type { RunModel } from '../../model/run';
import { TryAgain } from '../basics';
import { useModel } from '../hooks';
import { useTrans } from '../services';

/** How often a log that grows is read on while it is looked at: it has no events. */
const READ_MS = 2000;

/** Shows the printed text of the cells, and the output of papermill, the kernel and the engine. */
export function Log({ model }: { model: RunModel }): React.ReactElement {
  const trans = useTrans();
  const live = model.isLive && model.attempt === null;
  const printed = printedBy(model.cells, model.outputs, cell =>
    trans.__('Cell %1:', cell + 1)
  );
  return (
    <div className="jb-Logs">
      <section>
        <h3>{trans.__('Printed by the cells')}</h3>
        {printed.isCut && (
          <p className="jb-small jb-quiet">
            {trans.__('Only the end is shown here: the cells have all of it.')}
          </p>
        )}
        {printed.text ? (
          <Lines
            label={trans.__('Printed by the cells')}
            text={printed.text}
            live={live}
          />
        ) : (
          <p className="jb-quiet">
            {live
              ? trans.__('No cell has printed anything yet.')
              : trans.__('No cell has printed anything.')}
          </p>
        )}
      </section>
      <section>
        <h3>{trans.__('Log')}</h3>
        <AttemptLog model={model} live={live} />
      </section>
    </div>
  );
}

function AttemptLog(props: { model: RunModel; live: boolean }): React.ReactElement {
  const { model, live } = props;
  const trans = useTrans();
  const log = useModel(model.log);
  React.useEffect(() => {
    void log.more();
    if (!live) {
      return;
    }
    const timer = setInterval(() => void log.more(), READ_MS);
    return () => clearInterval(timer);
  }, [log, live, model.attempt]);
  if (log.error) {
    return <TryAgain onAgain={() => void log.more()}>{log.error}</TryAgain>;
  }
  if (!log.lines.length) {
    return (
      <p className="jb-quiet">
        {log.loaded
          ? trans.__('Papermill, the kernel and the engine have written nothing.')
          : trans.__('Loading…')}
      </p>
    );
  }
  return (
    <Lines
      label={trans.__('Log')}
      text={log.lines.map(line => line.text).join('\n')}
      live={live}
    />
  );
}

/** Lines of text; while more come, the last ones are in view. */
function Lines(props: {
  label: string;
  text: string;
  live: boolean;
}): React.ReactElement {
  const { label, text, live } = props;
  const box = React.useRef<HTMLPreElement>(null);
  React.useEffect(() => {
    const element = box.current;
    if (live && element) {
      element.scrollTop = element.scrollHeight;
    }
  }, [live, text]);
  return (
    <pre className="jb-Log" ref={box} tabIndex={0} aria-label={label}>
      {text}
    </pre>
  );
}
