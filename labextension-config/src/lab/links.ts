import type { JupyterFrontEnd, IRouter } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import type { Page } from './pages';

const NAME = 'batch';
const KINDS = ['runs', 'jobs', 'run', 'job', 'sweep', 'report', 'compare', 'form'];

/** The address at which JupyterLab shows a page of ours, for where there is no room for one. */
export function linkTo(page: Page, baseUrl: string): string {
  return `${URLExt.join(baseUrl, 'lab')}?${NAME}=${encodeURIComponent(JSON.stringify(page))}`;
}

/** The page that an address names; null where it names none that there is. */
export function pageIn(search: string): Page | null {
  try {
    const page = JSON.parse(new URLSearchParams(search).get(NAME) ?? '') as Page | null;
    return page !== null && KINDS.includes(page.kind) ? page : null;
  } catch {
    return null;
  }
}

/** Opens the page that the address names, once what was open before is there again. */
export function followLinks(
  app: JupyterFrontEnd,
  router: IRouter,
  command: string,
  open: (page: Page) => void
): void {
  app.commands.addCommand(command, {
    execute: () => {
      const { path, search, hash } = router.current;
      const page = pageIn(search ?? '');
      const rest = new URLSearchParams(search);
      rest.delete(NAME);
      const kept = rest.size ? `?${rest}` : '';
      router.navigate(`${path}${kept}${hash ?? ''}`, { skipRouting: true });
      // Not awaited: JupyterLab restores nothing before all commands of an address are done.
      void app.restored.then(() => page && open(page));
    }
  });
  router.register({ command, pattern: new RegExp(`[?&]${NAME}=`), rank: 30 });
}
