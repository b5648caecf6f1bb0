import * as React from 'react';

interface IPopoverProps {
  label: string;
  /** Whether a click inside is all that is wanted, as in a menu. */
  closes?: boolean;
  children: React.ReactNode;
}

/** A button that shows more below it; Escape, a click elsewhere and leaving it close it. */
export function Popover({
  label,
  closes,
  children
}: IPopoverProps): React.ReactElement {
  const box = React.useRef<HTMLDetailsElement>(null);
  const close = (focus: boolean) => {
    if (box.current?.open) {
      box.current.open = false;
      if (focus) {
        box.current.querySelector('summary')?.focus();
      }
    }
  };
  React.useEffect(() => {
    const elsewhere = (event: PointerEvent) => {
      if (box.current?.open && !box.current.contains(event.target as Node)) {
        box.current.open = false;
      }
    };
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, []);
  return (
    <details
      ref={box}
      className="jb-Popover"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          close(true);
        }
      }}
      onBlur={event => {
        if (event.relatedTarget && !box.current?.contains(event.relatedTarget)) {
          close(false);
        }
      }}
    >
      <summary className="jb-Button jb-mod-plain">{label}</summary>
      <div
        className="jb-Popover-body"
        onClick={event => {
          if (closes && event.target instanceof HTMLButtonElement) {
            close(false);
          }
        }}
      >
        {children}
      </div>
    </details>
  );
}
