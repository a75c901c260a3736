/** Stands for a training process that hangs: it takes tasks, hears no signal that can be ignored, and says nothing. */
process.on('message', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
