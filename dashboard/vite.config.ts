import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressedFiles } from './compressed-files.ts';

const built = fileURLToPath(new URL('../dist/dashboard', import.meta.url));
const hub = process.env.SIGNALBOX_HUB ?? 'http://localhost:8080';

// eslint-disable-next-line no-restricted-exports -- Vite reads its configuration from the default export.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), compressedFiles(built)],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: built,
    emptyOutDir: true,
    // The hub's content security policy forbids inline scripts and data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: hub },
      '/socket.io': { target: hub, ws: true },
    },
  },
});
