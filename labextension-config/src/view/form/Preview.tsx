import * as React from 'react';
import { messageOf } from '../../api/errors';
import type { ISchedulePreview } from '../../api/types';
import { planned, shownZone } from '../../model/instants';
import type { ITriggerValues } from '../../model/triggers';
import { previewQuery } from '../../model/triggers';
import { Instant } from '../basics';
import { useNow, useSettled } from '../hooks';
import { useServices } from '../services';

interface IPreviewProps {
  values: ITriggerValues;
  /** Whether complaints are to wait, or are made elsewhere. */
  quiet: boolean;
}

/** The answer about a schedule. */
interface IAnswer {
  /** The query as JSON. */
  asked: string;
  preview?: ISchedulePreview;
  problem?: string;
}

/** Shows a schedule as a sentence with its next instants, or its fault. */
export function Preview({ values, quiet }: IPreviewProps): React.ReactElement | null {
  const { client, trans } = useServices();
  const now = useNow(false);
  const wanted = JSON.stringify(previewQuery(values));
  const asked = useSettled(wanted);
  const [answer, setAnswer] = React.useState<IAnswer | null>(null);
  React.useEffect(() => {
    const query = JSON.parse(asked) as ReturnType<typeof previewQuery>;
    if (!query) {
      return;
    }
    let current = true;
    client.preview({ ...query, count: 5 }).then(
      preview => current && setAnswer({ asked, preview }),
      (error: unknown) => current && setAnswer({ asked, problem: messageOf(error) })
    );
    return () => {
      current = false;
    };
  }, [client, asked]);
  if (!answer || wanted === 'null') {
    return null;
  }
  const { preview, problem } = answer;
  // An answer to an earlier text does not apply to the current one.
  const stale = answer.asked !== wanted;
  if (!preview) {
    return quiet || stale ? null : (
      <p className="jb-Problem" role="alert">
        {problem}
      </p>
    );
  }
  return (
    <div
      className={`jb-Preview${stale ? ' jb-mod-stale' : ''}`}
      role="status"
      aria-busy={stale}
    >
      <strong>{preview.sentence}</strong>
      {!preview.instants.length && (
        <span className="jb-quiet">{trans.__('It never comes again.')}</span>
      )}
      <NextInstants preview={preview} zone={values.timezone.trim()} now={now} />
    </div>
  );
}

interface INextInstantsProps {
  preview: ISchedulePreview;
  /** Of instants that do not name their own. */
  zone?: string;
  now: number;
}

/** The next instants of a schedule, in the zone that its sentence speaks of. */
export function NextInstants(props: INextInstantsProps): React.ReactElement {
  const { preview, now } = props;
  const { locale, trans } = useServices();
  return (
    <ol className="jb-Instants" aria-label={trans.__('Next runs')}>
      {preview.instants.map(instant => {
        const at = Date.parse(instant.at);
        const zone = instant.timezone ?? props.zone;
        return (
          <li key={instant.at}>
            <span>{planned(at, { locale, zone: shownZone(zone) })}</span>
            <span className="jb-quiet">
              <Instant at={at} now={now} as="relative" zone={zone} />
            </span>
            {instant.note && <span className="jb-Tag">{instant.note}</span>}
          </li>
        );
      })}
    </ol>
  );
}
