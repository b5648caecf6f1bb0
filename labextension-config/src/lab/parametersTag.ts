import { InputDialog } from '@jupyterlab/apputils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { ITrans } from '../view/services';

const TAG = 'parameters';

/** Lets the user choose the cell that is to be the parameters, and tags it. */
export async function tagParameters(
  path: string,
  contents: Contents.IManager,
  notebooks: INotebookTracker | null,
  trans: ITrans
): Promise<boolean> {
  const open = notebooks?.find(panel => panel.context.path === path);
  const model = open?.content.model;
  if (open && model) {
    const cells = [...model.cells].filter(cell => cell.type === 'code');
    const place = await choose(
      cells.map(cell => cell.sharedModel.getSource()),
      trans
    );
    const cell = cells.at(place ?? cells.length);
    if (!cell) {
      return false;
    }
    cell.setMetadata('tags', tagged(cell.getMetadata('tags')));
    await open.context.save();
    return true;
  }
  const file = await contents.get(path, {
    type: 'notebook',
    format: 'json',
    content: true
  });
  const content = file.content as INotebookContent;
  const cells = content.cells.filter(cell => cell.cell_type === 'code');
  const place = await choose(
    cells.map(cell => [cell.source].flat().join('')),
    trans
  );
  const cell = cells.at(place ?? cells.length);
  if (!cell) {
    return false;
  }
  cell.metadata.tags = tagged(cell.metadata.tags);
  await contents.save(path, { type: 'notebook', format: 'json', content });
  return true;
}

/** Returns the place of the chosen cell; null where none was chosen. */
async function choose(sources: string[], trans: ITrans): Promise<number | null> {
  if (!sources.length) {
    throw new Error(trans.__('The notebook has no code cells.'));
  }
  const items = sources.map(
    (source, index) => `${index + 1}: ${source.trim().split('\n', 1)[0].slice(0, 80)}`
  );
  const { value } = await InputDialog.getItem({
    title: trans.__('Which cell sets the parameters?'),
    label: trans.__('Code cell'),
    items,
    okLabel: trans.__('Tag')
  });
  return value === null ? null : items.indexOf(value);
}

function tagged(tags: unknown): string[] {
  const before = Array.isArray(tags) ? tags.map(String) : [];
  return [...before.filter(tag => tag !== TAG), TAG];
}
