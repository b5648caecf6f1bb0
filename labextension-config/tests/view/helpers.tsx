import { render } from '@testing-library/react';
import type { RenderResult } from '@testing-library/react';
import axe from 'axe-core';
import * as React from 'react';
import type { IServices } from '../../src/view/services';
import { Provided } from '../fakes';

export function draw(services: IServices, view: React.ReactElement): RenderResult {
  return render(<Provided services={services}>{view}</Provided>);
}

/** Names of the rules that are broken; colours are for real browsers. */
export async function violations(container: Element): Promise<string[]> {
  const { violations: found } = await axe.run(container, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } }
  });
  return found.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`);
}
