import type { IRenderMime } from '@jupyterlab/rendermime';

const DIAGRAM = /([`~]{3,}[^\S\n]*)mermaid/gi;
/** The parts of a diagram that load something while it is drawn: pictures, styles, markup. */
const LOADING = /\/\/|ima?ge?\b|url|import|icon|css|<(?!br\s*\/?>)|&|#\w+;|\\|%%\{/i;

/** A parser that leaves diagrams as they are written where drawing them could load something. */
export function quietParser(
  inner: IRenderMime.IMarkdownParser
): IRenderMime.IMarkdownParser {
  return { render: source => inner.render(withoutLoadingDiagrams(source)) };
}

/** The whole text counts: where a diagram ends is for the parser to say. */
export function withoutLoadingDiagrams(source: string): string {
  return LOADING.test(source) ? source.replace(DIAGRAM, '$1text') : source;
}
