import * as React from 'react';
import type { IRun } from '../../api/types';
import { bytes } from '../../model/format';
import { Button, Empty } from '../basics';
import { useServices } from '../services';

/** The files that the notebook has left, to be seen or saved. */
export function Artifacts({ run }: { run: IRun }): React.ReactElement {
  const { actions, client, trans } = useServices();
  const artifacts = run.artifacts ?? [];
  if (!artifacts.length) {
    return (
      <Empty title={trans.__('No artifacts')}>
        {trans.__('Files that the notebook writes into the folder')}{' '}
        <code>os.environ["JUPYTER_BATCH_OUTPUT"]</code>{' '}
        {trans.__('are kept here, to be seen or saved.')}
      </Empty>
    );
  }
  const more = (run.artifact_count ?? artifacts.length) - artifacts.length;
  return (
    <ul className="jb-Artifacts">
      {artifacts.map(artifact => {
        const url = client.artifactUrl(run.id, artifact.path);
        const isImage = /^image\/(png|jpeg|gif|webp)$/.test(artifact.media_type);
        return (
          <li key={`${artifact.attempt_no} ${artifact.path}`}>
            {isImage && <img src={url} alt={artifact.path} loading="lazy" />}
            <div>
              <a
                href={url}
                download={artifact.path.split('/').at(-1)}
                className="jb-Link"
              >
                {artifact.path}
              </a>
              <div className="jb-small jb-quiet">
                {bytes(artifact.size_bytes)} · {artifact.media_type}
                {(run.attempts?.length ?? 0) > 1 &&
                  ` · ${trans.__('attempt %1', artifact.attempt_no ?? 1)}`}
              </div>
            </div>
            <div className="jb-Actions">
              <Button
                aria-label={trans.__('Open %1', artifact.path)}
                onClick={() => actions.openArtifact(run.id, artifact)}
              >
                {trans.__('Open')}
              </Button>
              <a
                className="jb-Button"
                href={url}
                download={artifact.path.split('/').at(-1)}
              >
                {trans.__('Download')}
              </a>
            </div>
          </li>
        );
      })}
      {more > 0 && (
        <li className="jb-small jb-quiet">
          {trans.__('%1 more; the Python API and the command line have them all', more)}
        </li>
      )}
    </ul>
  );
}
