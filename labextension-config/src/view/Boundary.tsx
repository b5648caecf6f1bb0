import * as React from 'react';
import { TryAgain } from './basics';
import { useTrans } from './services';

/** Keeps a mistake in one view from taking the whole tab: says so, and lets one try again. */
export class Boundary extends React.Component<
  { children: React.ReactNode },
  { error: unknown }
> {
  state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  render(): React.ReactNode {
    return this.state.error ? (
      <Broken error={this.state.error} onAgain={() => this.setState({ error: null })} />
    ) : (
      this.props.children
    );
  }
}

function Broken(props: { error: unknown; onAgain: () => void }): React.ReactElement {
  const trans = useTrans();
  return (
    <div className="jb-Page">
      <TryAgain onAgain={props.onAgain}>
        {trans.__('This view has broken: %1', String(props.error))}
      </TryAgain>
    </div>
  );
}
