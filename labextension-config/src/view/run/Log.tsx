import * as React from 'react';
import type { RunModel } from '../../model/run';
import { TryAgain } from '../basics';
import { useModel } from '../hooks';
import { useTrans } from '../services';

/** How often a log that grows is read on while it is looked at: it has no events. */
const READ_MS = 2000;

/** What the attempt wrote to its log. */
export function Log({ model }: { model: RunModel }): React.ReactElement {
  const trans = useTrans();
  const log = useModel(model.log);
  const live = model.isLive && model.attempt === null;
  const box = React.useRef<HTMLPreElement>(null);
  React.useEffect(() => {
    void log.more();
    if (!live) {
      return;
    }
    const timer = setInterval(() => void log.more(), READ_MS);
    return () => clearInterval(timer);
  }, [log, live, model.attempt]);
  React.useEffect(() => {
    const element = box.current;
    if (live && element) {
      element.scrollTop = element.scrollHeight;
    }
  }, [live, log.lines]);
  if (log.error) {
    return <TryAgain onAgain={() => void log.more()}>{log.error}</TryAgain>;
  }
  if (!log.lines.length) {
    return (
      <p className="jb-quiet jb-pad">
        {log.loaded ? trans.__('The log is empty.') : trans.__('Loading…')}
      </p>
    );
  }
  return (
    <pre className="jb-Log" ref={box} tabIndex={0} aria-label={trans.__('Log')}>
      {log.lines.map(line => line.text).join('\n')}
    </pre>
  );
}
