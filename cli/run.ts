import { runAsProcess } from './process.ts';

// The way in while developing, without compiling: node --conditions=source --import tsx cli/run.ts
await runAsProcess();
