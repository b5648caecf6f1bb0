import * as React from 'react';

export interface ITab {
  id: string;
  label: string;
  content: () => React.ReactNode;
}

interface ITabsProps {
  label: string;
  tabs: readonly ITab[];
  current: string;
  onChange: (id: string) => void;
}

/** Tabs, by arrow keys too. */
export function Tabs({
  label,
  tabs,
  current,
  onChange
}: ITabsProps): React.ReactElement {
  const prefix = React.useId();
  const list = React.useRef<HTMLDivElement>(null);
  const open = tabs.find(tab => tab.id === current) ?? tabs[0];
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ends: Record<string, number> = { Home: 0, End: tabs.length - 1 };
    const place = tabs.indexOf(open);
    const next = step ? (place + step + tabs.length) % tabs.length : ends[event.key];
    if (next !== undefined) {
      event.preventDefault();
      onChange(tabs[next].id);
      list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next].focus();
    }
  };
  return (
    <>
      <div
        className="jb-Tabs"
        role="tablist"
        aria-label={label}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            id={`${prefix}-${tab.id}`}
            type="button"
            role="tab"
            className="jb-Tab"
            aria-selected={tab === open}
            aria-controls={`${prefix}-panel`}
            tabIndex={tab === open ? 0 : -1}
            onClick={() => onChange(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        id={`${prefix}-panel`}
        role="tabpanel"
        aria-labelledby={`${prefix}-${open.id}`}
        className="jb-TabPanel"
        tabIndex={0}
      >
        {open.content()}
      </div>
    </>
  );
}
