// Puts beside the bundle what JupyterLab reads to know where the extension came from.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('..', import.meta.url);
copyFileSync(
  fileURLToPath(new URL('install.json', here)),
  fileURLToPath(new URL('../jupyter_batch/labextension/install.json', here))
);
