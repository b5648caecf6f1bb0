import { FormComponent } from '@jupyterlab/ui-components';
import type { OutputArea } from '@jupyterlab/outputarea';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IOutput as INbOutput } from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import type { IOutput } from '../api/types';
import type { ISlots, ITrans } from '../view/services';
import { parameterFields } from './parameterFields';
import { gainsByTrust, secure } from './safe/registry';

/** Renderers that JupyterLab provides: outputs, text, code and forms. */
export function slotsOf(registry: IRenderMimeRegistry, trans: ITrans): ISlots {
  let secured: IRenderMimeRegistry | null = null;
  // Not before something is drawn: until then other extensions add what they draw.
  const rendermime = () => (secured ??= secure(registry.clone()));
  return {
    Outputs: props => <Outputs {...props} rendermime={rendermime()} />,
    gainsByTrust: outputs => gainsByTrust(rendermime(), outputs),
    Markdown: ({ source }) => (
      <Mime type="text/markdown" text={source} rendermime={rendermime()} />
    ),
    Source: ({ source, language }) => (
      <Mime
        type="text/markdown"
        text={`\`\`\`\`\`\`${language}\n${source}\n\`\`\`\`\`\``}
        rendermime={rendermime()}
        className="jb-Source"
      />
    ),
    ParameterFields: parameterFields(FormComponent, trans)
  };
}

interface IOutputsProps {
  outputs: readonly IOutput[];
  trusted?: boolean;
  rendermime: IRenderMimeRegistry;
}

/** Outputs as the notebook would show them. */
function Outputs({
  outputs,
  trusted = false,
  rendermime
}: IOutputsProps): React.ReactElement {
  const host = React.useRef<HTMLDivElement>(null);
  const area = React.useRef<OutputArea | null>(null);
  const shown = React.useRef<readonly IOutput[]>([]);
  React.useLayoutEffect(() => {
    if (!host.current) {
      return;
    }
    const widget = new SimplifiedOutputArea({
      model: new OutputAreaModel({ trusted }),
      rendermime
    });
    attach(widget, host.current);
    area.current = widget;
    shown.current = [];
    return () => {
      area.current = null;
      const { model } = widget;
      detach(widget);
      model.dispose();
    };
  }, [rendermime, trusted]);
  React.useLayoutEffect(() => {
    if (area.current) {
      update(area.current.model as OutputAreaModel, shown.current, outputs);
      shown.current = outputs;
    }
  }, [outputs, rendermime, trusted]);
  return <div className="jb-Outputs" ref={host} />;
}

/** Changes a model with as little drawing as can be: most often a stream has grown. */
function update(
  model: OutputAreaModel,
  before: readonly IOutput[],
  after: readonly IOutput[]
): void {
  const same = after.findIndex((output, index) => !alike(before.at(index), output));
  const first = same < 0 ? after.length : same;
  if (first < before.length - 1 || after.length < before.length) {
    model.fromJSON(after as INbOutput[]);
    return;
  }
  after.slice(first).forEach((output, offset) => {
    const place = first + offset;
    if (place < before.length) {
      model.set(place, output as INbOutput);
    } else {
      model.add(output as INbOutput);
    }
  });
}

function alike(one: IOutput | undefined, other: IOutput): boolean {
  return (
    one === other ||
    (one?.output_type === 'stream' &&
      other.output_type === 'stream' &&
      one.name === other.name &&
      one.text === other.text)
  );
}

interface IMimeProps {
  type: string;
  text: string;
  rendermime: IRenderMimeRegistry;
  className?: string;
}

/** A text drawn by its type. */
function Mime({ type, text, rendermime, className }: IMimeProps): React.ReactElement {
  const host = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => {
    if (!host.current) {
      return;
    }
    const renderer = rendermime.createRenderer(type);
    attach(renderer, host.current);
    void renderer.renderModel(
      new MimeModel({ data: { [type]: text }, trusted: false })
    );
    return () => detach(renderer);
  }, [type, text, rendermime]);
  return <div className={className} ref={host} />;
}

function attach(widget: Widget, host: HTMLElement): void {
  MessageLoop.sendMessage(widget, Widget.Msg.BeforeAttach);
  host.appendChild(widget.node);
  MessageLoop.sendMessage(widget, Widget.Msg.AfterAttach);
}

/** Tells the widget before it goes, whether or not React has taken its node away already. */
function detach(widget: Widget): void {
  MessageLoop.sendMessage(widget, Widget.Msg.BeforeDetach);
  widget.node.remove();
  MessageLoop.sendMessage(widget, Widget.Msg.AfterDetach);
  widget.dispose();
}
