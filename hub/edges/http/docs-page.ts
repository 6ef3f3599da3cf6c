import { ERRORS } from '#protocol/errors.ts';

/** As much of an OpenAPI document as the page shows. */
export interface ApiDocument {
  readonly info?: {
    readonly title?: string;
    readonly version?: string;
    readonly description?: string;
  };
  readonly paths?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: string;
  readonly body: string;
  readonly answers: readonly { readonly status: string; readonly schema: string }[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The API as one page without scripts: every operation with its schemas, and every error code. */
export function docsPage(document: ApiDocument): string {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(document.info?.title ?? 'API')}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escape(document.info?.title ?? 'API')} <small>${escape(document.info?.version ?? '')}</small></h1>
<p>${escape(document.info?.description ?? '')}</p>
<p>The same as OpenAPI: <a href="/api/openapi.json">openapi.json</a>; what is sent live, as AsyncAPI: <a href="/api/asyncapi.json">asyncapi.json</a></p>
<nav>${tags.map((tag) => `<a href="#tag-${escape(tag)}">${escape(tag)}</a>`).join(' ')} <a href="#errors">Errors</a></nav>
</header>
<main>
${tags.map((tag) => section(tag, operations)).join('\n')}
${errorTable()}
</main>
</body>
</html>
`;
}

function section(tag: string, operations: readonly Operation[]): string {
  const own = operations.filter((operation) => operation.tag === tag);
  return `<section id="tag-${escape(tag)}"><h2>${escape(tag)}</h2>${own.map(article).join('')}</section>`;
}

function article(operation: Operation): string {
  const part = (title: string, schema: string): string =>
    schema === '' ? '' : `<h4>${escape(title)}</h4><pre>${escape(schema)}</pre>`;
  return `<details>
<summary><b class="${operation.method}">${operation.method.toUpperCase()}</b> <code>${escape(operation.path)}</code> ${escape(operation.summary)}</summary>
${operation.description === '' ? '' : `<p>${escape(operation.description)}</p>`}
${part('Parameters', operation.parameters)}${part('Body', operation.body)}
${operation.answers.map((answer) => part(`Answer ${answer.status}`, answer.schema)).join('')}
</details>`;
}

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, entry]) =>
      `<tr id="error-${code}"><td><code>${code}</code></td><td>${entry.http}</td><td>${entry.retryable ? 'yes' : 'no'}</td><td>${escape(entry.message)}</td></tr>`,
  );
  return `<section id="errors"><h2>Errors</h2>
<p>Every error is answered as problem details (RFC 9457) with one of these codes. Retryable: the same request may succeed later.</p>
<table><thead><tr><th>Code</th><th>HTTP</th><th>Retryable</th><th>Meaning</th></tr></thead>
<tbody>${rows.join('')}</tbody></table></section>`;
}

function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = member(item, method);
      if (operation === undefined) return [];
      const tag = list(member(operation, 'tags')).at(0);
      const parameters = list(member(operation, 'parameters'));
      return {
        method,
        path,
        tag: text(tag) || 'Other',
        summary: text(member(operation, 'summary')),
        description: text(member(operation, 'description')),
        parameters: parameters.length === 0 ? '' : pretty(parameters),
        body: schemaOf(member(operation, 'requestBody')),
        answers: answersOf(member(operation, 'responses')),
      };
    }),
  );
}

function answersOf(responses: unknown): Operation['answers'] {
  if (typeof responses !== 'object' || responses === null) return [];
  return Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, response]) => ({ status, schema: schemaOf(response) }));
}

function schemaOf(holder: unknown): string {
  const content = member(holder, 'content');
  if (typeof content !== 'object' || content === null) return '';
  const first: unknown = Object.values(content).at(0);
  const schema = member(first, 'schema');
  return schema === undefined ? '' : pretty(schema);
}

function member(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function escape(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav a { margin-right: .75rem; }
details { border-bottom: 1px solid #8884; padding: .4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; font: 600 .8rem ui-monospace, monospace; }
pre { overflow: auto; max-height: 24rem; padding: .75rem; background: #8881; border-radius: .4rem; font-size: .8rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
tr:target { background: #fc06; }
`;
