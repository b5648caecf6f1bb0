import * as React from 'react';
import type { RunState } from '../api/types';

/** Each state has a shape of its own, so that none depends on its colour. */
const SHAPES: Record<RunState | 'not_run' | 'paused', React.ReactNode> = {
  queued: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.5 1.5" />
    </>
  ),
  starting: <circle cx="8" cy="8" r="6" strokeDasharray="2.4 2.3" />,
  running: (
    <>
      <circle cx="8" cy="8" r="6" opacity="0.3" />
      <path d="M8 2a6 6 0 0 1 6 6" />
    </>
  ),
  cancelling: (
    <>
      <circle cx="8" cy="8" r="6" strokeDasharray="2.4 2.3" />
      <path d="M6 6h4v4H6z" />
    </>
  ),
  succeeded: (
    <>
      <circle cx="8" cy="8" r="6.5" className="jb-fill" />
      <path d="M5 8.2l2.2 2.2L11.2 6" className="jb-cut" />
    </>
  ),
  failed: (
    <>
      <circle cx="8" cy="8" r="6.5" className="jb-fill" />
      <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" className="jb-cut" />
    </>
  ),
  timed_out: (
    <>
      <circle cx="8" cy="8" r="6.5" className="jb-fill" />
      <path d="M8 4.5V8l2.5 2" className="jb-cut" />
    </>
  ),
  lost: (
    <>
      <path d="M8 1.5l6.5 6.5L8 14.5 1.5 8z" className="jb-fill" />
      <path d="M8 5v3.5M8 10.6v.6" className="jb-cut" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6 6h4v4H6z" />
    </>
  ),
  skipped: <path d="M3.5 4l4 4-4 4M8.5 4l4 4-4 4" />,
  not_run: <circle cx="8" cy="8" r="2.5" />,
  paused: <path d="M5.5 4v8M10.5 4v8" />
};

/** The shape of a state; decoration, so words have to stand beside it or name it. */
export function StateIcon(props: { state: keyof typeof SHAPES }): React.ReactElement {
  return (
    <svg
      className={`jb-StateIcon jb-mod-${props.state}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
    >
      {SHAPES[props.state]}
    </svg>
  );
}
