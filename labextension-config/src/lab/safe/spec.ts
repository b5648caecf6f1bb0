import type { JSONObject, ReadonlyJSONObject } from '@lumino/coreutils';

/** The allowed options of a chart's control: others would become attributes of its element. */
const CONTROLS = ['checkbox', 'radio', 'range', 'select'];
const CONTROL_KEYS = ['debounce', 'input', 'labels', 'max', 'min', 'options', 'step'];
/** Returns a specification whose controls are plain ones, in its groups too. */
export function withoutActions(spec: ReadonlyJSONObject): JSONObject {
  const { signals, marks, ...rest } = structuredClone(spec) as JSONObject;
  return {
    ...rest,
    ...(Array.isArray(signals) && {
      signals: signals.map(signal => plainControl(signal as JSONObject))
    }),
    ...(Array.isArray(marks) && {
      marks: marks.map(mark => withoutActions(mark as JSONObject))
    })
  };
}

function plainControl(signal: JSONObject): JSONObject {
  const { bind, ...rest } = signal;
  const control = bind as JSONObject | undefined;
  if (!control || !CONTROLS.includes(String(control.input))) {
    return rest;
  }
  const kept = Object.entries(control).filter(([key]) => CONTROL_KEYS.includes(key));
  return { ...rest, bind: Object.fromEntries(kept) };
}
