import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ITrans } from '../view/services';

/** Finds out which notebook a command is about. */
export class NotebookFinder {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker | null,
    private readonly browser: IDefaultFileBrowser | null,
    private readonly trans: ITrans
  ) {}

  /** The path that is named, chosen in the file browser, or open in front; null where none is. */
  pathOf(args: Record<string, unknown>): string | null {
    if (typeof args.path === 'string' && args.path) {
      return args.path;
    }
    return args.from === 'browser' ? this.chosen() : (this.open() ?? this.chosen());
  }

  /** Offers to save a notebook that has changes; returns false where the user has second thoughts. */
  async offerToSave(path: string): Promise<boolean> {
    const panel = this.notebooks?.find(one => one.context.path === path);
    if (!panel?.context.model.dirty) {
      return true;
    }
    const { trans } = this;
    const save = Dialog.okButton({ label: trans.__('Save and go on') });
    const asIs = Dialog.createButton({ label: trans.__('Go on without') });
    const { button } = await showDialog({
      title: trans.__('Save the notebook first?'),
      body: trans.__(
        'It has changes that are not saved. What runs is the file as it was saved last.'
      ),
      buttons: [Dialog.cancelButton(), asIs, save],
      defaultButton: 2
    });
    if (button.label === save.label) {
      await panel.context.save();
    }
    return button.accept || button.label === asIs.label;
  }

  private open(): string | null {
    const panel = this.notebooks?.currentWidget;
    const current = this.app.shell.currentWidget;
    return panel && (current === panel || panel.isVisible) ? panel.context.path : null;
  }

  private chosen(): string | null {
    for (const item of this.browser?.selectedItems() ?? []) {
      if (item.type === 'notebook') {
        return item.path;
      }
    }
    return null;
  }
}
