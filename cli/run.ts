import { runAsProcess } from './process.ts';

// Entry point for development, without compiling: node --conditions=source --import tsx cli/run.ts
await runAsProcess();
