// What jsdom lacks and JupyterLab's packages touch when they are loaded.
class FakeDragEvent extends MouseEvent {}
Object.assign(globalThis, { DragEvent: FakeDragEvent });
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {}
  }) as never;
Element.prototype.scrollIntoView ??= () => undefined;
