import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { BatchClient } from '../api/client';

/** Makes the client of the server that serves this page. */
export function clientOf(settings: ServerConnection.ISettings): BatchClient {
  const urlOf = (path: string) => {
    const [place, query] = path.split('?', 2);
    const url = URLExt.join(settings.baseUrl, 'batch', place);
    return query === undefined ? url : `${url}?${query}`;
  };
  return new BatchClient(
    (path, init = {}) => ServerConnection.makeRequest(urlOf(path), init, settings),
    urlOf
  );
}
