import { configureGlobal } from 'fast-check';

// One seed for all properties of a run (CONTRIBUTING.md); without it each has its own, by chance.
const seed = Number(process.env['SIGNALBOX_SEED']);
if (seed > 0) configureGlobal({ seed });
