#!/usr/bin/env node
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/cli/process.js', import.meta.url);
if (existsSync(compiled)) {
  const { runAsProcess } = await import(compiled.href);
  await runAsProcess();
} else {
  console.error('Signalbox is not built yet. Run: npm run build');
  process.exitCode = 2;
}
