import * as React from 'react';

interface ISectionProps {
  title: string;
  count: number;
  children: React.ReactNode;
}

/** A headed list; nothing where the list is empty. */
export function Section({
  title,
  count,
  children
}: ISectionProps): React.ReactElement | null {
  const id = React.useId();
  if (!count) {
    return null;
  }
  return (
    <section className="jb-Section" aria-labelledby={id}>
      <h3 id={id}>
        {title} <span className="jb-Count">{count}</span>
      </h3>
      <ul className="jb-Cards">{children}</ul>
    </section>
  );
}
