import * as React from 'react';
import { tabClock } from '../model/clock';
import type { Model } from '../model/model';
import { useServices } from './services';

/** Draws anew whenever a model has changed. */
export function useModel<T extends Model>(model: T): T {
  const subscribe = React.useCallback(
    (call: () => void) => {
      model.changed.connect(call);
      return () => {
        model.changed.disconnect(call);
      };
    },
    [model]
  );
  React.useSyncExternalStore(subscribe, () => model.version);
  return model;
}

/** How often what is written relative to now is drawn anew where nothing moves. */
const RESTING_MS = 5000;

/** The present in milliseconds: goes on always, and faster while something is `moving`. */
export function useNow(moving: boolean): number {
  const { preferences } = useServices();
  useModel(preferences);
  const { refreshSeconds } = preferences.values;
  const period = moving ? Math.max(0.2, refreshSeconds) * 1000 : RESTING_MS;
  const [now, setNow] = React.useState(Date.now);
  React.useEffect(() => tabClock.every(period, setNow), [period]);
  return now;
}

/** The answer of a promise; null until it has come. */
export function useAnswer<T>(
  ask: () => Promise<T>,
  by: React.DependencyList
): T | null {
  const [answer, setAnswer] = React.useState<T | null>(null);
  React.useEffect(() => {
    let wanted = true;
    void ask().then(
      value => wanted && setAnswer(value),
      () => wanted && setAnswer(null)
    );
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller names what it depends on
  }, by);
  return answer;
}

/** A value as it was a while ago, so that not every key asks the server. */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = React.useState(value);
  React.useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
