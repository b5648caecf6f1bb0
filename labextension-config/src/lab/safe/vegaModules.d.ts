/** JupyterLab has these two already; what we use of them. */
declare module 'vega' {
  import type { ReadonlyJSONObject } from '@lumino/coreutils';

  export function parse(
    spec: ReadonlyJSONObject,
    config: ReadonlyJSONObject,
    options: { ast: boolean }
  ): object;

  export class View {
    constructor(runtime: object, options: object);
    initialize(host: HTMLElement): this;
    runAsync(): Promise<this>;
    finalize(): this;
  }
}

declare module 'vega-lite' {
  import type { ReadonlyJSONObject } from '@lumino/coreutils';

  export function compile(spec: ReadonlyJSONObject): { spec: ReadonlyJSONObject };
}
