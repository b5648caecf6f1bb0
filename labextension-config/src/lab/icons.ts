import { LabIcon } from '@jupyterlab/ui-components';

/** A notebook's lines and an arrow: it runs by itself. */
export const batchIcon = new LabIcon({
  name: 'jupyter-batch:icon',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M4 3h12a2 2 0 0 1 2 2v5.1a7 7 0 0 0-2-.1V5H4v14h5.6c.4.8 1 1.500 1.700 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm2 4h8v2H6zm0 4h5v2H6z"/>
    <path d="M16 12a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11zm-1.600 2.800v5.400l4.400-2.700z"/>
  </g>
</svg>`
});
