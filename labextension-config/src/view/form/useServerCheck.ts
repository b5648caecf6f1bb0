import * as React from 'react';
import { BatchError } from '../../api/errors';
import type { IJobBody, IRunBody } from '../../api/types';
import type { Problems } from '../../model/problems';
import { useSettled } from '../hooks';
import { useServices } from '../services';

/** How long nothing is typed before the server is asked. */
const SETTLED_MS = 400;

/** The faults that the server finds in a form, asked again after typing. */
export function useServerCheck(
  body: IRunBody | IJobBody,
  isJob: boolean,
  jobId: string | undefined,
  ready: boolean
): Problems {
  const { client, features } = useServices();
  const able = ready && features.has('post', isJob ? '/jobs/check' : '/runs/check');
  const text = useSettled(JSON.stringify([isJob, body]), SETTLED_MS);
  const files = React.useRef('[]');
  const [told, setTold] = React.useState<Problems>({});
  React.useEffect(() => {
    if (!able) {
      return;
    }
    let wanted = true;
    const [job, all] = JSON.parse(text) as [boolean, IRunBody | IJobBody];
    // Files may be large, and are the same most of the time.
    const known = JSON.stringify(all.files ?? []);
    const asked = known === files.current ? { ...all, files: [] } : all;
    const check = job
      ? client.checkJob(asked as IJobBody, jobId)
      : client.checkRun(asked);
    check.then(
      () => {
        files.current = known;
        if (wanted) {
          setTold({});
        }
      },
      (reason: unknown) => wanted && setTold(refusedBy(reason))
    );
    return () => {
      wanted = false;
    };
  }, [able, client, jobId, text]);
  return told;
}

/** Returns what an error says of fields. */
export function refusedBy(reason: unknown): Problems {
  const named = reason instanceof BatchError ? reason.problems : [];
  return Object.fromEntries(named.map(one => [fieldOf(one.field), one.message]));
}

/** Cuts the path of a parameter or a trigger to the field that shows it. */
function fieldOf(field: string): string {
  const [head, second] = field.split('.');
  return head === 'parameters' || head === 'environment'
    ? `${head}.${second ?? ''}`
    : field;
}
