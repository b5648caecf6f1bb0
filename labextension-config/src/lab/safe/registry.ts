import type { IOutput } from '../../api/types';
import { needsTrust } from '../../model/outputs';
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { standardRendererFactories } from '@jupyterlab/rendermime';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { quietSanitizer } from './html';
import { quietParser } from './markdown';
import { svgAsImage } from './svg';
import { quietVega, VEGA_TYPES } from './vega';

/** The MIME types that JupyterLab draws from the data alone. */
const HARMLESS = ['application/json'];

/**
 * Has a registry draw what runs have left without running or loading anything, until somebody
 * trusts it. What other extensions draw can do anything, so that waits for trust, too.
 */
export function secure<T extends IRenderMimeRegistry>(registry: T): T {
  const ours = factories(registry);
  registry.mimeTypes.forEach((type, rank) => {
    const factory = ours.get(type) ?? registry.getFactory(type);
    if (factory) {
      const safe = factory.safe && (ours.has(type) || HARMLESS.includes(type));
      registry.addFactory({ ...plain(factory), safe, mimeTypes: [type] }, rank);
    }
  });
  return Object.assign(registry, {
    sanitizer: quietSanitizer(registry.sanitizer),
    markdownParser: registry.markdownParser && quietParser(registry.markdownParser)
  });
}

/** Whether trust would show more of outputs. */
export function gainsByTrust(
  registry: IRenderMimeRegistry,
  outputs: readonly IOutput[]
): boolean {
  return (
    needsTrust(outputs) ||
    outputs.some(({ data }) => {
      const bundle = (data ?? {}) as ReadonlyPartialJSONObject;
      const best = registry.preferredMimeType(bundle, 'any');
      return best !== registry.preferredMimeType(bundle, 'ensure');
    })
  );
}

function factories(
  registry: IRenderMimeRegistry
): Map<string, IRenderMime.IRendererFactory> {
  const found = new Map<string, IRenderMime.IRendererFactory>();
  for (const factory of [...standardRendererFactories, svgAsImage]) {
    factory.mimeTypes.forEach(type => found.set(type, factory));
  }
  for (const type of VEGA_TYPES) {
    const original = registry.getFactory(type);
    if (original) {
      found.set(type, quietVega(original));
    }
  }
  return found;
}

/** A factory may be an instance of a class: its method has to stay its own. */
function plain(factory: IRenderMime.IRendererFactory): IRenderMime.IRendererFactory {
  return {
    safe: factory.safe,
    mimeTypes: factory.mimeTypes,
    createRenderer: options => factory.createRenderer(options)
  };
}
