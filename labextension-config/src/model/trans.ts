/** The part of JupyterLab's translation bundle that is used here. */
export interface ITrans {
  __(message: string, ...args: unknown[]): string;
  _n(singular: string, plural: string, count: number, ...args: unknown[]): string;
}

/** Says everything as it is written in the source. */
export const plainTrans: ITrans = {
  __: (message, ...args) =>
    message.replace(/%(\d)/g, (_, place: string) => String(args[Number(place) - 1])),
  _n: (singular, plural, count, ...args) =>
    plainTrans.__(count === 1 ? singular : plural, count, ...args)
};
