import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { SidePanel } from '../view/side/SidePanel';
import { Boundary } from '../view/Boundary';
import type { IServices } from '../view/services';
import { ServicesProvider } from '../view/services';
import { batchIcon } from './icons';
import { keepFocus } from './keepFocus';

/** The panel in the left side bar. */
export class SidePanelWidget extends ReactWidget {
  constructor(private readonly services: IServices) {
    super();
    this.id = 'jupyter-batch-panel';
    this.addClass('jb-Widget');
    this.title.icon = batchIcon;
    this.title.caption = services.trans.__('Batch Runs');
    keepFocus(this.node);
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', services.trans.__('Batch Runs'));
  }

  protected render(): React.ReactElement {
    return (
      <ServicesProvider value={this.services}>
        <Boundary>
          <SidePanel />
        </Boundary>
      </ServicesProvider>
    );
  }
}
