import type { IRenderMime } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

/** An SVG picture as an image: browsers run no scripts of images, so it needs no trust. */
class SvgImage extends Widget implements IRenderMime.IRenderer {
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const source = model.data['image/svg+xml'];
    const text = Array.isArray(source) ? source.join('') : String(source);
    const image = document.createElement('img');
    image.alt = '';
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    this.addClass('jp-RenderedImage');
    this.node.replaceChildren(image);
  }
}

export const svgAsImage: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: ['image/svg+xml'],
  defaultRank: 80,
  createRenderer: () => new SvgImage()
};
