import './once.ts';
import { logged } from './runtime.ts';

// Each file reads what was logged since it began.
logged.length = 0;
