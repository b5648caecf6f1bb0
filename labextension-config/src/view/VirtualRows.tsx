import * as React from 'react';

interface IVirtualRowsProps {
  count: number;
  rowHeight: number;
  /** Draws a row at a place from the top, in pixels. */
  row: (index: number, top: number) => React.ReactNode;
  /** Called when the end is near, and again when it still is. */
  onNearEnd?: () => void;
  /** Is kept in view when it changes. */
  active?: number;
}

const OVERSCAN = 12;
/** How many rows before the end more are asked for. */
const NEAR = 250;

/** The rows that are in view, of however many; to be put into what scrolls. */
export function VirtualRows(props: IVirtualRowsProps): React.ReactElement {
  const { count, rowHeight, row, onNearEnd, active } = props;
  const body = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState({ first: 0, last: 40 });

  React.useLayoutEffect(() => {
    const scroller = body.current?.closest<HTMLElement>('.jb-Scroller');
    if (!scroller) {
      return;
    }
    const measure = () => {
      // Steps of a few rows: most scroll events need no drawing at all.
      const first = Math.max(
        0,
        Math.floor(scroller.scrollTop / rowHeight / 4) * 4 - OVERSCAN
      );
      const shown = Math.ceil(scroller.clientHeight / rowHeight);
      const last = first + shown + 2 * OVERSCAN + 4;
      setView(old =>
        old.first === first && old.last === last ? old : { first, last }
      );
    };
    measure();
    scroller.addEventListener('scroll', measure, { passive: true });
    const observer =
      typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(measure);
    observer?.observe(scroller);
    return () => {
      scroller.removeEventListener('scroll', measure);
      observer?.disconnect();
    };
  }, [rowHeight]);

  React.useEffect(() => {
    if (view.last > count - NEAR) {
      onNearEnd?.();
    }
  }, [view, count, onNearEnd]);

  React.useEffect(() => {
    const scroller = body.current?.closest<HTMLElement>('.jb-Scroller');
    if (!scroller || active === undefined || active < 0) {
      return;
    }
    const header = (body.current?.offsetTop ?? 0) - scroller.offsetTop;
    const top = active * rowHeight;
    if (top < scroller.scrollTop) {
      scroller.scrollTop = top;
    } else if (top + rowHeight + header > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + rowHeight + header - scroller.clientHeight;
    }
  }, [active, rowHeight]);

  const rows: React.ReactNode[] = [];
  for (let index = view.first; index < Math.min(count, view.last); index += 1) {
    rows.push(row(index, index * rowHeight));
  }
  return (
    <div
      ref={body}
      role="rowgroup"
      className="jb-VirtualRows"
      style={{ height: count * rowHeight }}
    >
      {rows}
    </div>
  );
}
