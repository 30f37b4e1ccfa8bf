// Runs in every test process. When vitest itself is killed, its forks would go on with their tests, without anyone to
// report to and on servers that are being stopped.
process.once('disconnect', () => process.exit(1));
