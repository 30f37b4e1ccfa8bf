import './once.ts';
import './runtime.ts';
