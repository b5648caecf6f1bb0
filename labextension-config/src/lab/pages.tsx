import { MainAreaWidget } from '@jupyterlab/apputils';
import type { LabIcon } from '@jupyterlab/ui-components';
import { ReactWidget, Toolbar } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { CompareModel } from '../model/compare';
import type { IFormStart } from '../model/formStart';
import { JobModel } from '../model/job';
import { JobListModel } from '../model/jobList';
import { baseName } from '../model/format';
import type { Model } from '../model/model';
import { RunModel } from '../model/run';
import type { IRunFilters } from '../model/runList';
import { RunListModel } from '../model/runList';
import { SweepModel } from '../model/sweep';
import { ComparePage } from '../view/compare/ComparePage';
import { JobForm } from '../view/form/JobForm';
import { JobPage } from '../view/job/JobPage';
import { JobsPage } from '../view/jobs/JobsPage';
import { Report } from '../view/run/Report';
import { RunPage } from '../view/run/RunPage';
import { RunsPage } from '../view/runs/RunsPage';
import { Boundary } from '../view/Boundary';
import { SweepPage } from '../view/sweep/SweepPage';
import type { IServices, ITrans } from '../view/services';
import { ServicesProvider } from '../view/services';
import { batchIcon } from './icons';
import { keepFocus } from './keepFocus';

/** The contents of a tab of the main area; plain data, so that a reload restores it. */
export type Page =
  | { kind: 'runs'; filters?: Partial<IRunFilters> }
  | { kind: 'jobs' }
  | { kind: 'run'; id: string; name: string }
  | { kind: 'job'; id: string; name: string }
  | { kind: 'sweep'; id: string; name: string }
  | { kind: 'report'; id: string }
  | { kind: 'compare'; one: string; other: string }
  | { kind: 'form'; start: IFormStart };

/** Pages of the same key are one tab. */
export function keyOf(page: Page): string {
  switch (page.kind) {
    case 'runs':
    case 'jobs':
      return page.kind;
    case 'compare':
      return `compare-${page.one}-${page.other}`;
    case 'form': {
      const { purpose, notebook, edit, like } = page.start;
      return `form-${purpose}-${edit?.id ?? like?.id ?? notebook}`;
    }
    default:
      return `${page.kind}-${page.id}`;
  }
}

/** A tab of the main area. It is gone for good when it is closed, as JupyterLab's own tabs are. */
export class PageWidget extends MainAreaWidget<PageContent> {
  constructor(
    readonly page: Page,
    services: IServices
  ) {
    // JupyterLab's usual toolbar adds nodes, timers and observers to the page, even when it is empty.
    super({ content: new PageContent(page, services), toolbar: new Toolbar() });
    this.id = `jupyter-batch-${keyOf(page)}`;
    this.toolbar.parent = null;
    this.content.node.setAttribute('aria-label', this.title.label);
    this.content.finished.connect(() => this.close());
  }

  dispose(): void {
    this.toolbar.dispose();
    super.dispose();
  }

  /** As arguments of the command that opens it. */
  get args(): ReadonlyPartialJSONObject {
    return JSON.parse(JSON.stringify(this.page)) as ReadonlyPartialJSONObject;
  }
}

/** The contents of a tab, with its model. */
class PageContent extends ReactWidget {
  constructor(
    private readonly page: Page,
    private readonly services: IServices
  ) {
    super();
    this.addClass('jb-Widget');
    this.title.label = titleOf(services.trans, page);
    this.title.caption = this.title.label;
    this.title.icon = batchIcon as LabIcon;
    keepFocus(this.node);
    [this.model, this.view] = this.make();
    this.model?.changed.connect(this.nameTab, this);
  }

  /** Says that the user is done with the page, as with a form that is sent. */
  readonly finished = new Signal<this, void>(this);

  dispose(): void {
    // First what draws, then what it draws.
    super.dispose();
    this.model?.dispose();
  }

  protected render(): React.ReactElement {
    return (
      <ServicesProvider value={this.services}>
        <Boundary>{this.view()}</Boundary>
      </ServicesProvider>
    );
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.setVisible(true);
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.setVisible(this.isVisible);
  }

  protected onBeforeHide(message: Message): void {
    super.onBeforeHide(message);
    this.setVisible(false);
  }

  protected onBeforeDetach(message: Message): void {
    this.setVisible(false);
    super.onBeforeDetach(message);
  }

  /** Callers that open a page by its id need not know its name. */
  private nameTab(model: Model): void {
    const name = nameOf(model);
    if (name) {
      this.title.label = name;
      this.title.caption = name;
    }
  }

  private setVisible(visible: boolean): void {
    if (this.model instanceof RunModel) {
      this.model.visible = visible;
    }
    // Others may have changed jobs meanwhile, and no event tells of that.
    if (visible && this.model instanceof JobModel && this.model.job) {
      void this.model.load();
    }
    if (visible && this.model instanceof JobListModel && this.model.loaded) {
      void this.model.reload();
    }
  }

  private make(): [Model | null, () => React.ReactElement] {
    const { page, services } = this;
    const { client, live } = services;
    switch (page.kind) {
      case 'runs': {
        const model = new RunListModel(client, live, page.filters);
        return [model, () => <RunsPage model={model} />];
      }
      case 'jobs': {
        const model = new JobListModel(client, live);
        return [model, () => <JobsPage model={model} />];
      }
      case 'run': {
        const model = new RunModel(client, page.id);
        return [model, () => <RunPage model={model} />];
      }
      case 'job': {
        const model = new JobModel(client, live, page.id);
        return [model, () => <JobPage model={model} />];
      }
      case 'sweep': {
        const model = new SweepModel(client, live, page.id);
        return [model, () => <SweepPage model={model} />];
      }
      case 'compare': {
        const model = new CompareModel(client, [page.one, page.other]);
        return [model, () => <ComparePage model={model} />];
      }
      case 'report':
        return [null, () => <Report id={page.id} title={this.title.label} />];
      case 'form':
        return [
          null,
          () => (
            <JobForm
              start={page.start}
              onDone={() => this.finished.emit()}
              onCancel={() => this.finished.emit()}
            />
          )
        ];
    }
  }

  /** The model of what is shown, for what commands do with it. */
  readonly model: Model | null;
  private readonly view: () => React.ReactElement;
}

function nameOf(model: Model): string | undefined {
  if (model instanceof RunModel) {
    return model.run?.name;
  }
  if (model instanceof JobModel) {
    return model.job?.name;
  }
  return model instanceof SweepModel ? model.sweep?.name : undefined;
}

function titleOf(trans: ITrans, page: Page): string {
  switch (page.kind) {
    case 'runs':
      return trans.__('Batch Runs');
    case 'jobs':
      return trans.__('Batch Jobs');
    case 'compare':
      return trans.__('Compare Runs');
    case 'report':
      return trans.__('Report');
    case 'form': {
      const { start } = page;
      return start.edit
        ? trans.__('Edit %1', start.edit.name)
        : trans.__(
            start.purpose === 'run' ? 'Run %1' : 'New Job: %1',
            baseName(start.notebook)
          );
    }
    case 'sweep':
      return page.name || trans.__('Sweep');
    default:
      return page.name || trans.__('Run');
  }
}
