import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Rolldown } from 'vite';
import { compressedFiles } from './compressed-files.ts';
import { withoutJsonSchema } from './without-json-schema.ts';

const built = fileURLToPath(new URL('../dist/dashboard', import.meta.url));
const hub = process.env.SIGNALBOX_HUB ?? 'http://localhost:8080';

/**
 * All that the first view runs, in one file. Left to itself the bundler cuts
 * off each part that some later view shares, and a browser that has six
 * connections to the hub fetches fifteen small files in three rounds.
 */
const firstView: Rolldown.CodeSplittingGroup = {
  debugName: 'first view',
  name: (id, context) => {
    const seen = new Set<string>();
    const isStaticallyReached = (module: string): boolean => {
      if (seen.has(module)) return false;
      seen.add(module);
      const info = context.getModuleInfo(module);
      if (!info) return false;
      return info.isEntry || info.importers.some(isStaticallyReached);
    };
    return isStaticallyReached(id) ? 'first-view' : null;
  },
};

// Vite reads its configuration from the default export.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), withoutJsonSchema(), compressedFiles(built)],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: built,
    emptyOutDir: true,
    // The hub's content security policy forbids inline scripts and data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // 3 kB more at first. A style of its own that did not arrive would not be fetched again
    // with the page that needs it, which would be shown without.
    cssCodeSplit: false,
    rolldownOptions: {
      treeshake: { manualPureFunctions: ['z'] },
      output: { codeSplitting: { groups: [firstView] } },
    },
  },
  server: {
    proxy: {
      '/api': { target: hub },
      '/socket.io': { target: hub, ws: true },
    },
  },
});
