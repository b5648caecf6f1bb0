import * as React from 'react';

/** How often somebody has tried to send the form around a field. */
export const Tries = React.createContext(0);

/** After so long without a key nobody is typing any more. */
const PAUSE_MS = 1000;

interface IWatch {
  onInput: (event: React.FormEvent) => void;
  onBlur: () => void;
}

/**
 * Whether somebody is typing in an element, and what it needs to find out. Typing ends with a pause,
 * or when the field is left; where suggestions are shown, what stands there is a search.
 */
export function useTyping(): [boolean, IWatch] {
  const [typing, setTyping] = React.useState(false);
  const timer = React.useRef<ReturnType<typeof setTimeout>>(undefined);
  React.useEffect(() => () => clearTimeout(timer.current), []);
  const watch = React.useMemo(() => {
    const end = () => {
      clearTimeout(timer.current);
      setTyping(false);
    };
    const wait = (control: Element) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(
        () =>
          control.getAttribute('aria-expanded') === 'true' ? wait(control) : end(),
        PAUSE_MS
      );
    };
    return {
      onInput: (event: React.FormEvent) => {
        if (event.target instanceof Element && isTyped(event.target)) {
          setTyping(true);
          wait(event.target);
        }
      },
      onBlur: end
    };
  }, []);
  return [typing, watch];
}

/**
 * Holds a complaint back while somebody types, as what is half typed is not wrong: it is made after
 * that, or when the form is sent. One that was there before goes as soon as it is mended.
 */
export function useComplaint(
  problem: string | undefined
): [string | undefined, IWatch] {
  const tries = React.useContext(Tries);
  const [typing, watch] = useTyping();
  /** The tries when there was last nothing to complain of, or nobody typed. */
  const [quiet, setQuiet] = React.useState<number | null>(null);
  const next = typing ? (problem ? quiet : tries) : problem ? null : tries;
  if (next !== quiet) {
    setQuiet(next);
  }
  return [typing && next === tries ? undefined : problem, watch];
}

/** Whether a control is one that people type in. */
function isTyped(control: Element): boolean {
  return (
    control instanceof HTMLTextAreaElement ||
    (control instanceof HTMLInputElement &&
      !['checkbox', 'radio', 'button'].includes(control.type))
  );
}
