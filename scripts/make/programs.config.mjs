// How Vite bundles the programs into dist/: `signalbox` and what it loads for each command, and
// the hub for programs that embed it. Files that share a chunk are read and linked at once: as a
// file per module, most of a start went to finding and parsing 1,500 of them.
import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = join(import.meta.dirname, '../..');

/** Entries by their path in dist/, without the extension. */
const ENTRIES = [
  'cli/process',
  // For a hub with consumers of its own.
  ...['hub/app', 'hub/config/config', 'platform/logging/log-options'],
];

/**
 * Loaded from node_modules: native code, which cannot be in a bundle; what
 * most hubs never load; and what tests replace in a
 * running program (test/faults/crash), for which there must be one copy.
 */
const EXTERNAL = ['@node-rs/argon2', '@redis/client', 'better-sqlite3', 'pg', 'pino'];

/**
 * Stacks name our own files by their sources. Those of packages are in the bundle as they were
 * published, and with theirs the first stack of a hub took 250 ms and 60 MB.
 */
const mapsOfOurOwn = {
  name: 'maps-of-our-own',
  transform(code, id) {
    if (!id.includes('/node_modules/')) return undefined;
    return { code, map: { version: 3, sources: [], names: [], mappings: '' } };
  },
};

export default defineConfig({
  root,
  publicDir: false,
  // A profile wants to know which package a line came from (`npm run bench -- --only profile`).
  plugins: process.env.SIGNALBOX_MAP_PACKAGES === '1' ? [] : [mapsOfOurOwn],
  ssr: {
    noExternal: true,
    external: EXTERNAL,
    resolve: { conditions: ['source', 'node', 'module', 'development|production'] },
  },
  build: {
    ssr: true,
    outDir: join(root, 'dist'),
    // The dashboard is there too.
    emptyOutDir: false,
    target: 'node20.19',
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(root, `${entry}.ts`)])),
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        sourcemapExcludeSources: true,
      },
    },
  },
});
