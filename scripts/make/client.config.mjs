// How Vite bundles `signalbox/client` into dist/client/: one file for Node and browsers. zod stays
// a dependency, so that a program that uses it too has one copy.
import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = join(import.meta.dirname, '../..');

export default defineConfig({
  root,
  publicDir: false,
  resolve: { conditions: ['source', 'module', 'import'] },
  build: {
    lib: { entry: join(root, 'client/hub.ts'), formats: ['es'], fileName: () => 'client.js' },
    outDir: join(root, 'dist/client'),
    emptyOutDir: true,
    target: 'es2022',
    minify: false,
    rolldownOptions: { external: [/^zod/] },
  },
});
