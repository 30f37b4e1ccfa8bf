// vitest runs a set-up file again for each test file, and what that imports once in each process.
import './fork.ts';
import './properties.ts';
