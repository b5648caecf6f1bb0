// Puts beside the bundle what JupyterLab reads to know where the extension came from, and fails
// where the bundle has grown too large for what every page of JupyterLab has to load.
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LARGEST = 400_000;
const here = new URL('..', import.meta.url);
const bundle = fileURLToPath(new URL('../jupyter_batch/labextension/', here));
copyFileSync(
  fileURLToPath(new URL('install.json', here)),
  join(bundle, 'install.json')
);
const size = readdirSync(join(bundle, 'static'))
  .filter(name => /\.(js|css)$/.test(name))
  .reduce((sum, name) => sum + statSync(join(bundle, 'static', name)).size, 0);
if (size > LARGEST && !process.argv.includes('--any-size')) {
  throw new Error(`the bundle is ${size} bytes; it may be ${LARGEST}`);
}
