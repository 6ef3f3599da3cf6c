import type { Plugin } from 'vite';

const SCHEMAS = /\/zod\/v4\/classic\/schemas\.js$/;
const WRITER = /\/zod\/v4\/core\/to-json-schema\.js$/;
/** How each kind of schema is written: what no schema refers to is left out by the bundler. */
const ASSIGNMENT = /^\s*inst\._zod\.processJSONSchema = .*;$/gm;

/**
 * Leaves the part of zod that writes JSON Schema out of the bundle: the hub makes the documents
 * of its API with it, and no page does. Should zod be another one day, the page grows by it
 * again, and the test of the first view says so.
 */
export function withoutJsonSchema(): Plugin {
  return {
    name: 'without-json-schema',
    apply: 'build',
    transform: {
      filter: { id: [SCHEMAS, WRITER] },
      handler: (code, id) => ({
        code: WRITER.test(id) ? sameNames(code) : code.replaceAll(ASSIGNMENT, ''),
        map: null,
      }),
    },
  };
}

/** Some are called while schemas are made, so each is there, and does nothing. */
function sameNames(code: string): string {
  const names = [
    ...code.matchAll(/^export (?:const|function) (\w+)/gm),
    ...code.matchAll(/^export \{ \w+ as (\w+) \};/gm),
  ].map(([, name = '']) => name);
  return `const leftOut = () => undefined;
export { ${names.map((name) => `leftOut as ${name}`).join(', ')} };`;
}
