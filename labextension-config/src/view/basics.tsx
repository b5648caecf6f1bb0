import * as React from 'react';
import type { RunState } from '../api/types';
import { clock, exact, relative, shownZone } from '../model/instants';
import { StateIcon } from './icons';
import { useServices, useTrans } from './services';
import { stateWord } from './labels';

/** A state as shape and word. */
export function StateBadge(props: { state: RunState }): React.ReactElement {
  const trans = useTrans();
  return (
    <span className="jb-State">
      <StateIcon state={props.state} />
      <span>{stateWord(trans, props.state)}</span>
    </span>
  );
}

interface IInstantProps {
  at: number | null;
  now: number;
  as?: 'clock' | 'relative';
  /** The zone that it was meant in; left out for the user's own. */
  zone?: string;
}

/** An instant in the user's zone or the one it was meant in, the exact one on hover. */
export function Instant(props: IInstantProps): React.ReactElement {
  const { at, now, as = 'clock' } = props;
  const { locale } = useServices();
  const reading = { locale, zone: shownZone(props.zone) };
  if (at === null) {
    return <span className="jb-quiet">–</span>;
  }
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at, reading)}>
      {as === 'clock' ? clock(at, now, reading) : relative(at, now, reading)}
    </time>
  );
}

interface IBarProps {
  done: number;
  total: number;
  failed?: boolean;
  label: string;
}

/** Shows progress; without a total, only that work goes on. */
export function Bar({ done, total, failed, label }: IBarProps): React.ReactElement {
  const known = total > 0;
  return (
    <div
      className={`jb-Bar${failed ? ' jb-mod-failed' : ''}${known ? '' : ' jb-mod-unknown'}`}
      role="progressbar"
      aria-label={label}
      {...(known && {
        'aria-valuemin': 0,
        'aria-valuemax': total,
        'aria-valuenow': done
      })}
    >
      <div style={known ? { width: `${(100 * done) / total}%` } : undefined} />
    </div>
  );
}

interface INoticeProps {
  kind: 'info' | 'warning' | 'error';
  children: React.ReactNode;
  action?: React.ReactNode;
}

const MARKS = { info: 'i', warning: '!', error: '×' };

/** Something that the user should know. */
export function Notice({ kind, children, action }: INoticeProps): React.ReactElement {
  return (
    <div
      className={`jb-Notice jb-mod-${kind}`}
      role={kind === 'error' ? 'alert' : 'status'}
    >
      <span className="jb-Notice-mark" aria-hidden="true">
        {MARKS[kind]}
      </span>
      <div className="jb-Notice-text">{children}</div>
      {action}
    </div>
  );
}

interface ITryAgainProps {
  children: React.ReactNode;
  onAgain: () => void;
}

/** Shows an error, and a button to try again. */
export function TryAgain({ children, onAgain }: ITryAgainProps): React.ReactElement {
  const trans = useTrans();
  return (
    <Notice
      kind="error"
      action={<Button onClick={onAgain}>{trans.__('Try again')}</Button>}
    >
      {children}
    </Notice>
  );
}

interface ISortHeadProps {
  word: string;
  title?: string;
  /** Whether the rows stand by this column, and which way. */
  sorted: boolean;
  descending: boolean;
  onSort: () => void;
}

/** The head of a column by which rows can be sorted. */
export function SortHead(props: ISortHeadProps): React.ReactElement {
  const { word, title, sorted, descending, onSort } = props;
  return (
    <div
      role="columnheader"
      className="jb-Grid-cell"
      aria-sort={sorted ? (descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" className="jb-Sort" title={title} onClick={onSort}>
        {word}
        <span className="jb-Sort-mark" aria-hidden="true">
          {sorted ? (descending ? '↓' : '↑') : '↕'}
        </span>
      </button>
    </div>
  );
}

interface IEmptyProps {
  title: string;
  children: React.ReactNode;
  action?: React.ReactNode;
}

/** The placeholder of an empty list: how to fill it. */
export function Empty({ title, children, action }: IEmptyProps): React.ReactElement {
  return (
    <div className="jb-Empty">
      <h3>{title}</h3>
      <p>{children}</p>
      {action}
    </div>
  );
}

interface IButtonProps extends React.ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'primary' | 'plain' | 'danger' | 'quiet';
}

export function Button({
  kind = 'plain',
  className,
  ...rest
}: IButtonProps): React.ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={`jb-Button jb-mod-${kind}${className ? ` ${className}` : ''}`}
    />
  );
}
