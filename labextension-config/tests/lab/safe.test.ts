import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { expect, test } from 'vitest';
import { quietSanitizer, withoutLoading } from '../../src/lab/safe/html';
import { withoutLoadingDiagrams } from '../../src/lab/safe/markdown';
import { withoutActions } from '../../src/lab/safe/spec';

const FAR = 'http://elsewhere.example/x';

test.each([
  [`<img src="${FAR}">`, `<span class="jb-NotLoaded" title="${FAR}">${FAR}</span>`],
  [
    `<img src="/api/contents/a" alt="mine">`,
    `<span class="jb-NotLoaded" title="/api/contents/a">mine</span>`
  ],
  [`<img src="data:image/png;base64,aa">`, `<img src="data:image/png;base64,aa">`],
  [`<video src="${FAR}" poster="${FAR}"></video>`, `<video></video>`],
  [`<td background="${FAR}">`, ``],
  [`<div style="background-image: url(${FAR})">a</div>`, `<div>a</div>`],
  [`<div style="background: u\\72l(${FAR})">a</div>`, `<div>a</div>`],
  [`<div style="color: red">a</div>`, `<div style="color: red">a</div>`],
  [`<form action="${FAR}"><button>a</button></form>`, `<button>a</button>`],
  [`<button data-commandlinker-command="x">a</button>`, `<button>a</button>`],
  [`<a href="/logout" target="_top">a</a>`, `<a>a</a>`],
  [`<a href="javascript:alert(1)">a</a>`, `<a>a</a>`],
  [`<a href="#there">a</a>`, `<a href="#there">a</a>`],
  [
    `<a href="${FAR}">a</a>`,
    `<a href="${FAR}" target="_blank" rel="noopener noreferrer">a</a>`
  ]
])('%s is shown without loading anything', (before, after) => {
  expect(withoutLoading(before)).toBe(after);
});

test('the sanitizer of JupyterLab comes first, and its options stay', () => {
  const asked: unknown[] = [];
  const sanitizer = quietSanitizer({
    sanitize: (dirty, options) => {
      asked.push(options);
      return dirty.replace('<script></script>', '');
    }
  });
  expect(sanitizer.sanitize(`<script></script><img src="${FAR}" alt="a">`)).toContain(
    '>a<'
  );
  expect(sanitizer.sanitize('<span>a</span>', { allowedTags: ['span'] })).toBe(
    '<span>a</span>'
  );
  expect(asked).toEqual([undefined, { allowedTags: ['span'] }]);
  expect(sanitizer.allowCommandLinker).toBe(false);
});

test.each([
  ['```mermaid\nflowchart TD\n A[one<br/>two] --> B{three}\n```', true],
  ['```mermaid\nflowchart TD\n style A fill:#f9f\n```', true],
  [`~~~ mermaid\nflowchart TD\n A@{ img: "/api/contents/x" }\n~~~`, false],
  ['```Mermaid\n%%{init: {"themeCSS": "x"}}%%\n```', false],
  ['```mermaid\nflowchart TD\n A["#60;img src=x>"]\n```', false],
  [`- \`\`\`mermaid\n  classDiagram\n\n![](${FAR})`, false]
])('a diagram is drawn where it loads nothing: %s', (source, drawn) => {
  expect(/mermaid/i.test(withoutLoadingDiagrams(source))).toBe(drawn);
});

test('the controls of a chart take no attributes but their own', () => {
  const bind = { input: 'range', min: 0, onfocus: 'x()', element: '#jp-main' };
  const evil = { input: 'image', src: FAR };
  const signals = [
    { name: 'a', bind },
    { name: 'b', value: 1, bind: evil }
  ];
  const plain = [
    { name: 'a', bind: { input: 'range', min: 0 } },
    { name: 'b', value: 1 }
  ];
  const spec = { usermeta: {}, signals, marks: [{ type: 'group', signals }] };
  expect(withoutActions(spec as ReadonlyJSONObject)).toEqual({
    usermeta: {},
    signals: plain,
    marks: [{ type: 'group', signals: plain }]
  });
});
