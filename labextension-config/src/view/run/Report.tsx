import * as React from 'react';
import { messageOf } from '../../api/errors';
import { TryAgain } from '../basics';
import { useServices } from '../services';

interface IReportProps {
  id: string;
  title: string;
}

/** The executed notebook of a run as a page, in a frame that runs no script. */
export function Report({ id, title }: IReportProps): React.ReactElement {
  const { client, trans } = useServices();
  const [turn, setTurn] = React.useState(0);
  const [error, setError] = React.useState<string | null>(null);
  const [url, setUrl] = React.useState<string | null>(null);
  React.useEffect(() => {
    let made: string | null = null;
    let wanted = true;
    client.report(id).then(
      page => {
        if (wanted) {
          made = URL.createObjectURL(page);
          setUrl(made);
          setError(null);
        }
      },
      (reason: unknown) => wanted && setError(messageOf(reason))
    );
    return () => {
      wanted = false;
      if (made !== null) {
        URL.revokeObjectURL(made);
      }
    };
  }, [client, id, turn]);
  if (url !== null) {
    return <iframe className="jb-Report" title={title} src={url} sandbox="" />;
  }
  return (
    <div className="jb-Page">
      {error === null ? (
        <p className="jb-quiet">{trans.__('Loading…')}</p>
      ) : (
        <TryAgain onAgain={() => setTurn(old => old + 1)}>{error}</TryAgain>
      )}
    </div>
  );
}
