/** Whether somebody can see the page: browsers keep few connections, so nobody else has one. */
export interface IPageVisibility {
  readonly visible: boolean;
  /** Returns the function that ends it. */
  watch(call: () => void): () => void;
}

/** The presence of a browser's tab. */
export const tabPresence: IPageVisibility = {
  get visible() {
    return document.visibilityState !== 'hidden';
  },
  watch(call) {
    document.addEventListener('visibilitychange', call);
    return () => document.removeEventListener('visibilitychange', call);
  }
};
