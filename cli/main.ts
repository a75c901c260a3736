#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// A supervisor lives as long as its children and does next to nothing: a small nursery saves it some 12 MB. It must
// be said before anything else is loaded.
setFlagsFromString('--max-semi-space-size=1');
const { runCommandLine } = await import('./run-command-line.ts');
// `fedshell … | head` closes the pipe early; children end when this process does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const exitCode = await runCommandLine(process.argv.slice(2));
// After what is written, since a pipe may still hold it; not by an empty event loop, since a keep-alive socket or a
// stream that nobody reads must not keep a finished command alive.
process.stdout.write('', () => process.exit(exitCode));
